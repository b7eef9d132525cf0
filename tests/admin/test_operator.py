"""The operator's Django admin: who gets in, what its acts do, and that a secret is on one page, once."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import now
from time_machine import travel

from applications.admin.site import site
from applications.models import (
    AccessToken,
    Account,
    APIKey,
    AuditEvent,
    CredentialReports,
    Invitation,
    Membership,
    ResourceServer,
    Scope,
    UnknownCredentials,
    User,
)
from applications.models.audit import Action, ActorKind
from applications.models.memberships import Role
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.invitations import invite_member
from applications.operations.resource_servers import create_resource_server
from applications.rules.credentials import digest
from applications.rules.emails import EmailAddress
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import PASSWORD, make_token
from tests.oauth.conftest import Response, basic
from tests.oauth.edge import post

pytestmark = pytest.mark.django_db
STAFF = "op@latchkey.example"


@pytest.fixture
def operator(client: Client) -> Client:
    """A browser in which the operator has signed in with a second factor, and just given the password again."""
    sign_in_twice(client, User.objects.create_superuser(STAFF, PASSWORD))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def sign_in(client: Client, email: str) -> Response:
    return client.post(reverse("account_login"), {"login": email, "password": PASSWORD})


def sign_in_twice(client: Client, user: User) -> None:
    """Sign in by password, then by the code of a new authenticator app."""
    seed = generate_totp_secret()
    TOTP.activate(user, seed)
    sign_in(client, user.email)
    client.post(reverse("mfa_authenticate"), {"code": code_of(seed)})


def code_of(seed: str) -> str:
    return f"{hotp_value(seed, int(time.time()) // 30):06d}"  # RFC 6238: a step of 30 seconds


def url(model: str, page: str, *arguments: object) -> str:
    return reverse(f"admin:applications_{model}_{page}", args=arguments)


def invite(account: Account) -> Invitation:
    return invite_member(
        account=account, email=EmailAddress("dora@marlowe.example"), role=Role.VIEWER, actor=OPERATOR
    )[0]


def secret_of(response: Response) -> str:
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    found = re.search(r'id="server-secret">([0-9a-f]{40})<', response.text)
    assert found is not None
    return found[1]


# --- Who gets in ---


def test_signing_in_goes_by_the_panels_door(client: Client) -> None:
    response = client.get("/operator/", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("asked", "next_page"),
    [
        ("/operator/", "/operator/"),
        ("/operator/applications/user/?q=a%26b", "/operator/applications/user/?q=a%26b"),
        ("/operator/login/", "/operator/"),
        ("/operator/login/?next=https://evil.example/", "/operator/"),
        ("/operator/login/?next=//evil.example/operator/", "/operator/"),
        ("/operator/login/?next=/operator/login/", "/operator/"),
        ("/operator/login/?next=http://[::1", "/operator/"),
        ("/operator/nothing/", "/operator/nothing/"),
        ("/operator/logout/", "/operator/"),
        ("/operator/password_change/", "/operator/password_change/"),
    ],
)
def test_django_has_no_sign_in_of_its_own(client: Client, asked: str, next_page: str) -> None:
    response = client.get(asked, follow=True)
    assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?{urlencode({'next': next_page})}"


@pytest.mark.once
def test_staff_without_a_second_factor_reach_nothing_but_its_set_up(client: Client) -> None:
    user = User.objects.create_superuser(STAFF, PASSWORD)
    sign_in(client, STAFF)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    server, _secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    set_up = reverse("mfa_activate_totp")
    pages = [url(model._meta.model_name or "", "changelist") for model in site._registry]
    acts = [url("resourceserver", "add"), url("resourceserver", "act", server.pk, "remove")]
    for page in ("/operator/", *pages, *acts, "/operator/applications/", "/operator/jsi18n/"):
        assert client.get(page, follow=True).redirect_chain[-1][0] == f"{set_up}?{urlencode({'next': page})}"
        client.post(page)
    assert ResourceServer.objects.exists()
    assert "second factor" in client.get("/operator/", follow=True).text
    code = code_of(client.get(set_up).context["form"].secret)
    client.post(set_up, {"code": code})
    # This session began with the password alone.
    confirm = client.get("/operator/", follow=True).redirect_chain[-1][0]
    assert confirm.startswith(reverse("mfa_reauthenticate"))
    assert "Open the operator's site" in client.get(confirm).text
    with travel(time.time() + 60):
        seed = decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])
        assert client.post(confirm, {"code": code_of(seed)})["Location"] == "/operator/"
        assert client.get("/operator/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor_and_a_removed_one_ends_it(operator: Client) -> None:
    Authenticator.objects.filter(type="totp").delete()
    response = operator.get("/operator/", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("mfa_activate_totp"))


def test_what_belongs_to_the_person_is_in_the_panel(operator: Client) -> None:
    assert operator.get("/operator/password_change/")["Location"] == reverse("account_change_password")
    assert operator.post("/operator/password_change/")["Location"] == reverse("account_change_password")
    assert operator.get("/operator/logout/")["Location"] == reverse("account_logout")
    page = operator.get("/operator/").text
    assert reverse("account_logout") in page
    assert reverse("account_change_password") in page
    assert "/operator/logout" not in page
    assert "/operator/password_change" not in page
    for gone in ("password_change/done/", "autocomplete/?term=a", "r/1/1/"):
        assert operator.get(f"/operator/{gone}").status_code == 404


def test_a_member_is_no_operator(client: Client, cast: Cast) -> None:
    sign_in(client, cast.alice.email)
    assert client.get("/operator/", follow=True).status_code == 403
    assert client.get(url("resourceserver", "changelist"), follow=True).status_code == 403


def test_staff_without_permissions_can_neither_look_nor_act(client: Client) -> None:
    sign_in_twice(client, User.objects.create_user(STAFF, PASSWORD, is_staff=True))
    server, _secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    for page in (
        url("resourceserver", "changelist"),
        url("resourceserver", "add"),
        url("resourceserver", "act", server.pk, "reset"),
    ):
        assert client.get(page).status_code == 403
    assert client.post(url("resourceserver", "act", server.pk, "remove")).status_code == 403
    assert ResourceServer.objects.exists()


# --- What is seen ---


def test_every_page_of_every_model_opens_and_shows_no_digest(operator: Client, cast: Cast) -> None:
    create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    invite(cast.account)
    UnknownCredentials.objects.create(day=now().date(), count=3)
    CredentialReports.objects.create(day=now().date(), calls=1, sent=3)
    for model in site._registry:
        name, row = model._meta.model_name or "", model._default_manager.first()
        assert row is not None
        for page in (url(name, "changelist"), url(name, "change", row.pk), url(name, "history", row.pk)):
            response = operator.get(page)
            assert response.status_code == 200, page
            assert not re.search(r"digest|pbkdf2|argon2|md5\$", response.text), page
        assert operator.post(url(name, "change", row.pk), {"name": "x"}).status_code == 403
        assert operator.get(url(name, "delete", row.pk)).status_code == 403


def test_pages_have_the_houses_looks_and_nothing_that_its_policy_forbids(
    operator: Client, cast: Cast
) -> None:
    operator.cookies["theme"] = "dark"
    pk = cast.application.pk
    for page in (
        "/operator/",
        url("user", "changelist"),
        url("application", "change", pk),
        url("scope", "add"),
    ):
        response = operator.get(page)
        assert "css/tokens.css" in response.text
        assert 'data-theme="dark"' in response.text
        assert not re.search(r"dark_mode|theme\.js|<script(?![^>]*src=)|\sstyle=|\son\w+=", response.text), (
            page
        )
        assert "script-src 'self'" in response["Content-Security-Policy"]


def test_libraries_bring_nothing_along(operator: Client) -> None:
    labels = {model._meta.label for model in site._registry}
    assert all(label.startswith("applications.") for label in labels)
    assert operator.get("/operator/mfa/authenticator/").status_code == 404


# --- Resource servers ---


def test_a_resource_server_is_made_and_its_secret_shown_once(operator: Client) -> None:
    response = operator.post(url("resourceserver", "add"), {"name": "SMS API"})
    secret, server = secret_of(response), ResourceServer.objects.get()
    assert bytes(server.digest) == digest(secret)
    assert server.server_id in response.text
    assert post(operator, "/oauth/introspect", basic(server.server_id, secret), token="x").status_code == 200
    for page in (url("resourceserver", "changelist"), url("resourceserver", "change", server.pk)):
        assert secret not in operator.get(page).text
        assert f"••••{secret[-4:]}" in operator.get(page).text
    assert secret not in str(dict(operator.session)) + str(operator.cookies)
    row = AuditEvent.objects.get(action=Action.RESOURCE_SERVER_CREATED)
    assert (row.account, row.actor_kind, row.actor) == (None, ActorKind.COMMAND, STAFF)
    assert (row.ip, len(row.request_id)) == ("127.0.0.1", 36)


def test_a_name_is_taken_once_and_sending_the_form_again_makes_none(operator: Client) -> None:
    for _time in range(2):
        response = operator.post(url("resourceserver", "add"), {"name": "SMS API"})
    assert "server-secret" not in response.text
    assert ResourceServer.objects.count() == 1
    assert "server-secret" not in operator.post(url("resourceserver", "add"), {"name": ""}).text


def test_a_reset_stops_the_old_secret(operator: Client) -> None:
    server, old = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    page = url("resourceserver", "act", server.pk, "reset")
    assert "stops at once" in operator.get(page).text
    assert bytes(ResourceServer.objects.get().digest) == digest(old)
    new = secret_of(operator.post(page, {"current": old[-4:]}))
    assert post(operator, "/oauth/introspect", basic(server.server_id, old), token="x").status_code == 401
    assert post(operator, "/oauth/introspect", basic(server.server_id, new), token="x").status_code == 200
    again = operator.post(page, {"current": old[-4:]}, follow=True)
    assert "was reset in the meantime" in again.text
    assert bytes(ResourceServer.objects.get().digest) == digest(new)


def test_a_removal(operator: Client) -> None:
    server, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    page = url("resourceserver", "act", server.pk, "remove")
    operator.get(page)
    assert ResourceServer.objects.exists()
    operator.post(page, {"current": secret[-4:]})
    assert not ResourceServer.objects.exists()
    assert operator.get(page).status_code == 404


def test_changes_ask_for_the_password_again_after_a_while(operator: Client) -> None:
    session = operator.session
    session["account_authentication_methods"] = [
        {**method, "at": now().timestamp() - 3600} for method in session["account_authentication_methods"]
    ]
    session.save()
    server, _secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    for page in (url("resourceserver", "add"), url("resourceserver", "act", server.pk, "remove")):
        response = operator.post(page, {"name": "Another"})
        assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert list(ResourceServer.objects.all()) == [server]


def test_the_page_that_asks_names_the_act_and_then_it_is_done(operator: Client) -> None:
    server, _secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    acts = {
        url("resourceserver", "add"): "Add a resource server",
        url("resourceserver", "act", server.pk, "remove"): "Remove: <bdi>SMS API</bdi>",
    }
    with travel(time.time() + 3600):
        for page, words in acts.items():
            asked = operator.post(page, {"name": "Another"}, follow=True)
            assert f"<b>{words}</b>" in asked.text
        assert ResourceServer.objects.get() == server
        operator.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": page})
    assert not ResourceServer.objects.exists()


def test_signing_in_is_fresh_for_the_operator_too(client: Client) -> None:
    sign_in_twice(client, User.objects.create_superuser(STAFF, PASSWORD))
    assert client.get(url("resourceserver", "add")).status_code == 200


# --- Scopes, applications, keys ---


def test_a_scope_is_added_and_retired(operator: Client, cast: Cast) -> None:
    fields = {"name": "voice", "description": "Call", "group": "messages", "position": "16"}
    operator.post(url("scope", "add"), fields)
    assert Scope.objects.available().filter(name="voice").exists()
    sms = Scope.objects.get(name="sms")
    operator.post(url("scope", "act", sms.pk, "retire"))
    cast.application.refresh_from_db()
    assert cast.application.scope == "groups"
    assert operator.get(url("scope", "act", sms.pk, "retire")).status_code == 404
    operator.post(url("scope", "add"), {**fields, "name": "sms"})
    assert Scope.objects.filter(name="sms").count() == 1
    assert operator.post(url("scope", "add"), {**fields, "name": "Two words"}).status_code == 200
    assert Scope.objects.count() == 16


def test_an_application_is_stopped_and_started(operator: Client, cast: Cast) -> None:
    make_token(cast.application)
    pk = cast.application.pk
    assert "do/disable/" in operator.get(url("application", "change", pk)).text
    operator.post(url("application", "act", pk, "disable"))
    assert not AccessToken.objects.live().exists()
    assert operator.get(url("application", "act", pk, "disable")).status_code == 404
    operator.post(url("application", "act", pk, "enable"))
    assert AccessToken.objects.live().exists()
    operator.post(url("application", "act", pk, "revoke-tokens"))
    assert not AccessToken.objects.live().exists()
    rows = AuditEvent.objects.filter(account=cast.account, actor=STAFF).order_by("pk")
    assert [row.action for row in rows] == [
        Action.APPLICATION_DISABLED,
        Action.APPLICATION_ENABLED,
        Action.TOKENS_REVOKED,
    ]


def test_a_key_is_revoked(operator: Client, cast: Cast) -> None:
    key, _value = create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    operator.post(url("apikey", "act", key.pk, "revoke"))
    assert not APIKey.objects.live().exists()
    assert "do/revoke/" not in operator.get(url("apikey", "change", key.pk)).text


def test_an_act_that_nobody_knows(operator: Client, cast: Cast) -> None:
    assert operator.get(url("application", "act", cast.application.pk, "explode")).status_code == 404
    assert operator.get(url("application", "act", 0, "disable")).status_code == 404


# --- Members ---


def test_a_member_is_invited_given_another_role_and_removed(
    operator: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    act = url("account", "act", cast.account.pk, "invite")
    assert "Email" in operator.get(act).text
    assert "Write an email address" in operator.post(act, {"email": "nobody", "role": "admin"}).text
    with django_capture_on_commit_callbacks(execute=True):
        operator.post(act, {"email": "Dora@marlowe.example", "role": "admin"})
    assert mail.outbox[0].to == ["dora@marlowe.example"]
    invitation = Invitation.objects.get()
    operator.post(url("invitation", "act", invitation.pk, "withdraw"))
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is not None
    bob = Membership.objects.get(user=cast.bob)
    operator.post(url("membership", "act", bob.pk, "role"), {"role": "admin"})
    bob.refresh_from_db()
    assert bob.role == Role.ADMIN
    operator.post(url("membership", "act", bob.pk, "remove"))
    assert not Membership.objects.filter(pk=bob.pk).exists()
    alice = Membership.objects.get(user=cast.alice)
    refused = operator.post(url("membership", "act", alice.pk, "remove"), follow=True)
    assert "is the last owner" in refused.text
    event = AuditEvent.objects.order_by("-pk").first()
    assert event is not None
    assert (event.action, event.actor, event.target) == (Action.MEMBER_REMOVED, STAFF, cast.bob.email)
