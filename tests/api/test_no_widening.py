"""No credential widens itself (security.md 18): every write of the API, by credentials narrow in one way each."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils.timezone import now
from pytest_django import Settings

from applications.descriptions.document import document
from applications.descriptions.parts import DELIVERY_ID
from applications.models import Account, AllowedIP, Application, AuditEvent, Delivery, Scope
from applications.models.applications import Lifetime
from applications.operations.actors import OPERATOR
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.operations.api_keys import create_api_key
from applications.operations.applications import delete_application, switch_application, update_application
from applications.rules.credentials import new_credential
from applications.rules.names import Name, Note
from applications.rules.networks import NetworkText
from tests.api.conftest import ALL, Program, bearer, error_of, with_api_key
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import FORM, GRANT, basic
from tests.webhooks import hand_over, set_url

HERE, NEAR, FAR = "127.0.0.1", "127.0.0.0/8", "198.51.100.0/24"
ONE = "/applications/{applicationId}"
TARGET = "sms groups"


def allow(application: Application, *networks: str) -> None:
    change_allowed_ips(
        account=application.account,
        application=application,
        add=[Line(NetworkText(network), Note("Shop")) for network in networks],
        actor=OPERATOR,
    )


# --- Clients: each may do everything but for one thing ------------------------------------------------


def of(account: Account, scopes: str = ALL, lifetime: Lifetime = Lifetime.NEVER) -> Program:
    application, _secret = make_application(account, scopes=scopes, name="Client", lifetime=lifetime)
    value = new_credential()
    make_token(application, value, lives=lifetime.span)
    return Program({"Authorization": f"Bearer {value}"})


def restricted(account: Account) -> Program:
    program = of(account)
    allow(Application.objects.get(name="Client"), HERE, "2001:db8::/32")
    return program


def expiring(account: Account) -> Program:
    ends = now() + timedelta(days=400)
    _key, value = create_api_key(
        account=account, name=Name("Cron"), scopes=None, actor=OPERATOR, expires_at=ends
    )
    return Program({"X-API-KEY": value})


CLIENTS: dict[str, Callable[[Account], Program]] = {
    "token": of,
    "API key": with_api_key,
    "scope": lambda account: of(account, "account applications sms"),
    "lifetime": lambda account: of(account, lifetime=Lifetime.DAY),
    "address": restricted,
    "expiring": expiring,
    "account": lambda _account: of(make_account("Elsewhere", "charlie@elsewhere.example")),
}


# --- Writes: what is sent, and how the target stands before --------------------------------------------


def nothing(_target: Application) -> None:
    """It stands as it was made: one scope of two, tokens that live a week, enabled, no list."""


def disabled(target: Application) -> None:
    switch_application(application=target, enabled=False, actor=OPERATOR)


def listed(target: Application) -> None:
    allow(target, HERE)


def listed_twice(target: Application) -> None:
    allow(target, HERE, FAR)


def account_listed(target: Application) -> None:
    change_allowed_ips(account=target.account, add=[Line(NetworkText(NEAR))], actor=OPERATOR)


def with_a_delivery(target: Application) -> None:
    set_url(target)
    hand_over(target)
    Delivery.objects.update(key=DELIVERY_ID)


type Write = tuple[str, str, Any, Callable[[Application], None]]
NEW = {"scopes": TARGET, "tokenExpiration": "1 week"}
WRITES: dict[str, Write] = {
    "make": ("POST", "/applications", NEW, nothing),
    "name": ("PATCH", ONE, {"name": "Other"}, nothing),
    "settings": ("PATCH", ONE, {"settings": {"otp": {"ttl": 90}}}, nothing),
    "live shorter": ("PATCH", ONE, {"tokenExpiration": "1 day"}, nothing),
    "live longer": ("PATCH", ONE, {"tokenExpiration": "never"}, nothing),
    "take a scope": ("PATCH", ONE, {"scopes": "sms"}, nothing),
    "grant a scope": ("PATCH", ONE, {"scopes": f"{TARGET} viber"}, nothing),
    "disable": ("PATCH", ONE, {"enabled": False}, nothing),
    "enable": ("PATCH", ONE, {"enabled": True}, disabled),
    "reset": ("POST", f"{ONE}/secret", {"overlap": "1 hour"}, nothing),
    "revoke": ("POST", f"{ONE}/tokens/revoke", {}, nothing),
    "roll": ("POST", f"{ONE}/webhooks/secret", {}, nothing),
    "send again": ("POST", f"{ONE}/webhooks/deliveries/{{id}}/redeliver", {}, with_a_delivery),
    "test": ("POST", f"{ONE}/webhooks/test", {"event": "dlr_update", "channel": "sms"}, with_a_delivery),
    "delete": ("DELETE", ONE, "", nothing),
    "begin a list": ("POST", f"{ONE}/allowed-ips", {"network": FAR}, nothing),
    "open to others": ("POST", f"{ONE}/allowed-ips", {"network": FAR}, listed),
    "open to all": ("DELETE", f"{ONE}/allowed-ips?network={HERE}", "", listed),
    "close": ("DELETE", f"{ONE}/allowed-ips?network={FAR}", "", listed_twice),
    "begin the account's": ("POST", "/account/allowed-ips", {"network": NEAR}, nothing),
    "open the account's": ("POST", "/account/allowed-ips", {"network": FAR}, account_listed),
    "open the account's to all": (
        "DELETE",
        f"/account/allowed-ips?network={NEAR}",
        "",
        account_listed,
    ),
}
ANY = {
    "open the account's",
    "open the account's to all",
}  # refused to every credential: it is held by that list
GAINS = {"grant a scope", "enable", "reset", "live longer"}
REFUSED = {
    "token": ANY,
    "API key": ANY,
    # As always: whoever lacks a scope of the target may only take power from it.
    "scope": set(WRITES) - {"revoke", "delete"},
    "lifetime": ANY | GAINS | {"make", "open to others", "open to all"},
    "address": ANY | GAINS | {"open to others", "open to all"},
    "expiring": ANY | GAINS | {"make", "open to others", "open to all"},
    "account": set(WRITES)
    - {"make", "begin the account's", "open the account's"},  # those it does to its own
}


def state() -> dict[type[Model], list[dict[str, Any]]]:
    """All that a write could change, but for when credentials were used."""
    used = ("last_used_at", "last_used_ip")
    return {
        model: [
            {key: value for key, value in row.items() if key not in used}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in (Account, Application, AllowedIP, AuditEvent)
    }


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_whole_or_refused(client: str, write: str, account: Account, settings: Settings) -> None:
    settings.WEBHOOK_SENDER = "tests.webhooks.answer_at_once"
    target = make_application(account, scopes=TARGET, name="Target", lifetime=Lifetime.WEEK)[0]
    method, path, body, prepare = WRITES[write]
    program = CLIENTS[client](account)
    prepare(target)
    before = state()
    answer = program.send(method, path.format(applicationId=target.application_id, id=DELIVERY_ID), body)
    if write not in REFUSED[client]:
        assert answer.status_code in (200, 201, 202, 204), answer.content
        assert state() != before
        return
    kind = (404, "not_found") if client == "account" else (403, "access_denied")
    assert error_of(answer)[:2] == kind, answer.content
    assert state() == before


def test_every_write_of_the_api_is_among_them(db: None) -> None:
    tried = {(path.partition("?")[0], method) for method, path, _body, _prepare in WRITES.values()}
    described = {
        (path, method.upper())
        for path, node in document()["paths"].items()
        for method in node
        if method in ("post", "put", "patch", "delete")
        and not path.startswith("/oauth")
        and path != "/messages/preview"  # computes, and stores nothing
        and path not in ("/credentials/revoke", "/events")  # take no credential that could be widened
    }
    assert tried == described


# --- What is made ------------------------------------------------------------------------------------


def test_what_a_token_makes_has_its_makers_addresses(account: Account) -> None:
    program = restricted(account)
    made = program.post("/applications", {"scopes": "account"}).json()
    header = {"Authorization": basic(made["applicationId"], made["applicationSecret"])}
    asked = {
        ip: program.client.post("/oauth/token", GRANT, FORM, headers=header, REMOTE_ADDR=ip).status_code
        for ip in (HERE, "2001:db8::7", "198.51.100.7")
    }
    assert asked == {HERE: 200, "2001:db8::7": 200, "198.51.100.7": 401}
    application = Application.objects.get(application_id=made["applicationId"])
    lines = set(application.allowed_ips.values_list("network", "note"))
    assert lines == {(f"{HERE}/32", "Shop"), ("2001:db8::/32", "Shop")}
    event = AuditEvent.objects.filter(action="application:create").first()
    assert event is not None
    assert set(event.details["allowed_ips"]) == {f"{HERE}/32", "2001:db8::/32"}


def test_what_an_api_key_or_an_open_application_makes_has_no_list(account: Account) -> None:
    for program in (with_api_key(account), of(account)):
        made = program.post("/applications", {"scopes": "sms"}).json()["applicationId"]
        assert not Application.objects.get(application_id=made).allowed_ips.exists()


@pytest.mark.parametrize(
    ("own", "allowed"),
    [
        (Lifetime.DAY, ["1 day"]),
        (Lifetime.WEEK, ["1 day", "1 week"]),
        (Lifetime.NEVER, ["1 day", "1 week", "never"]),
    ],
)
def test_nothing_made_lives_longer_than_its_maker(
    own: Lifetime, allowed: list[str], account: Account
) -> None:
    program = of(account, lifetime=own)
    made = [
        lifetime
        for lifetime in Lifetime.values
        if program.post("/applications", {"scopes": "sms", "tokenExpiration": lifetime}).status_code == 201
    ]
    assert made == allowed
    if own != Lifetime.NEVER:
        refused = program.post("/applications", {"scopes": "sms", "tokenExpiration": "never"})
        assert error_of(refused)[2] == (
            f"The tokens of this credential live {own}, so it cannot make or widen an application whose tokens"
            " live longer."
        )


@pytest.mark.parametrize("now_lives", [Lifetime.DAY, Lifetime.NEVER])
def test_the_shorter_of_token_and_application_counts(now_lives: Lifetime, account: Account) -> None:
    """A token that lives a day of an application changed to "never" since, and the other way round."""
    before = Lifetime.NEVER if now_lives == Lifetime.DAY else Lifetime.DAY
    program = of(account, lifetime=before)
    client = Application.objects.get(name="Client")
    update_application(
        application=client,
        name=Name("Client"),
        lifetime=now_lives,
        scopes=Scope.objects.all(),
        actor=OPERATOR,
    )
    for lifetime, status in (("never", 403), ("1 week", 403), ("1 day", 201)):
        sent = {"scopes": "sms", "tokenExpiration": lifetime}
        assert program.post("/applications", sent).status_code == status


def test_an_application_cannot_lengthen_its_own_life_or_open_its_own_list(account: Account) -> None:
    program = of(account, lifetime=Lifetime.WEEK)
    client = Application.objects.get(name="Client")
    allow(client, NEAR)
    own = ONE.format(applicationId=client.application_id)
    refused = (
        program.patch(own, {"tokenExpiration": "never"}),
        program.post(f"{own}/allowed-ips", {"network": "0.0.0.0/0"}),
        program.post(f"{own}/allowed-ips", {"network": "::/0"}),
        program.delete(f"{own}/allowed-ips?network={NEAR}"),
    )
    assert [error_of(answer)[:2] for answer in refused] == [(403, "access_denied")] * 4
    allowed = (
        program.patch(own, {"tokenExpiration": "1 day"}),
        program.post(f"{own}/allowed-ips", {"network": HERE}),
        program.delete(f"{own}/allowed-ips?network={NEAR}"),
        program.post(f"{own}/secret", {}),
    )
    assert [answer.status_code for answer in allowed] == [200, 201, 204, 200]


def test_a_list_within_its_own_can_be_widened(account: Account) -> None:
    """Each half of the client's network is listed, and so is what they make together."""
    target = make_application(account, scopes="sms", name="Target")[0]
    program = of(account)
    allow(Application.objects.get(name="Client"), "127.0.0.0/9", "127.128.0.0/9")
    allow(target, HERE)
    lines = f"{ONE.format(applicationId=target.application_id)}/allowed-ips"
    assert program.post(lines, {"network": NEAR}).status_code == 201
    assert program.post(f"{ONE.format(applicationId=target.application_id)}/secret", {}).status_code == 200
    assert error_of(program.post(lines, {"network": "126.0.0.0/7"}))[1] == "access_denied"


def test_the_client_that_was_deleted_meanwhile_makes_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check of its token and the write."""
    program = of(account)
    client = Application.objects.get(name="Client")

    def spend(*_arguments: object) -> None:
        delete_application(application=client, actor=OPERATOR)

    monkeypatch.setattr("applications.api.rates.count_request", spend)
    assert error_of(program.post("/applications", {"scopes": "sms"}))[:2] == (403, "access_denied")


# --- How many ----------------------------------------------------------------------------------------


def test_an_account_has_no_more_applications_than_it_may(account: Account, settings: Any) -> None:
    program = bearer(make_application(account, scopes=ALL)[0])
    settings.APPLICATIONS_PER_ACCOUNT = 2
    assert program.post("/applications", {"scopes": "sms"}).status_code == 201
    assert error_of(program.post("/applications", {"scopes": "sms"})) == (
        409,
        "conflict",
        "This account has 2 applications, which is as many as it may have. Delete one first.",
    )
    assert account.applications.count() == 2
    settings.APPLICATIONS_PER_ACCOUNT = 0
    assert program.post("/applications", {"scopes": "sms"}).status_code == 201
