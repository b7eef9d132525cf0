"""/oauth/verify, which a gateway asks for each request: 200, 401 or 403, by token or API key."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from pytest_django import Settings

from applications.models import AccessToken, APIKey, Refusal, Scope
from applications.operations import usage
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.operations.applications import switch_application
from applications.operations.scopes import add_scope, retire_scope
from applications.operations.tokens import revoke_all_tokens
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from tests.factories import make_account
from tests.oauth.conftest import Program, Response
from tests.oauth.edge import body_of, restrict

GROUPS = "/oauth/verify?scope=groups"
BARE = (401, 'Bearer realm="Latchkey"')
INVALID = (401, 'Bearer realm="Latchkey", error="invalid_token"')
DENIED = (403, 'Bearer realm="Latchkey", error="access_denied"')


def bearer(client: Client, token: str, path: str = GROUPS, **headers: str) -> Response:
    return client.get(path, headers={"Authorization": f"Bearer {token}"}, **headers)  # type: ignore[arg-type]


def by_key(client: Client, key: str, path: str = GROUPS, **headers: str) -> Response:
    return client.get(path, headers={"X-API-KEY": key}, **headers)  # type: ignore[arg-type]


def refused(response: Response) -> tuple[int, str]:
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response["WWW-Authenticate"]


def insufficient(scope: str) -> tuple[int, str]:
    return 403, f'Bearer realm="Latchkey", error="insufficient_scope", scope="{scope}"'


@pytest.fixture
def key(program: Program) -> str:
    """An API key of the program's account, for sms and groups."""
    scopes = Scope.objects.filter(name__in=["sms", "groups"])
    return create_api_key(
        account=program.application.account, name=Name("CRM"), scopes=scopes, actor=OPERATOR
    )[1]


# --- What passes ---


def test_a_good_token(client: Client, program: Program, token: str) -> None:
    response = bearer(client, token)
    assert (response.status_code, response.content) == (200, b"")
    assert response["X-Application-Id"] == program.application.application_id
    assert response["X-Account-Id"] == str(program.application.account_id)
    assert response["X-Scope"] == "sms groups account"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Length"] == "0"
    assert "Content-Type" not in response


def test_a_good_api_key_is_of_an_account_and_of_no_application(
    client: Client, program: Program, key: str
) -> None:
    response = by_key(client, key)
    assert response.status_code == 200
    assert "X-Application-Id" not in response
    assert response["X-Account-Id"] == str(program.application.account_id)
    assert response["X-Scope"] == "sms groups"


def test_several_scopes_are_all_needed(client: Client, token: str) -> None:
    assert bearer(client, token, "/oauth/verify?scope=groups+sms").status_code == 200
    assert refused(bearer(client, token, "/oauth/verify?scope=groups%20viber")) == insufficient(
        "groups viber"
    )


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete", "options"])
def test_every_method_a_gateway_may_ask_with(client: Client, token: str, method: str) -> None:
    response = getattr(client, method)(GROUPS, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200


# --- What does not ---


def test_no_credential_is_a_bare_challenge(client: Client, db: None) -> None:
    response = client.get(GROUPS)
    assert refused(response) == BARE
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("blank", ["", " ", " \t "])
def test_an_empty_header_counts_as_absent(client: Client, token: str, key: str, blank: str) -> None:
    assert refused(client.get(GROUPS, headers={"Authorization": blank, "X-API-KEY": blank})) == BARE
    assert client.get(GROUPS, headers={"Authorization": blank, "X-API-KEY": key}).status_code == 200
    assert bearer(client, token, HTTP_X_API_KEY=blank).status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic eDp5", "Bearer " + "A" * 40, "Token a"])
def test_what_is_no_token_is_invalid(client: Client, db: None, header: str) -> None:
    assert refused(client.get(GROUPS, headers={"Authorization": header})) == INVALID


def test_unknown_and_dead_tokens(client: Client, program: Program, token: str) -> None:
    assert refused(bearer(client, new_credential())) == INVALID
    with time_machine.travel(now() + timedelta(days=1, seconds=1)):
        assert refused(bearer(client, token)) == INVALID
    switch_application(application=program.application, enabled=False, actor=OPERATOR)
    assert refused(bearer(client, token)) == INVALID
    switch_application(application=program.application, enabled=True, actor=OPERATOR)
    assert bearer(client, token).status_code == 200
    revoke_all_tokens(application=program.application, actor=OPERATOR)
    assert refused(bearer(client, token)) == INVALID


def test_unknown_and_dead_keys(client: Client, program: Program, key: str) -> None:
    assert refused(by_key(client, new_credential())) == INVALID
    assert refused(by_key(client, "x")) == INVALID
    stored = APIKey.objects.get()
    assert refused(by_key(client, bytes(stored.digest).hex()[:40])) == INVALID
    revoke_api_key(api_key=stored, actor=OPERATOR)
    assert refused(by_key(client, key)) == INVALID


def test_a_key_ends_when_it_was_meant_to(client: Client, program: Program) -> None:
    account, end = program.application.account, now() + timedelta(days=30)
    key = create_api_key(account=account, name=Name(""), scopes=None, expires_at=end, actor=OPERATOR)[1]
    with time_machine.travel(end - timedelta(seconds=1)):
        assert by_key(client, key).status_code == 200
    with time_machine.travel(end + timedelta(seconds=1)):
        assert refused(by_key(client, key)) == INVALID


def test_both_at_once_are_refused_though_each_is_good(client: Client, token: str, key: str) -> None:
    response = client.get(GROUPS, headers={"Authorization": f"Bearer {token}", "X-API-KEY": key})
    assert refused(response) == (401, 'Bearer realm="Latchkey", error="invalid_request"')


def test_a_token_elsewhere_is_not_read(client: Client, token: str, key: str) -> None:
    assert client.get(f"{GROUPS}&access_token={token}").status_code == 400
    assert client.get(f"{GROUPS}&api_key={key}").status_code == 400
    form = {"access_token": token}
    assert refused(client.post(GROUPS, form)) == BARE
    assert refused(by_key(client, token)) == INVALID
    assert refused(bearer(client, key)) == INVALID


# --- Scopes ---


def test_a_scope_that_is_not_held(client: Client, token: str, key: str) -> None:
    path = "/oauth/verify?scope=viber"
    assert refused(bearer(client, token, path)) == insufficient("viber")
    assert refused(by_key(client, key, path)) == insufficient("viber")
    assert body_of(bearer(client, token, path))["error"] == "insufficient_scope"


def test_case_matters_in_scopes(client: Client, token: str) -> None:
    assert refused(bearer(client, token, "/oauth/verify?scope=Groups")) == insufficient("Groups")


def test_a_retired_scope_is_lost_by_tokens_and_keys_at_once(client: Client, token: str, key: str) -> None:
    retire_scope(scope=Scope.objects.get(name="groups"), actor=OPERATOR)
    assert refused(bearer(client, token)) == insufficient("groups")
    assert refused(by_key(client, key)) == insufficient("groups")
    assert by_key(client, key, "/oauth/verify?scope=sms")["X-Scope"] == "sms"


def test_a_key_for_all_scopes_has_those_added_later(client: Client, program: Program) -> None:
    key = create_api_key(account=program.application.account, name=Name(""), scopes=None, actor=OPERATOR)[1]
    scopes = by_key(client, key)["X-Scope"].split()
    assert (scopes[0], len(scopes)) == ("sms", 15)
    assert refused(by_key(client, key, "/oauth/verify?scope=voice")) == insufficient("voice")
    add_scope(scope=Scope(name="voice", description="Call", group="messages"), actor=OPERATOR)
    assert by_key(client, key, "/oauth/verify?scope=voice").status_code == 200


ASKED_WRONGLY = [
    ("", "scope is missing."),
    ("?", "scope is missing."),
    ("?scope=", "scope is missing."),
    ("?scopes=groups", "There is no parameter 'scopes' here. Ask with ?scope= alone."),
    ("?Scope=groups", "There is no parameter 'Scope' here. Ask with ?scope= alone."),
    ("?scope[]=groups", "There is no parameter 'scope[]' here. Ask with ?scope= alone."),
    ("?scope=groups&page=2", "There is no parameter 'page' here. Ask with ?scope= alone."),
    ("?scope=groups&scope=groups", "A parameter is repeated."),
    ("?scope=+", "The scope is malformed. Separate scopes by a space."),
    ("?scope=groups,sms", "The scope is malformed. Separate scopes by a space."),
    ("?scope=groups%3Bsms", "The scope is malformed. Separate scopes by a space."),
    ("?scope=%22", "The scope is malformed. Separate scopes by a space."),
    ("?scope=a%5cb", "The scope is malformed. Separate scopes by a space."),
    ("?scope=%00", "A parameter holds a control character."),
    ("?scope=%ff", "The parameters are not form-encoded UTF-8."),
    ("?scope=é", "The parameters are not form-encoded UTF-8."),
]


@pytest.mark.parametrize(("query", "why"), ASKED_WRONGLY)
def test_a_gateway_that_asks_wrongly_gets_no_yes_and_its_operator_a_line_in_the_log(
    client: Client,
    token: str,
    key: str,
    query: str,
    why: str,
    caplog: pytest.LogCaptureFixture,
    new_minute: None,
) -> None:
    for response in (
        bearer(client, token, f"/oauth/verify{query}"),
        by_key(client, key, f"/oauth/verify{query}"),
        client.get(f"/oauth/verify{query}"),
    ):
        assert response.status_code == 400
        assert body_of(response)["error_description"] == why
        assert body_of(response)["error"] in ("invalid_request", "invalid_scope")
    lines = [record.getMessage() for record in caplog.records if record.name == "applications.oauth.verify"]
    assert lines == [f"a gateway asks /oauth/verify wrongly: {why}"]


# --- Addresses ---


def test_the_address_has_to_be_allowed(client: Client, program: Program, token: str, key: str) -> None:
    restrict(program.application)
    assert refused(bearer(client, token)) == DENIED
    assert bearer(client, token, REMOTE_ADDR="198.51.100.9").status_code == 200
    account = program.application.account
    account.allowlist = "198.51.100.0/24 2001:db8::/32"
    account.save(update_fields=["allowlist"])
    assert refused(by_key(client, key)) == DENIED
    assert by_key(client, key, REMOTE_ADDR="2001:db8::9").status_code == 200


def test_the_address_behind_a_gateway_is_the_right_most_that_is_not_trusted(
    client: Client, program: Program, token: str, settings: Settings
) -> None:
    restrict(program.application)

    def status(forwarded: str, peer: str = "10.0.0.1") -> int:
        return bearer(client, token, REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded).status_code

    assert status("198.51.100.9") == 403
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert status("198.51.100.9") == 200
    assert status("203.0.113.1, 198.51.100.9, 10.0.0.2") == 200
    assert status("198.51.100.9, 203.0.113.1") == 403
    assert status("198.51.100.9", peer="192.0.2.1") == 403


# --- What is kept ---


def test_why_a_token_was_refused_is_found_by_the_request_id(
    client: Client, program: Program, token: str
) -> None:
    scope = bearer(client, token, "/oauth/verify?scope=viber+groups+numbers", REMOTE_ADDR="203.0.113.7")
    restrict(program.application)
    address = bearer(client, token, REMOTE_ADDR="203.0.113.8")
    usage.flush()
    kept = {refusal.request_id: refusal for refusal in Refusal.objects.all()}
    assert kept.keys() == {scope["X-Request-Id"], address["X-Request-Id"]}
    of_scope = kept[scope["X-Request-Id"]]
    assert (of_scope.reason, of_scope.detail, of_scope.ip) == ("scope", "viber numbers", "203.0.113.7")
    of_address = kept[address["X-Request-Id"]]
    assert (of_address.reason, of_address.ip) == ("address", "203.0.113.8")


def test_a_check_is_one_statement(client: Client, token: str, key: str) -> None:
    for ask, credential in ((bearer, token), (by_key, key)):
        ask(client, credential)  # notes the use, once a minute
        for value in (credential, new_credential()):
            with CaptureQueriesContext(connection) as queries:
                ask(client, value)
            assert len(queries) == 1


def test_last_used_is_written_with_the_address_once_a_minute(client: Client, token: str, key: str) -> None:
    def used() -> list[tuple[object, object]]:
        rows = (AccessToken.objects.get(), APIKey.objects.get())
        return [(row.last_used_at, row.last_used_ip) for row in rows]

    def use(address: str) -> None:
        bearer(client, token, REMOTE_ADDR=address)
        by_key(client, key, REMOTE_ADDR=address)

    use("203.0.113.1")
    first = used()
    assert [ip for _at, ip in first] == ["203.0.113.1"] * 2
    use("203.0.113.2")
    assert used() == first
    with time_machine.travel(now() + timedelta(seconds=61)):
        use("203.0.113.3")
    assert [ip for _at, ip in used()] == ["203.0.113.3"] * 2


def test_accounts_are_told_apart(client: Client, program: Program, key: str) -> None:
    other = make_account("Else", "else@else.example")
    theirs = create_api_key(account=other, name=Name(""), scopes=None, actor=OPERATOR)[1]
    assert by_key(client, theirs)["X-Account-Id"] == str(other.pk)
    assert by_key(client, key)["X-Account-Id"] == str(program.application.account_id)
