"""Sessions end when they were idle for too long and when they are too old, and are swept."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from applications.operations.purge import purge_sessions
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text

START = "2026-11-26 12:00:00Z"
HOURS, DAYS = 3600, 86400
YOU = "/panel/you/"


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.SESSION_IDLE_HOURS, settings.SESSION_ABSOLUTE_DAYS = 12, 7
    settings.SESSION_COOKIE_AGE = 7 * DAYS


def sign_in(cast: Cast, client: Client | None = None) -> Client:
    client = client or Client()
    client.post("/panel/sign-in/", {"login": cast.alice.email, "password": PASSWORD})
    return client


def test_an_idle_session_ends_and_the_sign_in_page_says_why(cast: Cast) -> None:
    with time_machine.travel(START) as clock:
        client = sign_in(cast)
        clock.shift(12 * HOURS - 60)
        assert client.get(YOU).status_code == 200
        clock.shift(12 * HOURS + 1)
        answer = client.get(YOU)
        assert answer["Location"] == f"/panel/sign-in/?next={YOU}"
        assert "because nothing was done here for a while" in text(client.get(answer["Location"]))
        assert client.get(YOU).status_code == 302


def test_use_keeps_a_session_until_it_is_too_old(cast: Cast) -> None:
    with time_machine.travel(START) as clock:
        client = sign_in(cast)
        for _hours in range(0, 7 * 24, 6):
            assert client.get(YOU).status_code == 200
            clock.shift(6 * HOURS)
        clock.shift(1)
        answer = client.get(YOU)
        assert "because it was long ago that you signed in" in text(client.get(answer["Location"]))


def test_the_age_counts_from_signing_in_and_not_from_the_first_visit(cast: Cast) -> None:
    with time_machine.travel(START) as clock:
        client = Client()
        client.get("/panel/sign-in/passkey/", headers={"X-Requested-With": "XMLHttpRequest"})
        clock.shift(6.5 * DAYS)
        sign_in(cast, client)
        clock.shift(11 * HOURS)
        assert client.get(YOU).status_code == 200
        clock.shift(11 * HOURS)
        assert client.get(YOU).status_code == 200


def test_a_request_writes_the_session_once_a_minute_at_most(cast: Cast) -> None:
    with time_machine.travel(START) as clock:
        client = sign_in(cast)
        client.get(YOU)
        before = Session.objects.get(pk=client.session.session_key).session_data
        clock.shift(30)
        client.get(YOU)
        assert Session.objects.get(pk=client.session.session_key).session_data == before
        clock.shift(31)
        client.get(YOU)
        assert Session.objects.get(pk=client.session.session_key).session_data != before


def test_sessions_that_are_over_are_swept_and_their_lines_too(cast: Cast) -> None:
    with time_machine.travel(START) as clock:
        sign_in(cast)
        clock.shift(timedelta(days=8))
        kept = sign_in(cast)
        assert purge_sessions() == 1
    assert [row.session_key for row in Session.objects.all()] == [kept.session.session_key]
    assert [row.session_key for row in UserSession.objects.all()] == [kept.session.session_key]


def test_what_a_session_holds_cannot_be_read_in_the_database(cast: Cast) -> None:
    client = sign_in(cast)
    client.post("/panel/you/confirm/", {"password": PASSWORD})
    client.get("/panel/you/authenticator/set-up/")
    seed = client.session["mfa.totp.secret"]
    row = Session.objects.get(pk=client.session.session_key)
    assert row.session_data.startswith("gAAAA")  # Fernet
    assert seed not in row.session_data
    assert row.get_decoded() == {}  # Django's own reader has no key
