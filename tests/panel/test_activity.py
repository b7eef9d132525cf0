"""Activity: each reason, recorded by a real request, is explained in words to the account that it belongs to."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from pytest_django import Settings

from applications.models import Account, APIKey, Application, DailyUsage, Refusal, Scope, UnknownCredentials
from applications.models.audit import ActorKind
from applications.models.secrets import Overlap
from applications.models.usage import Reason
from applications.operations import usage
from applications.operations.actors import OPERATOR, Actor
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.operations.applications import delete_application, switch_application
from applications.operations.resource_servers import create_resource_server
from applications.operations.secrets import reset_secret
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.panel import activity
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from config.refusals import refusal
from tests.cast import Cast
from tests.factories import make_application, make_token
from tests.panel.addresses import of
from tests.panel.pages import text

ALICE = Actor(ActorKind.USER, "alice@marlowe.example", "192.0.2.1", "")
FORM = "application/x-www-form-urlencoded"
GRANT = "grant_type=client_credentials"


@dataclass
class Sender:
    """Sends what a client sends, with the credentials of Alice's application."""

    cast: Cast
    token: str
    key: APIKey
    key_value: str

    @property
    def application(self) -> Application:
        return self.cast.application

    @property
    def basic(self) -> str:
        return basic(self.application.application_id, self.cast.secret)

    def ask(self, body: str | dict[str, str] = GRANT, media_type: str = FORM, **headers: Any) -> Any:
        data = body if isinstance(body, str) else urlencode(body)
        return Client().post("/oauth/token", data, content_type=media_type, **headers)

    def verify(self, scope: str = "sms", **headers: Any) -> Any:
        return Client().get(f"/oauth/verify?scope={scope}", **headers)

    def call(self, path: str = "/account", **headers: Any) -> Any:
        return Client().get(path, **headers)

    @property
    def bearer(self) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"Bearer {self.token}"}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


@pytest.fixture
def sender(cast: Cast) -> Sender:
    token = new_credential()
    make_token(cast.application, token)
    scopes = Scope.objects.filter(name="sms")
    key, value = create_api_key(account=cast.account, name=Name("CRM"), scopes=scopes, actor=OPERATOR)
    return Sender(cast, token, key, value)


def old_secret(sender: Sender) -> Any:
    reset_secret(application=sender.application, overlap=Overlap.NOW, actor=ALICE)
    return sender.ask(HTTP_AUTHORIZATION=sender.basic)


def wrong_secret(sender: Sender) -> Any:
    return sender.ask(HTTP_AUTHORIZATION=basic(sender.application.application_id, new_credential()))


def secret_of_another_shape(sender: Sender) -> Any:
    return sender.ask(HTTP_AUTHORIZATION=basic(sender.application.application_id, "guess"))


def disabled_client(sender: Sender) -> Any:
    switch_application(application=sender.application, enabled=False, actor=ALICE)
    return sender.ask(HTTP_AUTHORIZATION=sender.basic)


def disabled_token(sender: Sender) -> Any:
    switch_application(application=sender.application, enabled=False, actor=ALICE)
    return sender.call(**sender.bearer)


def address_of_client(sender: Sender) -> Any:
    allow_another(sender)
    return sender.ask(HTTP_AUTHORIZATION=sender.basic, REMOTE_ADDR="198.51.100.9")


def address_of_token(sender: Sender) -> Any:
    allow_another(sender)
    return sender.verify(**sender.bearer, REMOTE_ADDR="198.51.100.9")


def address_of_key(sender: Sender) -> Any:
    Account.objects.filter(pk=sender.cast.account.pk).update(allowlist="203.0.113.0/24")
    return sender.call(HTTP_X_API_KEY=sender.key_value, REMOTE_ADDR="198.51.100.9")


def allow_another(sender: Sender) -> None:
    Application.objects.filter(pk=sender.application.pk).update(allowlist="|203.0.113.0/24")


def scope_of_client(sender: Sender) -> Any:
    return sender.ask(f"{GRANT}&scope=viber", HTTP_AUTHORIZATION=sender.basic)


def scope_at_verify(sender: Sender) -> Any:
    return sender.verify("viber", **sender.bearer)


def scope_at_the_api(sender: Sender) -> Any:
    return sender.call("/applications", **sender.bearer)


def scope_of_key(sender: Sender) -> Any:
    return sender.verify("viber", HTTP_X_API_KEY=sender.key_value)


def expired_token(sender: Sender) -> Any:
    sender.token = new_credential()
    make_token(sender.application, sender.token, issued_at=now() - timedelta(days=2))
    return sender.call(**sender.bearer)


def revoked_token(sender: Sender) -> Any:
    revoke_token(token=sender.application.tokens.get(), actor=ALICE)
    return sender.verify(**sender.bearer)


def all_tokens_revoked(sender: Sender) -> Any:
    revoke_all_tokens(application=sender.application, actor=ALICE)
    return sender.call(**sender.bearer)


def expired_key(sender: Sender) -> Any:
    APIKey.objects.filter(pk=sender.key.pk).update(
        created_at=now() - timedelta(days=9), expires_at=now() - timedelta(days=1)
    )
    return sender.call(HTTP_X_API_KEY=sender.key_value)


def revoked_key(sender: Sender) -> Any:
    revoke_api_key(api_key=sender.key, actor=ALICE)
    return sender.verify(HTTP_X_API_KEY=sender.key_value)


def deleted(sender: Sender) -> Any:
    delete_application(application=sender.application, actor=ALICE)
    return sender.ask(HTTP_AUTHORIZATION=sender.basic)


def wrong_header(sender: Sender) -> Any:
    return sender.call(HTTP_AUTHENTICATION=f"Bearer {sender.token}")


def no_word_bearer(sender: Sender) -> Any:
    return sender.call(HTTP_AUTHORIZATION=sender.token)


def key_as_token(sender: Sender) -> Any:
    return sender.verify(HTTP_AUTHORIZATION=f"Bearer {sender.key_value}")


def key_in_the_address(sender: Sender) -> Any:
    return sender.call(f"/account?api_key={sender.key_value}")


def secret_in_another_header(sender: Sender) -> Any:
    return sender.ask(HTTP_X_AUTHORIZATION=sender.basic)


def json_body(sender: Sender) -> Any:
    body = {"client_id": sender.application.application_id, "client_secret": sender.cast.secret}
    return sender.ask(json.dumps(body), "application/json")


def no_grant_type(sender: Sender) -> Any:
    return sender.ask({"client_id": sender.application.application_id, "client_secret": sender.cast.secret})


def inactive_at_introspection(sender: Sender) -> Any:
    server, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    revoke_token(token=sender.application.tokens.get(), actor=ALICE)
    body = f"token={sender.token}&client_ip=198.51.100.9"
    return Client().post(
        "/oauth/introspect", body, content_type=FORM, HTTP_AUTHORIZATION=basic(server.server_id, secret)
    )


BY_ALICE = "by Alice Marlowe (owner)"
REASONS: list[tuple[Callable[[Sender], Any], int, str, list[str]]] = [
    (old_secret, 401, "old_secret", ["The secret ending in {secret} was replaced", "It was replaced on", BY_ALICE]),
    (wrong_secret, 401, "wrong_secret", ["The secret is not one of this application"]),
    (secret_of_another_shape, 401, "malformed", ["without a secret of 40 hexadecimal characters"]),
    (disabled_client, 401, "disabled", ["Order notifications was disabled", "It was disabled on", BY_ALICE]),
    (disabled_token, 401, "disabled", ["Order notifications was disabled", "It was disabled on", BY_ALICE]),
    (address_of_client, 401, "address", ["198.51.100.9 is not on the list of allowed IPs of this application"]),
    (address_of_token, 403, "address", ["198.51.100.9 is not on the list", "403 access_denied"]),
    (address_of_key, 403, "address", ["198.51.100.9 is not on the list of allowed IPs of this account", "CRM"]),
    (scope_of_client, 400, "scope", ["Scope viber is not granted", "400 invalid_scope"]),
    (scope_at_verify, 403, "scope", ["Scope viber is not granted", "GET /oauth/verify"]),
    (scope_at_the_api, 403, "scope", ["Scope applications is not granted", "GET /applications"]),
    (scope_of_key, 403, "scope", ["Scope viber is not granted", "make a new API key with this scope"]),
    (expired_token, 401, "expired", ["The token ending in {token} had expired", "401 invalid_credentials"]),
    (revoked_token, 401, "revoked", ["The token ending in {token} was revoked", "It was revoked on", BY_ALICE]),
    (all_tokens_revoked, 401, "revoked", ["The token ending in {token} was revoked", BY_ALICE]),
    (expired_key, 401, "key_expired", ["The API key ending in {key} had expired", "CRM ••••{key} worked until"]),
    (revoked_key, 401, "key_revoked", ["The API key ending in {key} was revoked", "It was revoked on", BY_ALICE]),
    (deleted, 401, "deleted", ["The client sends the ID of Order notifications. This application was deleted on"]),
    (wrong_header, 401, "header", ["The header was Authentication, not Authorization"]),
    (no_word_bearer, 401, "header", ["The header Authorization had no word Bearer"]),
    (key_as_token, 401, "header", ["The header was Authorization, not X-API-KEY"]),
    (key_in_the_address, 401, "header", ["The credential was in the address", "?api_key"]),
    (secret_in_another_header, 401, "header", ["The header was X-Authorization, not Authorization"]),
    (json_body, 415, "body", ["The body was JSON; send a form", "send a form, with the header Content-Type"]),
    (no_grant_type, 400, "malformed", ["The client was told: grant_type is missing."]),
    (inactive_at_introspection, 200, "revoked", ["The token ending in {token} was revoked", "198.51.100.9"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("refused", "status", "reason", "words"), REASONS, ids=[case[0].__name__ for case in REASONS]
)
def test_the_answers_request_id_finds_the_reason_in_words(
    alice: Client,
    charlie: Client,
    sender: Sender,
    refused: Callable[[Sender], Any],
    status: int,
    reason: str,
    words: list[str],
) -> None:
    response = refused(sender)
    assert response.status_code == status
    usage.flush()
    kept = Refusal.objects.get()
    assert (kept.account, kept.reason, kept.request_id) == (
        sender.cast.account, reason, response["X-Request-Id"],
    )  # fmt: skip
    assert kept.credential
    assert (kept.status, bool(kept.method), bool(kept.path)) == (status, True, True)
    if kept.application:
        assert DailyUsage.objects.get(kind=reason).count == 1
    page = text(alice.get(look_up(sender.cast.account, kept.request_id)))
    hints = {"secret": sender.cast.secret[-4:], "token": sender.token[-4:], "key": sender.key_value[-4:]}
    for expected in words:
        assert expected.format(**hints) in page
    for value in (sender.cast.secret, sender.token, sender.key_value):
        assert value not in page
        assert value not in str(Refusal.objects.values().get())
    foreign = text(charlie.get(look_up(sender.cast.elsewhere, kept.request_id)))
    unknown = "00000000-0000-4000-8000-000000000000"
    nobodys = text(charlie.get(look_up(sender.cast.elsewhere, unknown)))
    assert without_token(foreign.replace(kept.request_id, unknown)) == without_token(nobodys)
    assert "This request was not found" in nobodys


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/oauth/verify?scope=sms&scope=sms", Reason.MALFORMED), ("/applications", Reason.SCOPE)],
)
def test_a_token_that_ends_right_after_the_answer_is_not_its_reason(
    sender: Sender, path: str, reason: Reason
) -> None:
    answer = sender.call(path, **sender.bearer)
    assert answer.status_code in (400, 403)
    revoke_token(token=sender.application.tokens.get(), actor=ALICE)
    usage.flush(everything=True)
    assert [row.reason for row in Refusal.objects.filter(request_id=answer["X-Request-Id"])] == [reason]


def look_up(account: Account, request_id: str) -> str:
    return f"/panel/{account.pk}/activity/?request={request_id}"


def without_token(page: str) -> str:
    """A page without what differs at each view of it."""
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


def test_a_reached_rate_limit_is_kept(alice: Client, sender: Sender, settings: Settings) -> None:
    settings.RATE_LIMIT = 1
    make_token(sender.application, sender.token[::-1], scope="account")
    headers = {"HTTP_AUTHORIZATION": f"Bearer {sender.token[::-1]}"}
    with time_machine.travel(now(), tick=False):
        sender.call("/scopes", **headers)
        response = sender.call("/scopes", **headers)
    assert response.status_code == 429
    usage.flush()
    kept = Refusal.objects.get(request_id=response["X-Request-Id"])
    assert (kept.reason, kept.status) == ("rate_limit", 429)
    assert "Too many requests in one minute" in text(alice.get(look_up(sender.cast.account, kept.request_id)))


@pytest.mark.parametrize("place", ["HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_AUTHENTICATION"])
def test_what_nobody_has_is_kept_for_nobody(sender: Sender, place: str) -> None:
    value = new_credential() if place == "HTTP_X_API_KEY" else f"Bearer {new_credential()}"
    for _time in range(2):
        sender.call(**{place: value})
        usage.flush()
    assert not Refusal.objects.exists()
    assert not DailyUsage.objects.exists()
    assert UnknownCredentials.objects.get().count == 2


def test_an_application_learns_nothing_into_another_account(cast: Cast, sender: Sender) -> None:
    _other, secret = make_application(cast.elsewhere, name="Curious")
    revoke_token(token=cast.application.tokens.get(), actor=ALICE)
    Client().post(
        "/oauth/introspect",
        f"token={sender.token}",
        content_type=FORM,
        HTTP_AUTHORIZATION=basic(_other.application_id, secret),
    )
    usage.flush()
    assert not Refusal.objects.exists()


def test_a_good_request_costs_no_more_statements(sender: Sender) -> None:
    server, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    works: list[Callable[[], Any]] = [
        lambda: sender.ask(HTTP_AUTHORIZATION=sender.basic),
        lambda: sender.verify(**sender.bearer),
        lambda: sender.verify(HTTP_X_API_KEY=sender.key_value),
        lambda: Client().post(
            "/oauth/introspect",
            f"token={sender.token}",
            content_type=FORM,
            HTTP_AUTHORIZATION=basic(server.server_id, secret),
        ),
    ]
    for work in works:
        work()  # notes the use, once a minute
        with CaptureQueriesContext(connection) as queries:
            assert work().status_code == 200
        assert len(queries) == 1
    assert not usage.recorder.gathered.unexplained
    assert not usage.recorder.gathered.refusals


@pytest.mark.parametrize(
    ("refused", "statements"), [(wrong_header, 0), (json_body, 0), (key_as_token, 1), (scope_at_verify, 1)]
)
def test_the_reason_is_not_looked_for_in_the_request(
    sender: Sender, refused: Callable[[Sender], Any], statements: int
) -> None:
    refused(sender)  # notes the use, once a minute
    with CaptureQueriesContext(connection) as queries:
        refused(sender)
    assert len(queries) == statements


def test_a_dead_and_an_unknown_token_cost_the_same_statement(sender: Sender) -> None:
    expired_token(sender)
    asked = list[list[str]]()
    for value in (sender.token, new_credential()):
        with CaptureQueriesContext(connection) as queries:
            sender.call(HTTP_AUTHORIZATION=f"Bearer {value}")
        asked.append([query["sql"].split("WHERE")[0] for query in queries.captured_queries])
    assert asked[0] == asked[1]
    assert len(asked[0]) == 1


def test_a_request_refused_before_it_is_read_is_found_too(alice: Client, sender: Sender) -> None:
    environ = RequestFactory().post("/oauth/token", HTTP_AUTHORIZATION=sender.basic).environ
    environ["CONTENT_LENGTH"] = str(10**6)
    response = refusal(environ, RequestDataTooBig())
    usage.flush()
    page = text(alice.get(look_up(sender.cast.account, response["X-Request-Id"])))
    assert "The client was told: The body is over 64 KB." in page


# --- The lists ------------------------------------------------------------------------------------


def keep(account: Account, application: Application | None, number: int, reason: str = "scope") -> Refusal:
    return Refusal.objects.create(
        account=account,
        application=application,
        client_id=application.application_id if application else "",
        reason=reason,
        detail="viber",
        ip="198.51.100.9",
        request_id=f"00000000-0000-4000-8000-{number:012}",
    )


def test_the_lists_are_of_one_account_and_one_application(alice: Client, cast: Cast) -> None:
    second, _secret = make_application(cast.account, name="Second")
    mine, other = keep(cast.account, cast.application, 1), keep(cast.account, second, 2, "address")
    theirs = keep(cast.elsewhere, cast.his, 3)
    page = text(alice.get(f"/panel/{cast.account.pk}/activity/"))
    assert mine.request_id in page
    assert other.request_id in page
    assert theirs.request_id not in page
    of_one = f"/panel/{cast.account.pk}/applications/{cast.application.application_id}/activity/"
    page = text(alice.get(of_one))
    assert mine.request_id in page
    assert other.request_id not in page
    for narrowed in ("reason=address", f"application={second.application_id}"):
        page = text(alice.get(f"/panel/{cast.account.pk}/activity/?{narrowed}"))
        assert other.request_id in page
        assert mine.request_id not in page
    assert "No refused request matches these filters" in text(alice.get(f"{of_one}?reason=expired"))


def test_a_bar_of_the_overview_leads_to_its_requests(alice: Client, cast: Cast) -> None:
    day = now().date()
    DailyUsage.objects.create(application=cast.application, day=day, kind="scope", count=3)
    of_one = f"/panel/{cast.account.pk}/applications/{cast.application.application_id}/"
    assert f'href="{of_one}activity/?reason=scope"' in text(alice.get(of_one))


def test_the_list_goes_on_by_key_and_costs_the_same_everywhere(alice: Client, cast: Cast) -> None:
    rows = [keep(cast.account, cast.application, number) for number in range(60)]
    path = f"/panel/{cast.account.pk}/activity/"
    alice.get(path)
    costs = list[int]()
    for before in ("", f"?refused_before={rows[35].pk}", f"?refused_before={rows[10].pk}"):
        with CaptureQueriesContext(connection) as queries:
            page = text(alice.get(path + before))
        costs.append(len(queries))
    assert rows[9].request_id in page
    assert rows[10].request_id not in page
    assert len(set(costs)) == 1
    assert f"refused_before={rows[35].pk}" in text(alice.get(path))


@pytest.mark.parametrize(
    "query",
    [
        "?refused_before=x",
        f"?refused_before={10**20}",
        "?reason=other",
        "?application=%F0%9F%98%80",
        "?request=x",
        "?request=",
    ],
)
def test_what_cannot_be_meant_counts_as_not_said(alice: Client, cast: Cast, query: str) -> None:
    kept = keep(cast.account, cast.application, 1)
    page = alice.get(f"/panel/{cast.account.pk}/activity/{query}")
    assert page.status_code == 200
    assert kept.request_id in text(page)


def test_an_empty_list_teaches(bob: Client, cast: Cast) -> None:
    page = text(bob.get(f"/panel/{cast.account.pk}/activity/"))
    assert "No request was refused" in page
    assert "X-Request-Id" in page


# --- The switch ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("show", "lists"),
    [
        ("", {"refused-title", "changes-title"}),
        ("changes", {"changes-title"}),
        ("refused", {"refused-title"}),
        ("nothing", {"refused-title", "changes-title"}),
    ],
)
def test_the_switch_shows_changes_refusals_or_both(
    show: str, lists: set[str], bob: Client, sender: Sender
) -> None:
    wrong_secret(sender)
    usage.flush()
    page = text(bob.get(of(sender.application, "application_activity"), {"show": show}))
    assert {each for each in ("refused-title", "changes-title") if f'id="{each}"' in page} == lists
    chosen = show if show in ("changes", "refused") else ""
    assert f'name="show" value="{chosen}" checked' in page


def test_the_switch_stays_when_the_list_is_filtered(bob: Client, sender: Sender) -> None:
    wrong_secret(sender)
    usage.flush()
    asked = {"show": "refused", "reason": "wrong_secret"}
    page = text(bob.get(of(sender.application, "application_activity"), asked))
    assert '<input type="hidden" name="show" value="refused">' in page, "in the form of the reasons"
    assert '<input type="hidden" name="reason" value="wrong_secret">' in page, "in the form of the switch"
    assert "show=refused" in page


def test_more_applications_than_one_can_choose_from(
    alice: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account may have ten thousand: the menu has the first, and the one that is chosen."""
    monkeypatch.setattr(activity, "MAX_OPTIONS", 2)
    made = [make_application(account, name=name)[0] for name in ("Delta", "Alpha", "Charlie", "Bravo")]
    for number, client in enumerate(made):
        Refusal.objects.create(
            account=account,
            application=client,
            client_id=client.application_id,
            reason=Reason.WRONG_SECRET,
            request_id=f"00000000-0000-4000-8000-00000000000{number}",
        )

    def options(query: str = "") -> list[str]:
        page = alice.get(f"/panel/{account.pk}/activity/{query}").content.decode()
        menu = page.partition('name="application"')[2].partition("</select>")[0]
        return [client.name for client in made if client.application_id in menu]

    assert options() == ["Alpha", "Bravo"]
    assert options(f"?application={made[0].application_id}") == ["Delta", "Alpha", "Bravo"]
