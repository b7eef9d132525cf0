"""Making, changing and deleting applications over the API; every change is audited under the name of its client."""

from typing import Any

import pytest
from django.test import Client

from applications.models import (
    AccessToken,
    Account,
    AllowedIP,
    Application,
    ApplicationSecret,
    AuditEvent,
    Scope,
)
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.operations.actors import OPERATOR
from applications.operations.applications import update_application
from applications.operations.changes import change_application
from applications.operations.message_settings import update_message_settings
from applications.rules.credentials import digest, new_credential
from applications.rules.names import Name
from tests.api.conftest import ALL, JSON, Program, bearer, error_of, with_api_key
from tests.factories import make_application, make_token
from tests.oauth.conftest import FORM, GRANT, basic


def path(application: Application, more: str = "") -> str:
    return f"/applications/{application.application_id}{more}"


def latest() -> AuditEvent:
    event = AuditEvent.objects.first()
    assert event is not None
    return event


# --- Create ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [["groups", "sms"], "sms groups", "groups  sms sms "])
def test_create_with_scopes_as_a_list_or_as_words(wanted: object, account: Account) -> None:
    program = with_api_key(account)
    response = program.post("/applications", {"name": "Cron", "tokenExpiration": "never", "scopes": wanted})
    body = response.json()
    assert response.status_code == 201
    made = Application.objects.get(application_id=body["applicationId"])
    assert (made.name, made.lifetime, made.scope) == ("Cron", "never", "sms groups")
    assert ApplicationSecret.objects.filter(
        application=made, digest=digest(body["applicationSecret"])
    ).exists()
    assert (body["name"], body["scopes"], body["tokenExpiration"], body["enabled"]) == (
        "Cron",
        "sms groups",
        "never",
        True,
    )
    assert response["Cache-Control"] == "no-store"
    assert (latest().action, latest().application_id) == ("application:create", made.application_id)


def test_the_created_application_gets_a_token_and_its_secret_is_never_answered_again(
    program: Program,
) -> None:
    made = program.post("/applications", {"scopes": ["sms"]}).json()
    header = basic(made["applicationId"], made["applicationSecret"])
    token = Client().post("/oauth/token", GRANT, FORM, headers={"Authorization": header})
    assert token.json()["expires_in"] == 86400
    later = [program.get(f"/applications/{made['applicationId']}"), program.get("/applications")]
    assert all(made["applicationSecret"] not in response.content.decode() for response in later)


def test_name_and_lifetime_have_defaults(program: Program) -> None:
    body = program.post("/applications", {"scopes": "sms"}).json()
    assert (body["name"], body["tokenExpiration"]) == ("", "1 day")


def test_the_audit_row_names_an_application_or_an_api_key(
    program: Program, application: Application, account: Account
) -> None:
    program.post("/applications", {"scopes": "sms"}, REMOTE_ADDR="198.51.100.7")
    event = latest()
    assert (event.actor_kind, event.actor, event.ip) == (
        ActorKind.APPLICATION,
        application.application_id,
        "198.51.100.7",
    )
    assert len(event.request_id) == 36
    with_api_key(account).post("/applications", {"scopes": "sms"})
    assert latest().actor_kind == ActorKind.API_KEY
    assert latest().actor.startswith("Cron ••••")


SCOPES = "It must be a list of at most 100 strings, or one string of names separated by a space."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "scopes: Choose at least one scope. An application without a scope could do nothing."),
        (
            {"scopes": []},
            "scopes: Choose at least one scope. An application without a scope could do nothing.",
        ),
        (
            {"scopes": " "},
            "scopes: Choose at least one scope. An application without a scope could do nothing.",
        ),
        ({"scopes": ["fax"]}, "scopes: There is no scope “fax”."),
        ({"scopes": ["SMS"]}, "scopes: There is no scope “SMS”."),
        ({"scopes": "sms,groups"}, f"scopes: {SCOPES}"),
        ({"scopes": "sms;groups"}, f"scopes: {SCOPES}"),
        ({"scopes": "sms+groups"}, f"scopes: {SCOPES}"),
        ({"scopes": ["sms,groups"]}, f"scopes: {SCOPES}"),
        ({"scopes": ["sms groups"]}, f"scopes: {SCOPES}"),
        ({"scopes": ["sms", ""]}, f"scopes: {SCOPES}"),
        ({"scope": "sms"}, "scope: It is unknown. Known are name, tokenExpiration, scopes."),
        ({"scopes[]": "sms"}, "scopes[]: It is unknown. Known are name, tokenExpiration, scopes."),
        ({"scopes": "sms\tgroups"}, f"scopes: {SCOPES}"),
        ({"scopes": ["sms"] * 101}, f"scopes: {SCOPES}"),
        ({"scopes": [1]}, f"scopes: {SCOPES}"),
        ({"scopes": {"sms": True}}, f"scopes: {SCOPES}"),
        ({"scopes": "sms", "name": 7}, "name: It must be a string."),
        ({"scopes": "sms", "name": None}, "name: It must be a string."),
        (
            {"scopes": "sms", "name": "x" * 101},
            "name: Ensure this value has at most 100 characters (it has 101).",
        ),
        ({"scopes": "sms", "name": "two\nlines"}, "name: A name is one line, without control characters."),
        ({"scopes": "sms", "name": "\x00"}, "name: It holds a control character."),
        ({"scopes": "sms", "name": "\ud800"}, "name: It holds a control character."),
        (
            {"scopes": "sms", "tokenExpiration": "2 days"},
            "tokenExpiration: Select a valid choice. 2 days is not",
        ),
        ({"scopes": "sms", "tokenExpiration": ""}, "tokenExpiration: This field is required."),
        (
            {"scopes": "sms", "lifetime": "1 day"},
            "lifetime: It is unknown. Known are name, tokenExpiration, scopes.",
        ),
        ({"scopes": "sms", "account": 1}, "account: It is unknown."),
        ({"scopes": "sms", "enabled": False}, "enabled: It is unknown."),
    ],
)
def test_what_cannot_be_created(body: dict[str, object], message: str, program: Program) -> None:
    status, kind, told = error_of(program.post("/applications", body))
    assert (status, kind) == (400, "invalid_param")
    assert told.startswith(message)
    assert Application.objects.count() == 1


# --- Change ------------------------------------------------------------------------------------------


def test_change_leaves_what_is_not_named(program: Program, account: Account) -> None:
    changed = make_application(account, name="Old", scopes="sms groups")[0]
    response = program.patch(path(changed), {"name": "New"})
    body = response.json()
    assert (body["name"], body["scopes"], body["tokenExpiration"], body["enabled"]) == (
        "New",
        "sms groups",
        "1 day",
        True,
    )
    body = (
        with_api_key(account).patch(path(changed), {"scopes": "groups", "tokenExpiration": "1 week"}).json()
    )
    assert (body["name"], body["scopes"], body["tokenExpiration"]) == ("New", "groups", "1 week")
    assert latest().action == "application:change"


def test_a_scope_taken_away_stops_at_the_next_request(program: Program, account: Account) -> None:
    changed = make_application(account, scopes="sms account")[0]
    holder = bearer(changed)
    assert holder.get("/account").status_code == 200
    program.patch(path(changed), {"scopes": ["sms"]})
    assert holder.get("/account").status_code == 403


def test_disable_and_enable(program: Program, account: Account) -> None:
    changed = make_application(account, scopes="account")[0]
    holder = bearer(changed)
    assert program.patch(path(changed), {"enabled": False}).json()["enabled"] is False
    assert latest().action == "application:disable"
    assert holder.get("/account").status_code == 401
    assert program.patch(path(changed), {"enabled": True}).json()["enabled"] is True
    assert holder.get("/account").status_code == 200


def test_a_change_is_whole_or_not_at_all(program: Program, account: Account) -> None:
    changed = make_application(account, name="Old", scopes="sms")[0]
    rows = AuditEvent.objects.count()
    assert program.patch(path(changed), {"name": "New", "enabled": False, "scopes": []}).status_code == 400
    changed.refresh_from_db()
    assert (changed.name, changed.is_enabled, AuditEvent.objects.count()) == ("Old", True, rows)


def test_changing_nothing_writes_nothing(program: Program, application: Application) -> None:
    rows = AuditEvent.objects.count()
    for body in ({"name": "Back office"}, {"enabled": True}):
        assert program.patch(path(application), body).status_code == 200
    assert AuditEvent.objects.count() == rows


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, account: Account) -> Application:
    """An application that another admin changes between the reading of a PATCH and its writing."""
    changed = make_application(account, name="Old", scopes="sms")[0]

    def change(**arguments: Any) -> Application:
        scopes = Scope.objects.filter(name="sms")
        update_application(
            application=changed, name=Name("Theirs"), lifetime=Lifetime.DAY, scopes=scopes, actor=OPERATOR
        )
        update_message_settings(application=changed, changes={"otp_ttl": 90}, actor=OPERATOR)
        return change_application(**arguments)

    monkeypatch.setattr("applications.api.applications.change_application", change)
    return changed


def test_what_is_left_out_stays_as_others_set_it_meanwhile(program: Program, meanwhile: Application) -> None:
    body = program.patch(
        path(meanwhile), {"enabled": False, "settings": {"sms": {"enforceOriginator": "Shop"}}}
    ).json()
    assert (body["name"], body["enabled"]) == ("Theirs", False)
    assert body["settings"]["otp"]["ttl"] == 90
    assert body["settings"]["sms"]["enforceOriginator"] == "Shop"
    body = program.patch(path(meanwhile), {"tokenExpiration": "1 day"}).json()
    assert body["name"] == "Theirs"


def test_a_channel_that_somebody_else_changed_meanwhile_is_a_conflict(
    program: Program, meanwhile: Application
) -> None:
    sent = {"name": "Mine", "settings": {"otp": {"pinLength": 6}}}
    assert error_of(program.patch(path(meanwhile), sent))[:2] == (409, "conflict")
    meanwhile.refresh_from_db()
    assert meanwhile.name == "Theirs", "nothing of it was stored"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "The body is empty."),
        ("{}", "The body changes nothing."),
        ('{"settings": {}}', "The body changes nothing."),
        ('{"settings": {"sms": {"quietHours": {}}, "viber": {}}}', "The body changes nothing."),
    ],
)
def test_a_change_that_says_nothing_is_refused(
    body: str, message: str, program: Program, application: Application
) -> None:
    status, kind, told = error_of(program.patch(path(application), body))
    assert (status, kind) == (400, "invalid_param")
    assert told.startswith(message)


@pytest.mark.parametrize("tail", ["/secret", "/allowed-ips"])
@pytest.mark.parametrize("content_type", ["", JSON])
def test_an_empty_body_is_never_nothing_to_do(
    tail: str, content_type: str, program: Program, application: Application
) -> None:
    rows = AuditEvent.objects.count()
    refused = error_of(program.post(path(application, tail), "", content_type))
    assert refused[:2] == (400, "invalid_param")
    assert refused[2].startswith("The body is empty. Send a JSON object with ")
    assert AuditEvent.objects.count() == rows


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"enabled": "false"}, "enabled: It must be true or false."),
        ({"enabled": 0}, "enabled: It must be true or false."),
        ({"name": ["x"]}, "name: It must be a string."),
        ({"applicationId": "0" * 40}, "applicationId: It is unknown."),
    ],
)
def test_what_cannot_be_changed(
    body: dict[str, object], message: str, program: Program, application: Application
) -> None:
    status, kind, told = error_of(program.patch(path(application), body))
    assert (status, kind) == (400, "invalid_param")
    assert told.startswith(message)


# --- Delete, secret, tokens ---------------------------------------------------------------------------


def test_delete(program: Program, account: Account) -> None:
    doomed = make_application(account, scopes="account")[0]
    holder = bearer(doomed)
    response = program.delete(path(doomed))
    assert (response.status_code, response.content) == (204, b"")
    assert not {"Content-Type", "Content-Length"} & set(response.headers)
    assert error_of(program.get(path(doomed)))[0] == 404
    assert error_of(program.delete(path(doomed)))[0] == 404
    assert holder.get("/account").status_code == 401


@pytest.mark.parametrize(
    ("body", "works"),
    [({}, False), ({"overlap": "now"}, False), ({"overlap": "24 hours"}, True)],
)
def test_reset_secret(body: object, works: bool, program: Program, account: Account) -> None:
    target, old = make_application(account, scopes="sms")
    answer = program.post(path(target, "/secret"), body)
    new = answer.json()
    assert (answer.status_code, new["applicationId"]) == (200, target.application_id)
    assert answer["Cache-Control"] == "no-store"
    assert latest().action == "secret:reset"

    def accepted(secret: str) -> bool:
        headers = {"Authorization": basic(target.application_id, secret)}
        return Client().post("/oauth/token", GRANT, FORM, headers=headers).status_code == 200

    assert accepted(new["applicationSecret"])
    assert accepted(old) is works
    assert len(new["oldSecretStopsAt"]) == 19


def test_reset_can_revoke_the_tokens(program: Program, account: Account) -> None:
    target = make_application(account, scopes="account")[0]
    holder = bearer(target)
    program.post(path(target, "/secret"), {"overlap": "1 hour"})
    assert holder.get("/account").status_code == 200
    program.post(path(target, "/secret"), {"overlap": "1 hour", "revokeTokens": True, "endOlder": True})
    assert holder.get("/account").status_code == 401


def test_a_second_reset_stops_an_older_secret_only_when_told(program: Program, account: Account) -> None:
    target = make_application(account, scopes="account")[0]
    first, address = target.secrets.get(), path(target, "/secret")
    end = program.post(address, {"overlap": "7 days"}).json()["oldSecretStopsAt"]
    rows = AuditEvent.objects.count()
    message = (
        f"An older secret, ending in {first.hint}, works until {end} UTC (it was never used). A reset would stop it"
        ' now. Send "endOlder": true if it may stop.'
    )
    for body in ({}, {"overlap": "1 hour"}, {"overlap": "now", "endOlder": False}):
        assert error_of(program.post(address, body)) == (409, "conflict", message)
    assert AuditEvent.objects.count() == rows
    assert first in target.secrets.working()
    assert program.post(address, {"overlap": "1 hour", "endOlder": True}).status_code == 200
    assert first not in target.secrets.working()
    assert target.secrets.working().count() == 2
    assert (
        program.post(
            path(make_application(account, scopes="sms")[0], "/secret"), {"endOlder": True}
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"overlap": "2 days"}, "overlap: Select a valid choice."),
        ({"overlap": None}, "overlap: It must be a string."),
        ({"revokeTokens": "yes"}, "revokeTokens: It must be true or false."),
        ({"endOlder": "yes"}, "endOlder: It must be true or false."),
        ({"current": 1}, "current: It is unknown. Known are overlap, revokeTokens, endOlder."),
    ],
)
def test_what_cannot_be_reset(
    body: dict[str, object], message: str, program: Program, application: Application
) -> None:
    status, kind, told = error_of(program.post(path(application, "/secret"), body))
    assert (status, kind) == (400, "invalid_param")
    assert told.startswith(message)
    assert ApplicationSecret.objects.count() == 1


def test_revoke_all_tokens(program: Program, account: Account) -> None:
    target = make_application(account, scopes="account")[0]
    holder = bearer(target)
    response = program.post(path(target, "/tokens/revoke"))
    assert response.status_code == 204
    assert holder.get("/account").status_code == 401
    assert latest().action == "tokens:revoke"
    told = error_of(program.post(path(target, "/tokens/revoke"), {"hint": "abcd"}))[2]
    assert told == "hint: It is unknown: nothing is sent here."


# --- Allowed IPs -------------------------------------------------------------------------------------


def test_allowed_ips_of_an_application(program: Program, account: Account) -> None:
    target = make_application(account, scopes="account")[0]
    holder, lines = bearer(target), path(target, "/allowed-ips")
    assert program.get(lines).json() == {"data": []}
    assert holder.get("/account", REMOTE_ADDR="203.0.113.9").status_code == 200
    response = program.post(lines, {"network": "198.51.100.0/24", "note": "Shop"})
    line = response.json()
    assert (response.status_code, line["network"], line["note"]) == (201, "198.51.100.0/24", "Shop")
    assert program.post(lines, {"network": "2001:db8::1"}).json()["network"] == "2001:db8::1"
    assert program.get(lines).json()["data"][0] == line
    assert error_of(holder.get("/account", REMOTE_ADDR="203.0.113.9"))[:2] == (403, "access_denied")
    assert holder.get("/account", REMOTE_ADDR="198.51.100.9").status_code == 200
    for network in ("198.51.100.0%2F24", "2001:db8::1"):
        assert program.delete(f"{lines}?network={network}").status_code == 204
    assert holder.get("/account", REMOTE_ADDR="203.0.113.9").status_code == 200
    assert latest().action == "allowed_ips:change"


def test_allowed_ips_of_the_account(program: Program, account: Account) -> None:
    lines = "/account/allowed-ips"
    assert program.post(lines, {"network": "127.0.0.0/8"}).status_code == 201
    assert [line["network"] for line in program.get(lines).json()["data"]] == ["127.0.0.0/8"]
    assert error_of(program.get(lines, REMOTE_ADDR="203.0.113.9"))[:2] == (403, "access_denied")
    assert program.post(lines, {"network": "127.0.0.1"}).status_code == 201, (
        "a part of what is allowed already"
    )
    assert program.delete(f"{lines}?network=127.0.0.0/8").status_code == 204
    assert [line["network"] for line in program.get(lines).json()["data"]] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "network: Write an address or a network."),
        ({"network": "198.51.100.1/24"}, "network: 198.51.100.1/24 has bits behind its prefix."),
        ({"network": "fe80::1%eth0"}, "network: “fe80::1%eth0” has a zone id"),
        ({"network": 7}, "network: It must be a string."),
        ({"network": "192.0.2.1", "note": "x" * 101}, "note: Ensure this value has at most 100 characters"),
        ({"network": "192.0.2.1", "note": "a\nb"}, "note: A note is one line, without control characters."),
        ({"ip": "192.0.2.1"}, "ip: It is unknown. Known are network, note."),
    ],
)
def test_what_cannot_be_allowed(
    body: dict[str, object], message: str, program: Program, application: Application
) -> None:
    for lines in ("/account/allowed-ips", path(application, "/allowed-ips")):
        status, kind, told = error_of(program.post(lines, body))
        assert (status, kind) == (400, "invalid_param")
        assert told.startswith(message)


def test_a_line_twice_and_a_line_that_is_not_there(program: Program, application: Application) -> None:
    lines = path(application, "/allowed-ips")
    assert program.post(lines, {"network": "127.0.0.1"}).status_code == 201
    told = error_of(program.post(lines, {"network": "127.0.0.1/32"}))
    assert told == (400, "invalid_param", "network: 127.0.0.1 is on the list already.")
    assert error_of(program.delete(f"{lines}?network=192.0.2.1"))[:2] == (404, "not_found")
    for query in ("", "?network=127.0.0.1&network=127.0.0.1", "?network=", "?network=%00", "?network=%ff"):
        assert error_of(program.delete(lines + query))[:2] == (400, "invalid_param")
    assert AllowedIP.objects.count() == 1


# --- Whose it is --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "more", "body"),
    [
        ("PATCH", "", {"name": "Mine now"}),
        ("DELETE", "", ""),
        ("POST", "/secret", {}),
        ("POST", "/tokens/revoke", {}),
        ("POST", "/allowed-ips", {"network": "192.0.2.1"}),
        ("DELETE", "/allowed-ips?network=192.0.2.1", ""),
        ("GET", "/allowed-ips", ""),
    ],
)
def test_a_stranger_reaches_nothing(
    method: str, more: str, body: object, stranger: Program, application: Application
) -> None:
    rows = AuditEvent.objects.count()
    answers = [
        stranger.send(method, f"/applications/{client_id}{more}", body)
        for client_id in (application.application_id, new_credential())
    ]
    told = [error_of(answer) for answer in answers]
    assert told[0] == told[1]
    assert told[0][:2] == (404, "not_found")
    assert AuditEvent.objects.count() == rows


# --- No credential widens itself (security.md 18) -----------------------------------------------------


def test_no_scope_is_granted_that_the_credential_does_not_hold(
    application: Application, account: Account
) -> None:
    for program in (bearer(application, "applications sms"), with_api_key(account, "applications sms")):
        refused = program.post("/applications", {"scopes": "sms groups"})
        assert error_of(refused) == (
            403,
            "access_denied",
            "This takes a credential that has the scope groups itself.",
        )
        assert program.post("/applications", {"scopes": "sms"}).status_code == 201


def test_an_application_cannot_widen_itself(account: Account) -> None:
    own = make_application(account, scopes="applications sms")[0]
    program = bearer(own)
    refused = program.patch(path(own), {"scopes": "applications sms groups"})
    assert error_of(refused)[:2] == (403, "access_denied")
    own.refresh_from_db()
    assert own.scope == "sms applications"


def test_a_narrow_token_of_a_wide_application_gets_no_more(application: Application) -> None:
    """The application holds every scope, its token was asked for with one."""
    narrow, rows = bearer(application, "applications"), AuditEvent.objects.count()
    for refused in (
        narrow.post(path(application, "/secret"), {}),
        narrow.patch(path(application), {"tokenExpiration": "never"}),
        narrow.patch(path(application), {"enabled": True}),
        narrow.post(path(application, "/allowed-ips"), {"network": "203.0.113.9"}),
        narrow.delete(path(application, "/allowed-ips?network=203.0.113.9")),
    ):
        assert error_of(refused)[:2] == (403, "access_denied")
    assert AuditEvent.objects.count() == rows


def test_the_account_list_takes_every_scope(application: Application) -> None:
    most = bearer(application, " ".join(name for name in ALL.split() if name != "viber"))
    assert error_of(most.post("/account/allowed-ips", {"network": "127.0.0.1"}))[:2] == (403, "access_denied")
    assert error_of(most.delete("/account/allowed-ips?network=127.0.0.1"))[:2] == (403, "access_denied")
    assert most.get("/account/allowed-ips").status_code == 200


def test_taking_power_away_needs_the_scope_alone(application: Application, account: Account) -> None:
    other = make_application(account, scopes="sms groups")[0]
    make_token(other)
    narrow = bearer(application, "applications")
    assert narrow.post(path(other, "/tokens/revoke")).status_code == 204
    assert not AccessToken.objects.filter(application=other).live().exists()
    assert narrow.delete(path(other)).status_code == 204


def test_a_token_that_lost_a_scope_grants_it_no_more(application: Application) -> None:
    program = bearer(application)
    update_application(
        application=application,
        name=Name(""),
        lifetime=Lifetime.DAY,
        scopes=Scope.objects.exclude(name="viber"),
        actor=OPERATOR,
    )
    assert error_of(program.post("/applications", {"scopes": "viber"}))[:2] == (403, "access_denied")
