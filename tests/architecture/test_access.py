"""Who may reach what: every address is on the public list, among those of clients, or in the matrix role × address."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from applications.models import Account, AllowedIP, Application, FoundCredential, Membership
from applications.models.findings import Finding
from applications.models.memberships import Role
from applications.operations import actors
from applications.operations.api_keys import create_api_key
from applications.operations.findings import keep_finding
from applications.operations.invitations import invite_member
from applications.rules.emails import EmailAddress
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_token
from tests.webhooks import hand_over, only, set_url

PUBLIC = {"", "panel/sign-in/", "panel/sign-in/passkey/", "panel/sign-in/new-password/"}
PUBLIC |= {"panel/sign-in/new-password/sent/", "panel/sign-in/new-password/set/", "panel/sign-in/inactive/"}
PUBLIC |= {"metrics"}  # by address: tests/config/test_metrics_allowed.py
PUBLIC |= {"panel/sign-in/second-factor/", "panel/sign-out/", "panel/sign-in/code/"}
CLIENT_PATHS = re.compile(
    r"(oauth|\.well-known|messages|credentials|health)/|(account|applications)($|/)|events$|openapi\.json$"
)
# Reached by whoever is signed in, about that person alone.
PERSON = re.compile(r"panel/$|panel/you/|panel/sign-in/new-password/")
# Its link is the proof: who has it has read the mail.
MAILED_LINK = re.compile(r"panel/(invitations|emails)/")
OPERATOR = re.compile(r"operator/")
OF_OWNERS = re.compile(r"members/(invite|invitations|<)")
OF_ACCOUNT = "panel/<int:account_id>/"


def addresses(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        else:
            yield here


IN_PANEL = sorted(address for address in addresses() if address.startswith(OF_ACCOUNT))


def test_every_address_is_accounted_for() -> None:
    unknown = [
        address
        for address in addresses()
        if address not in PUBLIC
        and not address.startswith(OF_ACCOUNT)
        and not any(
            known.match(address.replace("^", "")) for known in (CLIENT_PATHS, PERSON, MAILED_LINK, OPERATOR)
        )
    ]
    assert unknown == []
    assert len(IN_PANEL) > 10


def delivery_of(cast: Cast) -> str:
    set_url(cast.application)
    hand_over(cast.application)
    return only().key


def network_of(cast: Cast, application: Application | None) -> object:
    line = AllowedIP.objects.create(account=cast.account, application=application, network="192.0.2.7/32")
    return line.pk


def invitation_of(cast: Cast) -> object:
    invitation, _value = invite_member(
        account=cast.account,
        email=EmailAddress("dora@marlowe.example"),
        role=Role.VIEWER,
        actor=actors.OPERATOR,
    )
    return invitation.pk


def kept_of(cast: Cast) -> object:
    return keep_finding(subject=cast.application, kind=Finding.NO_ALLOWED_IPS, actor=actors.OPERATOR).pk


def found_of(cast: Cast) -> object:
    found = FoundCredential.objects.create(
        account=cast.account, kind="token", hint="2bce", application=cast.application, request_id="1"
    )
    return found.pk


def key_of(cast: Cast) -> object:
    return create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=actors.OPERATOR)[0].pk


# What an address may name, made where it does.
THINGS: dict[str, Callable[[Cast], object]] = {
    "member_id": lambda cast: Membership.objects.get(user=cast.bob).pk,
    "invitation": invitation_of,
    "account_id": lambda cast: cast.account.pk,
    "application_id": lambda cast: cast.application.application_id,
    "token": lambda cast: make_token(cast.application).pk,
    "secret": lambda cast: cast.application.secrets.get().pk,
    "channel": lambda cast: "sms",
    "setting": lambda cast: "sms_dlr_callback",
    "delivery": delivery_of,
    "kind": lambda cast: "no_allowed_ips",
    "kept": kept_of,
    "found": found_of,
    "key": key_of,
}


def path_of(address: str, cast: Cast) -> str:
    """The address with Alice's account and what belongs to it filled in."""
    own = cast.application if "application_id" in address else None
    things: dict[str, Callable[[Cast], object]] = {**THINGS, "line": partial(network_of, application=own)}
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(things[match[1]](cast)), address)


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]  # a User of the cast
    return client


@pytest.mark.parametrize("address", IN_PANEL)
def test_a_visitor_is_asked_to_sign_in(address: str, cast: Cast) -> None:
    path = path_of(address, cast)
    for response in (Client().get(path), Client().post(path)):
        if response.status_code != 405:
            assert response.status_code == 302
            assert response["Location"].startswith("/panel/sign-in/")


@pytest.mark.parametrize("address", IN_PANEL)
def test_a_stranger_finds_nothing(address: str, cast: Cast) -> None:
    path = path_of(address, cast)
    stranger = signed_in(cast.charlie)
    assert stranger.get(path).status_code in (404, 405)
    assert stranger.post(path).status_code in (404, 405)


@pytest.mark.parametrize("address", IN_PANEL)
def test_a_strangers_application_is_not_found_under_ones_own_account(address: str, cast: Cast) -> None:
    if "application_id" not in address:
        return
    path = path_of(address, cast).replace(f"/panel/{cast.account.pk}/", f"/panel/{cast.elsewhere.pk}/")
    stranger = signed_in(cast.charlie)
    assert stranger.get(path).status_code in (404, 405)
    assert stranger.post(path).status_code in (404, 405)


@pytest.mark.parametrize("address", IN_PANEL)
def test_a_viewer_changes_nothing(address: str, cast: Cast) -> None:
    path = path_of(address, cast)
    viewer = signed_in(cast.bob)
    posted = viewer.post(path)
    # A preview computes and stores nothing; leaving and one's mails are a member's own; all else is a change.
    own = re.search(r"preview|leave|/mails/", address)
    assert posted.status_code in (403, 405) or own, address
    assert viewer.get(path).status_code in (200, 403, 404, 405)


@pytest.mark.parametrize("address", [address for address in IN_PANEL if OF_OWNERS.search(address)])
def test_an_admin_changes_no_member(address: str, cast: Cast) -> None:
    assert signed_in(cast.ada).post(path_of(address, cast)).status_code == 403


@pytest.mark.parametrize("address", IN_PANEL)
def test_a_member_without_a_second_factor_reaches_nothing_where_one_is_asked_for(
    address: str, cast: Cast
) -> None:
    path = path_of(address, cast)
    Account.objects.filter(pk=cast.account.pk).update(requires_second_factor=True)
    owner = signed_in(cast.alice)
    for response in (owner.get(path), owner.post(path)):
        assert response.status_code == 405 or "second factor first" in response.content.decode()
        assert response.status_code in (403, 405)


@pytest.mark.parametrize("address", IN_PANEL)
@pytest.mark.parametrize("who", ["alice", "ada"])
def test_owner_and_admin_reach_every_page(address: str, who: str, cast: Cast) -> None:
    response = signed_in(getattr(cast, who)).get(path_of(address, cast))
    if who == "ada" and OF_OWNERS.search(address):
        assert response.status_code in (403, 405), "members are the owners' to change"
        return
    assert response.status_code in (200, 302, 404, 405)
    assert response.status_code != 404 or re.search(r"secrets/", address), "only what has no such page yet"
