"""What a credential may change, by its own limits: scopes, account, lifetime and addresses."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from applications.errors import AccessDenied, NotFound
from applications.models import AllowedIP, Application
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.operations.actors import OPERATOR, Actor, Limits
from applications.operations.limits import (
    check_account,
    check_change,
    check_gain,
    check_lifetime,
    check_list,
    check_no_credential,
    check_operator,
    check_scopes,
    lines_of_maker,
    lives_as_long,
    networks_of_maker,
)
from tests.cast import Cast
from tests.factories import make_application

MEMBER = Actor(ActorKind.USER, "alice@marlowe.example", "192.0.2.1", "")


def program(application: Application, scopes: str = "sms groups", lifetime: timedelta | None = None) -> Actor:
    """Whoever has a token of this application."""
    limits = Limits(application.account_id, tuple(scopes.split()), application.pk, None, lifetime)
    return Actor(ActorKind.APPLICATION, application.application_id, "192.0.2.1", "", limits=limits)


def key_holder(application: Application, *, expires: bool = False) -> Actor:
    """Whoever has an API key of the account."""
    end = now() + timedelta(days=1) if expires else None
    limits = Limits(application.account_id, ("sms", "groups"), None, end)
    return Actor(ActorKind.API_KEY, "CRM", "192.0.2.1", "", limits=limits)


def allow(application: Application, *networks: str) -> None:
    for network in networks:
        AllowedIP.objects.create(account=application.account, application=application, network=network)


# --- Whose it is --------------------------------------------------------------------------------


def test_a_credential_sees_nothing_of_another_account(cast: Cast) -> None:
    check_account(program(cast.application), cast.account.pk)
    with pytest.raises(NotFound):
        check_account(program(cast.application), cast.elsewhere.pk)
    with pytest.raises(NotFound):
        check_change(program(cast.application), cast.his)


def test_what_belongs_to_no_account_is_the_operators(cast: Cast) -> None:
    check_operator(OPERATOR)
    for actor in (MEMBER, program(cast.application), key_holder(cast.application)):
        with pytest.raises(AccessDenied, match="Only the operator"):
            check_operator(actor)


def test_what_outlives_a_credential_none_can_give(cast: Cast) -> None:
    check_no_credential(MEMBER)
    check_no_credential(OPERATOR)
    for actor in (program(cast.application), key_holder(cast.application)):
        with pytest.raises(AccessDenied, match="No credential can do this"):
            check_no_credential(actor)


# --- Scopes -------------------------------------------------------------------------------------


def test_a_scope_that_the_credential_lacks_is_named(cast: Cast) -> None:
    actor = program(cast.application, "sms")
    check_scopes(actor, ["sms"])
    check_scopes(actor, [])
    with pytest.raises(AccessDenied, match="scope viber, whatsapp itself"):
        check_scopes(actor, ["viber", "sms", "whatsapp"])
    check_scopes(MEMBER, ["viber", "no such scope"])


def test_an_application_with_a_scope_that_the_credential_lacks_cannot_be_changed(cast: Cast) -> None:
    check_change(program(cast.application, "groups sms viber"), cast.application)
    with pytest.raises(AccessDenied, match="scope groups itself"):
        check_change(program(cast.application, "sms"), cast.application)


# --- Lifetimes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "token", "longest"),
    [
        (Lifetime.DAY, timedelta(days=1), Lifetime.DAY),
        (Lifetime.WEEK, timedelta(days=7), Lifetime.WEEK),
        (Lifetime.WEEK, timedelta(days=1), Lifetime.DAY),  # the token was issued before
        (Lifetime.DAY, timedelta(days=7), Lifetime.DAY),  # the application was changed since
        (Lifetime.NEVER, None, Lifetime.NEVER),
        (Lifetime.NEVER, timedelta(days=7), Lifetime.WEEK),
        (Lifetime.NEVER, timedelta(hours=1), Lifetime.DAY),
    ],
)
def test_a_token_makes_nothing_that_lives_longer(
    cast: Cast, own: Lifetime, token: timedelta | None, longest: Lifetime
) -> None:
    Application.objects.filter(pk=cast.application.pk).update(lifetime=own)
    actor = program(cast.application, lifetime=token)
    for lifetime in Lifetime:
        if lives_as_long(longest, lifetime):
            check_lifetime(actor, lifetime)
        else:
            with pytest.raises(AccessDenied, match=f"live {longest.label}"):
                check_lifetime(actor, lifetime)


def test_a_key_that_expires_makes_nothing(cast: Cast) -> None:
    check_lifetime(key_holder(cast.application), Lifetime.NEVER)
    with pytest.raises(AccessDenied, match="This API key expires"):
        check_lifetime(key_holder(cast.application, expires=True), Lifetime.DAY)


def test_the_token_of_a_deleted_application_makes_nothing(cast: Cast) -> None:
    actor = program(cast.application)
    Application.objects.filter(pk=cast.application.pk).delete()
    with pytest.raises(AccessDenied, match="was deleted"):
        check_lifetime(actor, Lifetime.DAY)


@pytest.mark.parametrize(
    ("longer", "shorter"),
    [(Lifetime.WEEK, Lifetime.DAY), (Lifetime.NEVER, Lifetime.WEEK), (Lifetime.NEVER, Lifetime.DAY)],
)
def test_never_is_the_longest_and_a_day_the_shortest(longer: Lifetime, shorter: Lifetime) -> None:
    assert lives_as_long(longer, shorter)
    assert not lives_as_long(shorter, longer)
    assert lives_as_long(longer, longer)


# --- Addresses ----------------------------------------------------------------------------------


def test_nothing_is_given_to_what_works_from_more_addresses(cast: Cast) -> None:
    second, _secret = make_application(cast.account, name="Second")
    actor = program(cast.application)
    check_gain(actor, second, Lifetime.DAY)
    allow(cast.application, "192.0.2.0/24")
    with pytest.raises(AccessDenied, match="works only from its application's allowed IPs"):
        check_gain(actor, second, Lifetime.DAY)
    allow(second, "192.0.2.7/32")
    check_gain(actor, second, Lifetime.DAY)
    allow(second, "198.51.100.7/32")
    with pytest.raises(AccessDenied):
        check_gain(actor, second, Lifetime.DAY)
    check_gain(MEMBER, second, Lifetime.NEVER)


def test_a_key_is_held_by_the_list_of_its_account_alone(cast: Cast) -> None:
    allow(cast.application, "192.0.2.0/24")
    assert networks_of_maker(program(cast.application)) == ["192.0.2.0/24"]
    for actor in (key_holder(cast.application), MEMBER, OPERATOR):
        assert (lines_of_maker(actor), networks_of_maker(actor)) == ([], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["192.0.2.0/24"], ["192.0.2.0/24"]),
        (["192.0.2.0/24"], ["192.0.2.7/32"]),
        ([], ["203.0.113.0/24"]),
        (["192.0.2.0/24", "198.51.100.0/24"], ["198.51.100.0/24"]),
    ],
)
def test_closing_a_list_is_no_gain(cast: Cast, before: list[str], after: list[str]) -> None:
    allow(cast.application, "192.0.2.9/32")
    for application in (cast.application, None):
        check_list(program(cast.application), application, before, after)


def test_what_is_opened_is_open_to_the_credential_itself(cast: Cast) -> None:
    allow(cast.application, "192.0.2.0/24")
    actor, before = program(cast.application), ["198.51.100.7/32"]
    check_list(actor, cast.application, before, [*before, "192.0.2.7/32"])
    for opened in (["203.0.113.0/24"], ["192.0.0.0/16"], []):
        after = [*before, *opened] if opened else []
        with pytest.raises(AccessDenied):
            check_list(actor, cast.application, before, after)


def test_no_credential_opens_the_list_of_the_account(cast: Cast) -> None:
    for actor in (program(cast.application), key_holder(cast.application)):
        with pytest.raises(AccessDenied, match="the account's list"):
            check_list(actor, None, ["192.0.2.0/24"], [])
    check_list(MEMBER, None, ["192.0.2.0/24"], [])
