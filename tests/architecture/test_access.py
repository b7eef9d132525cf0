"""Who may reach what: every address is on the public list, among those of clients, or in the matrix role × address."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from applications.models import Account, AllowedIP, Membership
from applications.models.findings import Finding
from applications.models.memberships import Role
from applications.operations import actors
from applications.operations.api_keys import create_api_key
from applications.operations.findings import keep_finding
from applications.operations.invitations import invite_member
from applications.rules.emails import EmailAddress
from applications.rules.names import Name
from tests.cast import Cast, make_cast
from tests.factories import make_token

PUBLIC = {"", "panel/sign-in/", "panel/sign-in/passkey/", "panel/sign-in/new-password/"}
PUBLIC |= {"panel/sign-in/new-password/sent/", "panel/sign-in/new-password/set/", "panel/sign-in/inactive/"}
PUBLIC |= {"panel/sign-in/second-factor/", "panel/sign-out/", "panel/sign-in/code/"}
CLIENT_PATHS = re.compile(r"(oauth|\.well-known|messages)/|(account|applications)($|/)|openapi\.json$")
# Reached by whoever is signed in, about that person alone.
PERSON = re.compile(r"panel/$|panel/you/|panel/sign-in/new-password/")
# Its link is the proof: who has it has read the mail.
INVITATION = re.compile(r"panel/invitations/")
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
            known.match(address.replace("^", "")) for known in (CLIENT_PATHS, PERSON, INVITATION, OPERATOR)
        )
    ]
    assert unknown == []
    assert len(IN_PANEL) > 10


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def path_of(address: str, cast: Cast) -> str:
    """The address with Alice's account and what belongs to it filled in."""
    line = AllowedIP.objects.create(account=cast.account, network=f"192.0.2.{len(address) % 250}")
    own = AllowedIP.objects.create(
        account=cast.account, application=cast.application, network=f"192.0.2.{len(address) % 250}"
    )
    invitation, _value = invite_member(
        account=cast.account,
        email=EmailAddress("dora@marlowe.example"),
        role=Role.VIEWER,
        actor=actors.OPERATOR,
    )
    things = {
        "member_id": Membership.objects.get(user=cast.bob).pk,
        "invitation": invitation.pk,
        "account_id": cast.account.pk,
        "application_id": cast.application.application_id,
        "token": make_token(cast.application).pk,
        "secret": cast.application.secrets.get().pk,
        "line": own.pk if "application_id" in address else line.pk,
        "channel": "sms",
        "kind": "no_allowed_ips",
        "kept": keep_finding(subject=cast.application, kind=Finding.NO_ALLOWED_IPS, actor=actors.OPERATOR).pk,
        "key": create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=actors.OPERATOR)[
            0
        ].pk,
    }
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(things[match[1]]), address)


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
    # A preview computes and stores nothing, and leaving is a member's own; every other POST is a change.
    assert posted.status_code in (403, 405) or "preview" in address or "leave" in address, address
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
