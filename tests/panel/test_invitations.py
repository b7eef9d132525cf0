"""Invitations: mailed, used once by whom they are for, and pages that say why one does not work."""

import email
import re
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from applications.errors import AccessDenied, Conflict, LimitReached
from applications.models import Account, AuditEvent, Invitation, Membership, User
from applications.models.memberships import Role
from applications.operations.actors import OPERATOR
from applications.operations.invitations import (
    accept_invitation,
    accept_invitation_as_new,
    invite_member,
    purge_invitations,
    withdraw_invitation,
)
from applications.rules.credentials import digest
from applications.rules.emails import EmailAddress
from applications.rules.names import ProperName, isolated
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text

DORA = "dora@marlowe.example"
NEW = {"name": "Dora Marlowe", "password": "a dull and long password"}


def url(account: Account, name: str, *rest: int) -> str:
    return reverse(f"panel:{name}", args=[account.pk, *rest])


def link(value: str, name: str = "invitation") -> str:
    return reverse(f"panel:{name}", args=[value])


def invited(account: Account, address: str = DORA, role: Role = Role.ADMIN) -> tuple[Invitation, str]:
    return invite_member(account=account, email=EmailAddress(address), role=role, actor=OPERATOR)


@pytest.fixture
def owner(alice: Client) -> Client:
    alice.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return alice


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def mailed(address: str = DORA) -> list[Any]:
    """The mails to an address; other members are told too."""
    return [message for message in mail.outbox if message.to == [address]]


def value_mailed(number: int = -1) -> str:
    found = re.search(r"/panel/invitations/([0-9a-f]{40})/$", str(mailed()[number].body), re.MULTILINE)
    assert found is not None
    return found[1]


# --- Inviting ---


def test_an_owner_invites_and_a_new_person_joins_signed_in(owner: Client, cast: Cast, committed: Any) -> None:
    with committed():
        response = owner.post(
            url(cast.account, "member_invite"),
            {"email": "Dora@Marlowe.example", "role": "admin"},
            follow=True,
        )
    assert f"An invitation was mailed to {DORA}." in text(response)
    assert "Invited by you" in text(response)
    assert mail.outbox[0].to == [DORA]
    value, dora = value_mailed(), Client()
    page = dora.get(link(value))
    assert "no-store" in page["Cache-Control"]
    assert "Join <bdi>Marlowe Logistics</bdi>" in text(page)
    assert not User.objects.filter(email=DORA).exists(), "a look changes nothing: mail filters open links"
    joined = dora.post(link(value, "invitation_accept"), NEW, follow=True)
    assert joined.redirect_chain[-1][0] == url(cast.account, "applications")
    assert "You are a member of Marlowe Logistics now, as Admin." in text(joined)
    user = User.objects.get(email=DORA)
    assert (user.name, user.check_password(NEW["password"])) == ("Dora Marlowe", True)
    assert user.memberships.get().role == Role.ADMIN
    assert dora.get(url(cast.account, "api_key_new")).status_code == 200, "signing in counts as fresh"
    rows = AuditEvent.objects.filter(account=cast.account).order_by("-pk")[:3]
    assert [(row.action, row.actor) for row in rows] == [
        ("person:sign_in", DORA),
        ("member:join", DORA),
        ("invitation:create", "alice@marlowe.example"),
    ]
    assert value not in str([row.details for row in AuditEvent.objects.all()])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": "", "role": "viewer"}, "Write an email address"),
        ({"email": "a@b", "role": "viewer"}, "Write an email address"),
        ({"email": "a@x.example,b@x.example", "role": "viewer"}, "Write an email address"),
        ({"email": DORA, "role": "boss"}, "Choose a role."),
        ({"email": DORA}, "Choose a role."),
        ({"email": "BOB@marlowe.example", "role": "admin"}, "is a member of this account already"),
    ],
    ids=str,
)
def test_what_cannot_be_invited_is_said(
    owner: Client, cast: Cast, fields: dict[str, str], says: str, committed: Any
) -> None:
    with committed():
        response = owner.post(url(cast.account, "member_invite"), fields)
    assert response.status_code == 422
    assert says in text(response)
    assert mail.outbox == []
    assert not Invitation.objects.exists()


def test_a_double_click_invites_once(owner: Client, cast: Cast, committed: Any) -> None:
    with committed():
        for _click in range(2):
            page = owner.post(
                url(cast.account, "member_invite"), {"email": DORA, "role": "viewer"}, follow=True
            )
    assert f"{DORA} is invited already." in text(page)
    assert len(mailed()) == 1
    assert Invitation.objects.count() == 1


def test_an_account_cannot_mail_the_world(cast: Cast, settings: Any) -> None:
    settings.INVITATIONS_PER_ACCOUNT = 3
    made = [invited(cast.account, f"dora{number}@marlowe.example")[0] for number in range(3)]
    withdraw_invitation(invitation=made[0], actor=OPERATOR)
    with pytest.raises(LimitReached):
        invited(cast.account)
    Invitation.objects.filter(pk=made[0].pk).update(sent_at=now() - timedelta(days=2))
    invited(cast.account)
    invited(cast.elsewhere)


# --- The mail ---


@pytest.mark.parametrize("name", ["Marlowe Logistics", "Łódź – Spedycja & Söhne " * 4, "شركة 🚚"])
def test_no_link_of_a_mail_is_broken_by_its_encoding(
    cast: Cast, name: str, committed: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://latchkey.a-rather-long-name-of-a-host.marlowe-logistics.example"
    Account.objects.filter(pk=cast.account.pk).update(name=name)
    with committed():
        _invitation, value = invited(cast.account)
    whole = settings.PUBLIC_URL + link(value)
    raw = mail.outbox[0].message().as_bytes()
    message = email.message_from_bytes(raw, _class=EmailMessage, policy=default)
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    for part in parts:
        assert part["Content-Transfer-Encoding"] in ("7bit", "base64")
        assert whole in part.get_content()
    assert whole in parts[0].get_content().splitlines(), "on a line of its own"
    if name.isascii():
        assert whole.encode() in raw.splitlines()
    assert max(map(len, raw.splitlines())) < 998
    assert message["Subject"] == " ".join(f"Join {isolated(name)} on Latchkey".split())
    assert "alice" not in parts[0].get_content()


def test_the_html_of_a_mail_takes_names_as_text(cast: Cast, committed: Any) -> None:
    Account.objects.filter(pk=cast.account.pk).update(name="<img src=x> & Co")
    with committed():
        invited(cast.account)
    message = mail.outbox[0]
    assert isinstance(message, EmailMultiAlternatives)
    html = str(message.alternatives[0][0])
    assert "&lt;img src=x&gt; &amp; Co" in html
    assert "<img" not in html
    assert "<img src=x> & Co" in mail.outbox[0].body


# --- Accepting ---


def test_a_known_person_signs_in_and_joins(cast: Cast) -> None:
    _invitation, value = invited(cast.account, "charlie@elsewhere.example", Role.VIEWER)
    charlie = Client()
    page = text(charlie.get(link(value)))
    assert "Sign in to join" in page
    assert "New password" not in page
    assert charlie.post(link(value, "invitation_accept"), NEW).status_code == 200
    assert not Membership.objects.filter(account=cast.account, user=cast.charlie).exists()
    assert cast.charlie.check_password(PASSWORD)
    signed_in = charlie.post(
        f"{reverse('account_login')}?next={link(value)}",
        {"login": "charlie@elsewhere.example", "password": PASSWORD},
    )
    assert signed_in["Location"] == link(value)
    joined = charlie.post(link(value, "invitation_accept"), follow=True)
    assert "You are a member of Marlowe Logistics now, as Viewer." in text(joined)
    assert "This invitation was used" in text(charlie.get(link(value)))
    assert "Go to <bdi>Marlowe Logistics</bdi>" in text(charlie.get(link(value)))
    assert charlie.post(link(value, "invitation_accept")).status_code == 410
    assert Membership.objects.filter(account=cast.account, user=cast.charlie).count() == 1


def test_opened_while_somebody_else_is_signed_in_it_says_so_and_names_nobody(
    cast: Cast, charlie: Client
) -> None:
    invitation, value = invited(cast.account)
    for response in (charlie.get(link(value)), charlie.post(link(value, "invitation_accept"), NEW)):
        page = text(response)
        assert response.status_code == 403
        assert "This invitation is for somebody else" in page
        assert "You are signed in as charlie@elsewhere.example" in page
        assert "Marlowe" not in page.replace("charlie@elsewhere.example", "")
        assert invitation.email not in page
    out = charlie.post(reverse("account_logout"), {"next": link(value)})
    assert out["Location"] == link(value)
    assert "Join <bdi>Marlowe Logistics</bdi>" in text(charlie.get(link(value)))


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        ({"accepted_at": now()}, "This invitation was used"),
        ({"withdrawn_at": now()}, "This invitation was withdrawn"),
        ({"expires_at": now() - timedelta(seconds=1)}, "This invitation has expired"),
    ],
    ids=["used", "withdrawn", "expired"],
)
def test_an_invitation_that_ended_says_how_and_names_nobody(
    cast: Cast, ended: dict[str, Any], says: str
) -> None:
    invitation, value = invited(cast.account)
    Invitation.objects.filter(pk=invitation.pk).update(**ended)
    for response in (Client().get(link(value)), Client().post(link(value, "invitation_accept"), NEW)):
        assert response.status_code == 410
        assert says in text(response)
        assert "Marlowe" not in text(response)
        assert DORA not in text(response)
    assert not User.objects.filter(email=DORA).exists()


@pytest.mark.parametrize("value", ["0" * 40, "x", "../", "%00", "F" * 40])
def test_a_link_that_is_none_says_what_to_do(cast: Cast, value: str) -> None:
    response = Client().get(f"/panel/invitations/{value}/")
    assert response.status_code in (404, 400)
    if len(value) == 40:
        assert "Open the link of the newest mail" in text(response)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"password": "short"}, "too short"),
        ({"password": "password123"}, "too common"),
        ({"password": "dora@marlowe.example"}, "too similar"),
        ({"password": ""}, "Choose a password."),
        ({"name": " "}, "Write your name"),
        ({"name": "x" * 101}, "at most 100 characters"),
    ],
    ids=str,
)
def test_a_person_who_cannot_be_made_may_try_again(cast: Cast, changed: dict[str, str], says: str) -> None:
    _invitation, value = invited(cast.account)
    response = Client().post(link(value, "invitation_accept"), NEW | changed)
    assert response.status_code == 422
    assert says in text(response)
    assert not User.objects.filter(email=DORA).exists()
    assert Client().post(link(value, "invitation_accept"), NEW).status_code == 302


def test_the_operation_itself_takes_nobody_but_whom_it_is_for(cast: Cast) -> None:
    _invitation, value = invited(cast.account)
    with pytest.raises(AccessDenied):
        accept_invitation(value=value, user=cast.charlie, actor=OPERATOR)
    assert not Membership.objects.filter(account=cast.account, user=cast.charlie).exists()


def test_the_value_of_a_link_is_not_stored(cast: Cast) -> None:
    invitation, value = invited(cast.account)
    assert re.fullmatch(r"[0-9a-f]{40}", value), "160 bits"
    row = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert bytes(row["digest"]) == digest(value)
    assert value not in str(row)


# --- Again, withdrawn, in the end deleted ---


def test_sent_again_only_the_new_link_works(owner: Client, cast: Cast, committed: Any) -> None:
    invitation, old = invited(cast.account)
    again = url(cast.account, "invitation_send", invitation.pk)
    with committed():
        assert "less than a minute ago" in text(owner.post(again, follow=True))
    assert mail.outbox == []
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=now() - timedelta(days=8), expires_at=now())
    assert "Link expired" in text(owner.get(url(cast.account, "members")))
    with committed():
        assert "was mailed to dora@marlowe.example again" in text(owner.post(again, follow=True))
    assert Client().get(link(old)).status_code == 404
    assert Client().get(link(value_mailed())).status_code == 200


def test_withdrawn_it_stops(owner: Client, cast: Cast) -> None:
    invitation, value = invited(cast.account)
    address = url(cast.account, "invitation_withdraw", invitation.pk)
    assert "was withdrawn. Its link does not work any more." in text(owner.post(address, follow=True))
    assert Client().get(link(value)).status_code == 410
    assert "accepted or withdrawn already" in text(owner.post(address, follow=True))
    assert "accepted or withdrawn already" in text(
        owner.post(url(cast.account, "invitation_send", invitation.pk), follow=True)
    )
    invited(cast.account)


def test_one_accounts_invitation_is_not_found_in_another(owner: Client, cast: Cast) -> None:
    invitation, _value = invited(cast.elsewhere)
    for name in ("invitation_send", "invitation_withdraw"):
        assert owner.post(url(cast.account, name, invitation.pk)).status_code == 404


def test_a_person_made_meanwhile_keeps_the_password(cast: Cast) -> None:
    _invitation, value = invited(cast.account)
    User.objects.create_user(DORA, PASSWORD)
    with pytest.raises(Conflict):
        accept_invitation_as_new(
            value=value, name=ProperName("Mallory"), password=NEW["password"], actor=OPERATOR
        )
    assert User.objects.get(email=DORA).check_password(PASSWORD)


def test_old_invitations_are_deleted(cast: Cast) -> None:
    old, _value = invited(cast.account)
    invited(cast.elsewhere)
    Invitation.objects.filter(pk=old.pk).update(expires_at=now() - timedelta(days=91))
    assert purge_invitations() == 1
    assert Invitation.objects.count() == 1


def test_signing_in_says_the_truth_about_invitations(db: None) -> None:
    assert "Ask an owner of yours for an invitation." in text(Client().get(reverse("account_login")))
