"""GET /account, the protected resource: RFC 6750, and that every revocation is seen at the next request."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.models import AccessToken, Scope
from applications.models.applications import Lifetime
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application, update_application
from applications.operations.scopes import retire_scope
from applications.operations.secrets import reset_secret
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from tests.oauth.conftest import GRANT, Program, RequestToken


class Holder:
    """A client with a token in hand."""

    def __init__(
        self, client: Client, request_token: RequestToken, program: Program, body: str = GRANT
    ) -> None:
        self.client, self.program = client, program
        self.token = json.loads(request_token(body, program.basic).content)["access_token"]

    def call(self, **headers: str) -> tuple[int, str]:
        """Status, and the challenge of the answer."""
        response = self.client.get("/account", headers={"Authorization": f"Bearer {self.token}"}, **headers)  # type: ignore[arg-type]
        return response.status_code, response.get("WWW-Authenticate", "")


@pytest.fixture
def holder(client: Client, request_token: RequestToken, program: Program) -> Holder:
    made = Holder(client, request_token, program)
    assert made.call() == (200, "")
    return made


INVALID = (401, 'Bearer realm="Latchkey", error="invalid_token"')
INSUFFICIENT = (403, 'Bearer realm="Latchkey", error="insufficient_scope", scope="account"')


def change_scopes(program: Program, names: str) -> None:
    update_application(
        application=program.application,
        name=Name(""),
        lifetime=Lifetime.DAY,
        scopes=Scope.objects.filter(name__in=names.split()),
        actor=OPERATOR,
    )


def test_who_am_i(holder: Holder, program: Program, client: Client) -> None:
    response = client.get("/account", headers={"Authorization": f"bearer  {holder.token}"})
    body = response.json()
    assert body["account"]["name"] == "Demo"
    assert body["application"]["applicationId"] == program.application.application_id
    assert body["scopes"] == "sms groups account"
    expires = AccessToken.objects.get().expires_at
    assert expires is not None
    assert body["expiresAt"] == f"{expires:%Y-%m-%d %H:%M:%S}"
    assert response["Cache-Control"] == "no-store"


def test_rfc_6750_section_3_1_without_a_credential_the_challenge_is_bare(client: Client, db: None) -> None:
    response = client.get("/account")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="Latchkey"')
    error = response.json()["error"]
    assert (error["type"], error["uri"]) == ("invalid_credentials", "/account")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer x", "Basic x", "Bearer " + "A" * 40, "Bearer " + "a" * 41, "Bearer é", "Bearer a b"],
)
def test_what_is_no_token_is_invalid(client: Client, db: None, header: str) -> None:
    response = client.get("/account", headers={"Authorization": header})
    assert (response.status_code, response["WWW-Authenticate"]) == INVALID


def test_an_unknown_token_is_invalid(client: Client, db: None) -> None:
    response = client.get("/account", headers={"Authorization": f"Bearer {new_credential()}"})
    assert (response.status_code, response["WWW-Authenticate"]) == INVALID


def test_a_token_in_the_query_or_body_is_not_read(holder: Holder, client: Client) -> None:
    assert client.get(f"/account?access_token={holder.token}").status_code == 401


def test_revoke_one(holder: Holder) -> None:
    revoke_token(token=AccessToken.objects.get(), actor=OPERATOR)
    assert holder.call() == INVALID


def test_revoke_all_kills_those_before_and_not_those_after(
    holder: Holder, program: Program, client: Client, request_token: RequestToken
) -> None:
    revoke_all_tokens(application=program.application, actor=OPERATOR)
    assert holder.call() == INVALID
    assert Holder(client, request_token, program).call() == (200, "")


def test_revoke_all_takes_the_same_statements_for_many(program: Program, request_token: RequestToken) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            revoke_all_tokens(application=program.application, actor=OPERATOR)
        assert "applications_accesstoken" not in str(queries.captured_queries)
        return len(queries)

    none = statements()
    for _number in range(20):
        request_token(GRANT, program.basic)
    assert statements() == none


def test_disable_and_enable(holder: Holder, program: Program) -> None:
    switch_application(application=program.application, enabled=False, actor=OPERATOR)
    assert holder.call() == INVALID
    switch_application(application=program.application, enabled=True, actor=OPERATOR)
    assert holder.call() == (200, "")


def test_delete(holder: Holder, program: Program) -> None:
    delete_application(application=program.application, actor=OPERATOR)
    assert holder.call() == INVALID


def test_a_scope_taken_away_is_gone_from_tokens_at_once(holder: Holder, program: Program) -> None:
    change_scopes(program, "sms groups")
    assert holder.call() == INSUFFICIENT


def test_a_scope_added_later_does_not_reach_a_token(
    client: Client, request_token: RequestToken, program: Program
) -> None:
    change_scopes(program, "sms groups")
    earlier = Holder(client, request_token, program)
    change_scopes(program, "sms groups account")
    assert earlier.call() == INSUFFICIENT
    assert Holder(client, request_token, program).call() == (200, "")


def test_a_scope_taken_away_and_given_back_stays_away_from_older_tokens(
    holder: Holder, program: Program
) -> None:
    change_scopes(program, "sms groups")
    change_scopes(program, "sms groups account")
    assert holder.call() == INSUFFICIENT


def test_a_scope_the_operator_retires_is_gone(
    holder: Holder, program: Program, request_token: RequestToken
) -> None:
    retire_scope(scope=Scope.objects.get(name="account"), actor=OPERATOR)
    assert holder.call() == INSUFFICIENT
    assert json.loads(request_token(GRANT, program.basic).content)["scope"] == "sms groups"


def test_a_token_without_the_scope(client: Client, request_token: RequestToken, program: Program) -> None:
    assert Holder(client, request_token, program, f"{GRANT}&scope=sms").call() == INSUFFICIENT


def test_a_reset_with_revocation(holder: Holder, program: Program, request_token: RequestToken) -> None:
    reset_secret(application=program.application, overlap=Overlap.NOW, revoke_tokens=True, actor=OPERATOR)
    assert holder.call() == INVALID
    assert request_token(GRANT, program.basic).status_code == 401


def test_a_reset_alone_leaves_tokens(holder: Holder, program: Program) -> None:
    reset_secret(application=program.application, overlap=Overlap.NOW, actor=OPERATOR)
    assert holder.call() == (200, "")


def test_expiry(holder: Holder) -> None:
    with time_machine.travel(now() + timedelta(seconds=86390)):
        assert holder.call() == (200, "")
    with time_machine.travel(now() + timedelta(seconds=86401)):
        assert holder.call() == INVALID


def test_an_address_outside_the_allowlist_is_denied_at_use(holder: Holder, program: Program) -> None:
    program.application.allowlist = "|198.51.100.0/24"
    program.application.save(update_fields=["allowlist"])
    assert holder.call() == (403, "")
    assert holder.call(REMOTE_ADDR="198.51.100.4") == (200, "")


def test_a_check_is_one_statement_and_last_used_is_written_once_a_minute(holder: Holder) -> None:
    token = AccessToken.objects.get()
    assert token.last_used_at is not None
    assert token.last_used_ip == "127.0.0.1"
    with CaptureQueriesContext(connection) as queries:
        assert holder.call() == (200, "")
    assert len(queries) == 1
    with time_machine.travel(now() + timedelta(seconds=61)):
        holder.call()
        moved = AccessToken.objects.get().last_used_at
    assert moved is not None
    assert moved - token.last_used_at > timedelta(minutes=1)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_other_methods(holder: Holder, client: Client, method: str) -> None:
    headers = {"Authorization": f"Bearer {holder.token}"}
    response = getattr(client, method)("/account", headers=headers)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response.json()["error"]["type"] == "method_not_allowed"
