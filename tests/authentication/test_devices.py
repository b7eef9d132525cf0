"""Browsers that a person has signed in with before: what makes one known, and what makes it a stranger again."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.timezone import now
from pytest_django import Settings

from applications.authentication.devices import COOKIE, LIFE, MAX_PEOPLE, SALT, device_of, remember_device
from applications.models import User
from tests.factories import make_user

ALICE, BOB = "alice@marlowe.example", "bob@marlowe.example"


@pytest.fixture
def alice(db: None) -> User:
    return make_user(ALICE)


def request_with(cookie: str | None = None) -> HttpRequest:
    request = RequestFactory().get("/panel/sign-in/")
    if cookie is not None:
        request.COOKIES[COOKIE] = cookie
    return request


def remembered(user: User, before: str | None = None) -> str:
    """The cookie of a browser after this person has signed in with it."""
    response = HttpResponse()
    remember_device(request_with(before), response, user)
    return response.cookies[COOKIE].value


def test_a_browser_is_known_to_those_who_signed_in_with_it(alice: User) -> None:
    cookie, _bob = remembered(alice), make_user(BOB)
    assert device_of(request_with(cookie), ALICE)
    assert device_of(request_with(cookie), f"  {ALICE.upper()} ")
    assert device_of(request_with(cookie), BOB) is None
    assert device_of(request_with(cookie), "nobody@walk.example") is None
    assert device_of(request_with(), ALICE) is None


def test_signing_in_again_gives_it_a_new_name_so_that_its_failures_begin_at_zero(alice: User) -> None:
    first = remembered(alice)
    second = remembered(alice, first)
    names = {device_of(request_with(cookie), ALICE) for cookie in (first, second)}
    assert len(names) == 2
    assert None not in names


def test_a_new_password_makes_every_browser_a_stranger(alice: User) -> None:
    cookie = remembered(alice)
    alice.set_password("another long and dull password")
    alice.save()
    assert device_of(request_with(cookie), ALICE) is None
    assert device_of(request_with(remembered(alice)), ALICE)


def test_several_people_share_a_browser_and_the_first_give_way(alice: User) -> None:
    people = [alice, *(make_user(f"{number}@walk.example") for number in range(MAX_PEOPLE))]
    cookie = None
    for person in people:
        cookie = remembered(person, cookie)
    known = [bool(device_of(request_with(cookie), person.email)) for person in people]
    assert known == [False, *[True] * MAX_PEOPLE]


@pytest.mark.parametrize("cookie", ["", "nonsense", "a:b:c", "\x00", "x" * 5000, '"'])
def test_what_was_not_signed_here_is_no_browser(alice: User, cookie: str) -> None:
    assert device_of(request_with(cookie), ALICE) is None
    assert device_of(request_with(remembered(alice, cookie)), ALICE)


def test_a_cookie_of_another_purpose_or_shape_is_no_browser(alice: User) -> None:
    entry = {str(alice.pk): ["name", "proof"]}
    for cookie in (
        signing.dumps(entry, salt=SALT),
        signing.dumps(entry, salt="x"),
        signing.dumps([1], salt=SALT),
    ):
        assert device_of(request_with(cookie), ALICE) is None


def test_a_proof_is_of_one_person(alice: User) -> None:
    bob = make_user(BOB)
    entry = signing.loads(remembered(alice), salt=SALT)[str(alice.pk)]
    assert device_of(request_with(signing.dumps({str(bob.pk): entry}, salt=SALT)), BOB) is None


def test_a_browser_that_is_not_used_for_half_a_year_is_forgotten(alice: User) -> None:
    cookie = remembered(alice)
    with time_machine.travel(now() + LIFE - timedelta(minutes=1)):
        assert device_of(request_with(cookie), ALICE)
    with time_machine.travel(now() + LIFE + timedelta(minutes=1)):
        assert device_of(request_with(cookie), ALICE) is None


def test_a_new_secret_key_keeps_browsers_known_as_long_as_the_old_one_is_named(
    alice: User, settings: Settings
) -> None:
    cookie, old = remembered(alice), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [old]
    assert device_of(request_with(cookie), ALICE)
    settings.SECRET_KEY_FALLBACKS = []
    assert device_of(request_with(cookie), ALICE) is None


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_for_this_server_alone(alice: User, settings: Settings, secure: bool) -> None:
    settings.SESSION_COOKIE_SECURE = secure
    response = HttpResponse()
    remember_device(request_with(), response, alice)
    cookie = response.cookies[COOKIE]
    assert (bool(cookie["secure"]), cookie["httponly"], cookie["samesite"]) == (secure, True, "Lax")
    assert cookie["max-age"] == LIFE.total_seconds()
    assert ALICE not in cookie.value
