"""POST /oauth/revoke: RFC 7009, and that a revocation holds before it is answered (security.md 2)."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils.timezone import now

from applications.models import AccessToken, AuditEvent
from applications.models.audit import Action, ActorKind
from applications.rules.credentials import new_credential
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import Program, Server, basic
from tests.oauth.edge import body_of, comparable, post, restrict


def revocations() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=Action.TOKEN_REVOKED))


def works(client: Client, token: str) -> bool:
    statuses = {
        client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code
        for path in ("/account", "/oauth/verify?scope=account")
    }
    assert statuses in ({200}, {401})
    return statuses == {200}


def test_section_2_a_revoked_token_is_dead_at_the_very_next_request(
    client: Client, program: Program, token: str, server: Server
) -> None:
    assert works(client, token)
    response = post(client, "/oauth/revoke", program.basic, token=token)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert not works(client, token)
    assert body_of(post(client, "/oauth/introspect", server.basic, token=token)) == {"active": False}


def test_who_revoked_which_token_is_in_the_audit_log(client: Client, program: Program, token: str) -> None:
    response = post(client, "/oauth/revoke", program.basic, "203.0.113.9", token=token)
    (row,) = revocations()
    assert (row.actor_kind, row.actor) == (ActorKind.APPLICATION, program.application.application_id)
    assert (row.ip, row.request_id) == ("203.0.113.9", response["X-Request-Id"])
    assert (row.application_id, row.details) == (program.application.application_id, {"token": token[-4:]})


def test_section_2_2_what_is_not_ones_own_gets_the_same_200_and_stays(
    client: Client, program: Program, token: str
) -> None:
    sister = make_application(program.application.account)[0]
    stranger = make_application(make_account("Else", "else@else.example"))[0]
    theirs = [new_credential(), new_credential()]
    for application, value in zip((sister, stranger), theirs, strict=True):
        make_token(application, value)
    unknown = comparable(post(client, "/oauth/revoke", program.basic, token=new_credential()))
    assert unknown[0] == 200
    for value in [*theirs, "x", "é", program.secret]:
        assert comparable(post(client, "/oauth/revoke", program.basic, token=value)) == unknown
    assert revocations() == []
    assert AccessToken.objects.live().count() == 3
    assert comparable(post(client, "/oauth/revoke", program.basic, token=token)) == unknown
    assert AccessToken.objects.live().count() == 2


def test_twice_is_once(client: Client, program: Program, token: str) -> None:
    for _time in range(2):
        assert post(client, "/oauth/revoke", program.basic, token=token).status_code == 200
    assert len(revocations()) == 1


def test_one_that_has_expired(client: Client, program: Program) -> None:
    value = new_credential()
    make_token(program.application, value, issued_at=now() - timedelta(days=2))
    assert post(client, "/oauth/revoke", program.basic, token=value).status_code == 200
    assert revocations() == []


def test_a_hint_does_not_keep_a_token_from_being_found(client: Client, program: Program, token: str) -> None:
    post(client, "/oauth/revoke", program.basic, token=token, token_type_hint="refresh_token")
    assert not works(client, token)


def test_who_may_not_revoke(client: Client, program: Program, token: str, server: Server) -> None:
    unknown = comparable(
        post(client, "/oauth/revoke", basic(new_credential(), new_credential()), token=token)
    )
    assert unknown[0] == 401
    client_id = program.application.application_id
    for authorization in (None, server.basic, basic(client_id, new_credential()), f"Bearer {token}"):
        assert comparable(post(client, "/oauth/revoke", authorization, token=token)) == unknown
    restrict(program.application)
    assert comparable(post(client, "/oauth/revoke", program.basic, token=token)) == unknown
    assert post(client, "/oauth/revoke", program.basic, "198.51.100.4", token=token).status_code == 200


def test_the_body_may_hold_the_client_too(client: Client, program: Program, token: str) -> None:
    mine = {"client_id": program.application.application_id, "client_secret": program.secret}
    assert post(client, "/oauth/revoke", None, token=token, **mine).status_code == 200
    assert not works(client, token)


def test_the_token_is_required(client: Client, program: Program) -> None:
    response = post(client, "/oauth/revoke", program.basic, token="")
    assert (response.status_code, body_of(response)["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_the_endpoint_takes_post_alone(client: Client, db: None, method: str) -> None:
    response = getattr(client, method)("/oauth/revoke")
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_a_revocation_that_could_not_be_stored_is_not_answered_as_one(
    client: Client, program: Program, token: str
) -> None:
    def store_is_read_only(execute, statement, parameters, many, context):  # type: ignore[no-untyped-def]
        if statement.startswith("UPDATE") and "accesstoken" in statement:
            raise DatabaseError("the disk is full")
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(store_is_read_only):
        response = post(client, "/oauth/revoke", program.basic, token=token)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert works(client, token)
    assert revocations() == []
