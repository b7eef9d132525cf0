"""POST /oauth/introspect: RFC 7662, and who may know about which token (security.md 1)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.models import AccessToken, MessageSettings, Refusal, ResourceServer, Scope
from applications.models.applications import Lifetime
from applications.models.secrets import Overlap
from applications.operations import usage
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application, update_application
from applications.operations.resource_servers import remove_resource_server, reset_resource_server
from applications.operations.secrets import reset_secret
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import Program, Response, Server, basic
from tests.oauth.edge import body_of, comparable, post, restrict

INACTIVE = b'{"active": false}'
type Introspect = Callable[..., Response]


@pytest.fixture
def introspect(client: Client) -> Introspect:
    def send(authorization: str | None, **parameters: str) -> Response:
        return post(client, "/oauth/introspect", authorization, **parameters)

    return send


# --- What is told, section 2.2 ---


def test_section_2_2_an_active_token(introspect: Introspect, program: Program, token: str) -> None:
    stored = AccessToken.objects.get()
    assert stored.expires_at is not None
    response = introspect(program.basic, token=token)
    assert body_of(response) == {
        "active": True,
        "scope": "sms groups account",
        "client_id": program.application.application_id,
        "token_type": "Bearer",
        "iat": int(stored.issued_at.timestamp()),
        "exp": int(stored.expires_at.timestamp()),
        "iss": "http://localhost:8000",
        "sub": program.application.application_id,
        "account_id": program.application.account_id,
    }
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "no-store")


def test_section_2_2_a_token_that_never_expires_has_no_exp(introspect: Introspect, program: Program) -> None:
    value = new_credential()
    make_token(program.application, value, lives=None)
    assert "exp" not in body_of(introspect(program.basic, token=value))


def test_the_scope_is_the_one_of_this_moment(introspect: Introspect, program: Program, token: str) -> None:
    for names in ("sms groups", "sms groups account"):
        scopes = Scope.objects.filter(name__in=names.split())
        update_application(
            application=program.application,
            name=Name(""),
            lifetime=Lifetime.DAY,
            scopes=scopes,
            actor=OPERATOR,
        )
        assert body_of(introspect(program.basic, token=token))["scope"] == "sms groups"


def test_a_hint_and_unknown_parameters_change_nothing(
    introspect: Introspect, program: Program, token: str
) -> None:
    plain = introspect(program.basic, token=token)
    hinted = introspect(program.basic, token=token, token_type_hint="refresh_token", resource="x")
    assert comparable(hinted) == comparable(plain)


# --- Who may know ---


def test_an_application_sees_the_tokens_of_its_account(
    introspect: Introspect, program: Program, token: str
) -> None:
    sister, secret = make_application(program.application.account)
    answer = body_of(introspect(basic(sister.application_id, secret), token=token))
    assert answer["client_id"] == program.application.application_id


def test_a_resource_server_sees_any(introspect: Introspect, server: Server, token: str) -> None:
    answer = body_of(introspect(server.basic, token=token))
    assert (answer["active"], answer["client_name"]) == (True, "Order notifications")
    in_body = introspect(None, token=token, client_id=server.server_id, client_secret=server.secret)
    assert body_of(in_body) == answer


def test_a_resource_server_learns_the_settings_and_an_application_does_not(
    introspect: Introspect, server: Server, program: Program, token: str
) -> None:
    untouched = body_of(introspect(server.basic, token=token))["settings"]
    assert untouched == MessageSettings().documented()
    MessageSettings.objects.create(
        application=program.application, sms_sender="Marlowe", sms_remove_emojis=True, otp_ttl=120
    )
    changed = body_of(introspect(server.basic, token=token))["settings"]
    assert changed == MessageSettings.objects.get().documented()
    assert changed["sms"]["enforceOriginator"] == "Marlowe"
    assert changed["sms"]["transliteration"]["removeEmojis"] is True
    assert "settings" not in body_of(introspect(program.basic, token=token))


def expire(token: AccessToken) -> None:
    token.issued_at, token.expires_at = now() - timedelta(days=2), now() - timedelta(seconds=1)
    token.save()


DEATHS: dict[str, Callable[[AccessToken], object]] = {
    "expired": expire,
    "revoked": lambda token: revoke_token(token=token, actor=OPERATOR),
    "all revoked": lambda token: revoke_all_tokens(application=token.application, actor=OPERATOR),
    "disabled": lambda token: switch_application(
        application=token.application, enabled=False, actor=OPERATOR
    ),
    "deleted": lambda token: delete_application(application=token.application, actor=OPERATOR),
}


@pytest.mark.parametrize("death", DEATHS)
def test_unknown_foreign_and_dead_look_byte_identical(
    introspect: Introspect, program: Program, server: Server, death: str
) -> None:
    asking, secret = make_application(program.application.account)
    foreign, value = new_credential(), new_credential()
    make_token(make_application(make_account("Else", "else@else.example"))[0], foreign)
    dead = make_token(program.application, value)
    DEATHS[death](dead)
    unknown = comparable(introspect(server.basic, token=new_credential()))
    assert unknown[:2] == (200, INACTIVE)
    ours = basic(asking.application_id, secret)
    for authorization, what in [
        (ours, new_credential()),
        (ours, foreign),
        (ours, value),
        (server.basic, value),
        (ours, "x"),
        (ours, "é" * 300),
        (ours, secret),
        (ours, dead.key.hex),
    ]:
        assert comparable(introspect(authorization, token=what)) == unknown


# --- The address a token was used from ---


def test_client_ip_is_held_against_the_allowed_ips(
    introspect: Introspect, server: Server, program: Program, token: str
) -> None:
    restrict(program.application, "198.51.100.0/24|2001:db8::/32 198.51.100.7/32")

    def active(address: str) -> bool:
        return bool(body_of(introspect(server.basic, token=token, client_ip=address))["active"])

    assert active("198.51.100.7")
    assert active("::ffff:198.51.100.7")
    assert not active("198.51.100.8")
    assert not active("2001:db8::1")
    assert body_of(introspect(server.basic, token=token))["active"]


def test_an_address_outside_looks_like_an_unknown_token_and_the_panel_learns_why(
    introspect: Introspect, server: Server, program: Program, token: str
) -> None:
    unknown = introspect(server.basic, token=new_credential(), client_ip="203.0.113.9")
    restrict(program.application)
    outside = introspect(server.basic, token=token, client_ip="203.0.113.9")
    assert comparable(outside) == comparable(unknown)
    usage.flush()
    kept = Refusal.objects.get(request_id=outside["X-Request-Id"])
    assert (kept.application, kept.reason, kept.ip) == (program.application, "address", "203.0.113.9")


@pytest.mark.parametrize("address", ["localhost", "10.0.0.1/8", "fe80::1%eth0", "010.0.0.1", "1"])
def test_client_ip_has_to_be_an_address(
    introspect: Introspect, server: Server, token: str, address: str
) -> None:
    response = introspect(server.basic, token=token, client_ip=address)
    assert (response.status_code, body_of(response)["error"]) == (400, "invalid_request")


def test_a_resource_servers_question_is_a_use_of_the_token(
    introspect: Introspect, server: Server, program: Program, token: str
) -> None:
    introspect(program.basic, token=token)
    assert AccessToken.objects.get().last_used_at is None
    introspect(server.basic, token=token, client_ip="203.0.113.9")
    used = AccessToken.objects.get()
    assert used.last_used_at is not None
    assert used.last_used_ip == "203.0.113.9"


# --- Who asks, section 2.1 ---


def ask_of_a_stranger(introspect: Introspect, token: str) -> tuple[int, bytes, dict[str, str]]:
    answer = comparable(introspect(basic(new_credential(), new_credential()), token=token))
    assert answer[0] == 401
    assert answer[2]["WWW-Authenticate"] == 'Basic realm="Latchkey", charset="UTF-8"'
    return answer


WRONG: dict[str, Callable[[Program], object]] = {
    "disabled": lambda program: switch_application(
        application=program.application, enabled=False, actor=OPERATOR
    ),
    "deleted": lambda program: delete_application(application=program.application, actor=OPERATOR),
    "outside the allowlist": lambda program: restrict(program.application),
    "reset": lambda program: reset_secret(
        application=program.application, overlap=Overlap.NOW, actor=OPERATOR
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_client_that_may_not_ask_gets_one_401(
    introspect: Introspect, program: Program, token: str, wrong: str
) -> None:
    unknown = ask_of_a_stranger(introspect, token)
    other_secret = basic(program.application.application_id, new_credential())
    assert comparable(introspect(other_secret, token=token)) == unknown
    assert introspect(program.basic, token=token).status_code == 200
    WRONG[wrong](program)
    assert comparable(introspect(program.basic, token=token)) == unknown
    assert comparable(introspect(other_secret, token=token)) == unknown


@pytest.mark.parametrize("wrong", WRONG)
def test_each_401_costs_the_same_statements(
    introspect: Introspect, program: Program, token: str, wrong: str
) -> None:
    def statements(authorization: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert introspect(authorization, token=token).status_code == 401
        return len(queries)

    WRONG[wrong](program)
    assert statements(basic(new_credential(), new_credential())) == 2
    assert statements(basic(program.application.application_id, new_credential())) == 2
    assert statements(program.basic) == 2


def test_a_resource_server_is_let_in_by_its_secret_of_the_moment_alone(
    introspect: Introspect, server: Server, token: str
) -> None:
    unknown = ask_of_a_stranger(introspect, token)
    made = ResourceServer.objects.get()
    assert comparable(introspect(basic(server.server_id, new_credential()), token=token)) == unknown
    stored = bytes(made.digest).hex()
    for guess in (stored, stored[:40]):
        assert comparable(introspect(basic(server.server_id, guess), token=token)) == unknown
    newer = reset_resource_server(server=made, actor=OPERATOR)
    assert comparable(introspect(server.basic, token=token)) == unknown
    assert introspect(basic(server.server_id, newer), token=token).status_code == 200
    remove_resource_server(server=made, actor=OPERATOR)
    assert comparable(introspect(basic(server.server_id, newer), token=token)) == unknown


def test_an_application_asks_only_from_its_allowed_ips(client: Client, program: Program, token: str) -> None:
    restrict(program.application)

    def status(address: str) -> int:
        return post(client, "/oauth/introspect", program.basic, address, token=token).status_code

    assert [status("203.0.113.9"), status("198.51.100.4"), status("198.51.100.5")] == [401, 200, 200]


def test_an_old_secret_works_while_it_overlaps(introspect: Introspect, program: Program, token: str) -> None:
    reset_secret(application=program.application, overlap=Overlap.HOUR, actor=OPERATOR)
    assert introspect(program.basic, token=token).status_code == 200


def test_who_does_not_say_who_they_are(introspect: Introspect, token: str) -> None:
    assert comparable(introspect(None, token=token)) == ask_of_a_stranger(introspect, token)
    assert introspect(f"Bearer {token}", token=token).status_code == 401


def test_one_way_of_authenticating(introspect: Introspect, program: Program, token: str) -> None:
    both = introspect(
        program.basic,
        token=token,
        client_id=program.application.application_id,
        client_secret=program.secret,
    )
    assert (both.status_code, body_of(both)["error"]) == (400, "invalid_request")


# --- The request ---


def test_a_check_is_one_statement(
    introspect: Introspect, program: Program, server: Server, token: str
) -> None:
    restrict(program.application, "127.0.0.0/8|127.0.0.1/32")
    for authorization in (program.basic, server.basic):
        introspect(authorization, token=token, client_ip="127.0.0.1")  # notes uses, once a minute
        for what in (token, new_credential()):
            with CaptureQueriesContext(connection) as queries:
                assert introspect(authorization, token=what, client_ip="127.0.0.1").status_code == 200
            assert len(queries) == 1


def test_the_token_is_required(introspect: Introspect, program: Program) -> None:
    for parameters in ({"token_type_hint": "access_token"}, {"token": ""}):
        response = introspect(program.basic, **parameters)
        assert (response.status_code, body_of(response)["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_section_2_1_the_endpoint_takes_post_alone(client: Client, db: None, method: str) -> None:
    response = getattr(client, method)("/oauth/introspect")
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_what_is_malformed(client: Client, program: Program, token: str) -> None:
    def status(body: str, media: str = "application/x-www-form-urlencoded") -> int:
        headers = {"Authorization": program.basic}
        return client.post("/oauth/introspect", body, media, headers=headers).status_code

    assert status(f"token={token}&token={token}") == 400
    assert status(f"token={token}%00") == 400
    assert status("token=%ff") == 400
    assert status(f'{{"token": "{token}"}}', "application/json") == 415
    assert status(f"token={token}&x={'a' * 70_000}") == 413


def test_last_used_of_those_who_ask(
    introspect: Introspect, program: Program, server: Server, token: str
) -> None:
    introspect(program.basic, token=token)
    introspect(server.basic, token=token)
    program.application.refresh_from_db()
    assert program.application.last_used_ip == "127.0.0.1"
    assert program.application.secrets.get().last_used_at is not None
    assert ResourceServer.objects.get().last_used_ip == "127.0.0.1"
