"""The audit log of an account and of an application: rows in words, filters, places, exports."""

import csv
import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.models import Account, Application, AuditEvent
from applications.models.applications import Lifetime
from applications.models.audit import Action, ActorKind, AuditQuerySet
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR, Actor
from applications.operations.api_keys import create_api_key
from applications.operations.applications import delete_application, switch_application, update_application
from applications.operations.audit import record
from applications.operations.message_settings import update_message_settings
from applications.operations.secrets import reset_secret
from applications.panel import audit_export, audit_log
from applications.panel.audit_facts import SAID, facts_of
from applications.panel.audit_words import SENTENCES
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_account, make_application
from tests.panel.addresses import of
from tests.panel.pages import text

ALICE = Actor(ActorKind.USER, "alice@marlowe.example", "192.0.2.31", "7c1e0b52-9d0f-4c1a-8f64-2f3b6f0f9a11")
READERS = [("alice", 200), ("ada", 200), ("bob", 200), ("charlie", 404)]


def log(account: Account, kind: str = "", **query: Any) -> str:
    """The address of the log, or of an export of it."""
    return reverse(f"panel:audit_log{kind}", args=[account.pk], query=query)


def shown(client: Client, account: Account, **query: Any) -> list[AuditEvent]:
    """The rows on the page, in its order."""
    answer = client.get(log(account, **query))
    assert answer.status_code == 200
    return [row.event for row in answer.context["log"].rows]


def add(
    account: Account, action: Action = Action.SIGNED_IN, *, by: Actor = ALICE, **facts: Any
) -> AuditEvent:
    record(by, account, action, **facts)
    return AuditEvent.objects.filter(account=account).latest("pk")


def exported(client: Client, account: Account, kind: str, **query: Any) -> str:
    answer = client.get(log(account, f"_{kind}", **query))
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer).decode()


def in_csv(client: Client, account: Account, **query: Any) -> list[dict[str, str]]:
    body = exported(client, account, "csv", **query)
    assert body.startswith("\ufeff"), "spreadsheets know UTF-8 by it"
    return list(csv.DictReader(io.StringIO(body[1:], newline="")))


def in_json(client: Client, account: Account, **query: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in exported(client, account, "jsonl", **query).splitlines()]


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), READERS)
def test_members_read_it_and_strangers_learn_nothing(
    who: str, status: int, cast: Cast, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(who)
    pages = [log(cast.account), log(cast.account, "_csv"), log(cast.account, "_jsonl")]
    for page in [*pages, of(cast.application, "application_activity")]:
        assert client.get(page).status_code == status, page
        assert client.post(page).status_code in (405, 404), page


def test_it_is_in_the_menu_and_the_tab_beside_the_others(bob: Client, cast: Cast) -> None:
    page = text(bob.get(log(cast.account)))
    assert re.search(r'<a href="[^"]+/audit-log/" aria-current="page">.{0,200}Audit log</a>', page)
    page = text(bob.get(of(cast.application, "application_activity")))
    assert re.search(r'<a href="[^"]+/activity/" aria-current="page">Activity</a>', page)


def test_no_account_reads_anothers_rows(alice: Client, cast: Cast) -> None:
    theirs = add(cast.elsewhere, target="Elsewhere")
    assert theirs not in shown(alice, cast.account)
    query = {"application": cast.his.application_id}
    assert shown(alice, cast.account, **query) == []
    assert in_json(alice, cast.account, **query) == []


# --- What a row says ----------------------------------------------------------------------------


def test_a_change_is_told_from_before_to_after(alice: Client, application: Application) -> None:
    update_application(
        application=application,
        name=Name("Orders"),
        lifetime=Lifetime.WEEK,
        scopes=application.scopes.filter(name="sms"),
        actor=ALICE,
    )
    page = text(alice.get(log(application.account)))
    assert "<bdi>Alice Marlowe</bdi></a> changed the settings of" in page
    for label, before, after in [
        ("Name", "Order notifications", "Orders"),
        ("Token lifetime", "1 day", "1 week"),
        ("Scopes", "sms, groups", "sms"),
    ]:
        change = f'{label}: <del><bdi>{before}</bdi></del> <span aria-hidden="true">→</span>'
        assert f'{change}<span class="visually-hidden">became</span> <bdi>{after}</bdi>' in page
    assert f"<code>{ALICE.ip}</code>" in page
    assert f"<code>{ALICE.request_id}</code>" in page
    assert re.search(
        r'<time datetime="[^"]+\+0[12]:00" title="[^"]+ CES?T \(UTC\+[12]\)">Just now</time>', page
    )


def test_every_action_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Action)
    for words in SENTENCES.values():
        assert set(re.findall(r"\{(\w*)\}", str(words))) - {"what"} == {"who"}


def test_every_detail_that_the_cast_and_the_operations_write_is_said(
    account: Account, application: Application
) -> None:
    create_api_key(account=account, name=Name("CRM"), scopes=None, actor=ALICE, submission=uuid.uuid4())
    reset_secret(application=application, overlap=Overlap.HOUR, actor=ALICE, revoke_tokens=True)
    update_message_settings(
        application=application, changes={"sms_remove_emojis": True, "otp_ttl": 90}, actor=ALICE
    )
    keys = {key for event in AuditEvent.objects.filter(account=account) for key in event.details}
    assert keys - set(SAID) == {"submission"}, "a secret name of one sending, which says nothing to people"


@pytest.mark.parametrize(
    ("action", "details", "words"),
    [
        (Action.SECRET_RESET, {"old": "6e1f", "stops": "2026-11-22T09:14:07Z", "tokens_revoked": False},
         ["Old secret: the one ending in 6e1f", "Old secret stops: 2026-11-22 10:14:07 CET"]),
        (Action.ALLOWED_IPS_CHANGED, {"added": ["203.0.113.8/32", "2001:db8::/32"], "removed": []},
         ["Added: 203.0.113.8, 2001:db8::/32"]),
        (Action.SIGN_IN_FAILED, {"tries": 3, "wrong": {"password": 3}, "addresses": {"192.0.2.1": 3}},
         ["Tries: 3", "Wrong: password (3)", "From: 192.0.2.1 (3)"]),
        (Action.SIGNED_IN, {"by": ["password", "totp"]}, ["With: password, authenticator app"]),
        (Action.API_KEY_CREATED, {"scopes": "all", "expires": None}, ["Scopes: all, and those added later"]),
        (Action.APPLICATION_CHANGED, {"name": ["", "Orders"]}, ["Name: Untitled → Orders"]),
        (Action.MESSAGES_CHANGED, {"sms_quiet_start": ["", "21:30"], "sms_remove_emojis": [False, True]},
         ["SMS: Quiet hours start: Not set → 21:30", "SMS: Remove emojis: No → Yes"]),
        (Action.MESSAGES_CHANGED, {"otp_callback": ["", "https://hooks.example.com/otp?key=1"]},
         ["One-time passwords: Not set → https://hooks.example.com/otp…"]),
        (Action.WEBHOOK_SWITCHED_ON, {"setting": "sms_dlr_callback"}, ["URL: SMS delivery reports"]),
        (Action.WEBHOOK_SWITCHED_OFF, {"setting": "sms_dlr_callback", "reason": "gone"},
         ["URL: SMS delivery reports", "Reason: It answered 410 (Gone)"]),
        (Action.WEBHOOKS_CHANGED, {"keeps_bodies": [True, False]}, ["Bodies stay in the log: Yes → No"]),
        (Action.APPLICATION_CHANGED, {"name": "not a pair", "unknown": ["a", "b"]}, []),
        (Action.SIGNED_IN, {"password": "hunter2", "unknown": "hunter2"}, []),
    ],
)  # fmt: skip
def test_details_in_words(action: Action, details: dict[str, Any], words: list[str]) -> None:
    event = AuditEvent(action=action, details=details)
    assert [str(fact) for fact in facts_of(event, ZoneInfo("Europe/Warsaw"))] == words


def test_no_secret_is_shown_or_exported(alice: Client, account: Account, application: Application) -> None:
    _key, value = create_api_key(account=account, name=Name("CRM"), scopes=None, actor=ALICE)
    secret = reset_secret(application=application, overlap=Overlap.NOW, actor=ALICE)
    for query in ("token=hunter2", "token=hunter3"):
        changes = {"sms_dlr_callback": f"https://hooks.example.com/a?{query}"}
        update_message_settings(application=application, changes=changes, actor=ALICE)
    # Written before passwords in URLs were refused
    old = {"sms_dlr_callback": ["", "https://me:hunter4@hooks.example.com/b"]}
    add(account, Action.MESSAGES_CHANGED, application_id=application.application_id, details=old)
    pages = [text(alice.get(log(account))), text(alice.get(of(application, "application_activity")))]
    pages += [exported(alice, account, kind) for kind in ("csv", "jsonl")]
    for page in pages:
        assert "https://hooks.example.com/a…" in page
        assert "https://hooks.example.com/b…" in page
        assert "another password or query" in page
        for hidden in (value, secret, "hunter"):
            assert hidden not in page


def test_names_are_only_names(alice: Client, account: Account) -> None:
    application, _secret = make_application(account, name="<b>{who}</b> {0} \u200fevil")
    page = alice.get(log(account)).content.decode()
    assert "<bdi>&lt;b&gt;{who}&lt;/b&gt; {0} \u200fevil</bdi>" in page
    page = alice.get(of(application, "application_activity")).content.decode()
    assert "&lt;b&gt;{who}&lt;/b&gt; {0}" in page


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (ActorKind.COMMAND, "operator", "Operator"),
        (ActorKind.APPLICATION, "", "Order notifications"),
        (ActorKind.API_KEY, "CRM (…2bce)", "CRM (…2bce)"),
        (ActorKind.USER, "gone@marlowe.example", "gone@marlowe.example"),
    ],
)
def test_who_did_it(kind: ActorKind, name: str, words: str, alice: Client, cast: Cast) -> None:
    add(cast.account, by=Actor(kind, name or cast.application.application_id))
    row = alice.get(log(cast.account)).context["log"].rows[0]
    assert row.text == f"{words} signed in"


# --- Filters ------------------------------------------------------------------------------------


def test_each_filter_and_all_of_them(alice: Client, cast: Cast) -> None:
    crm = Actor(ActorKind.API_KEY, "CRM (…2bce)", "2001:db8::7", str(uuid.uuid4()))
    ours = cast.application.application_id
    mine = add(cast.account, Action.SECRET_RESET, application_id=ours)
    theirs = add(cast.account, Action.SECRET_RESET, by=crm, application_id=ours)
    other = add(cast.account, by=crm)
    for query, rows in [
        ({"who": "user:alice@marlowe.example"}, [mine]),
        ({"who": "user"}, [mine]),
        ({"who": "api_key"}, [other, theirs]),
        ({"who": f"api_key:{crm.name}", "action": "secret:reset"}, [theirs]),
        ({"action": "secret:reset"}, [theirs, mine]),
        ({"action": "secret:reset", "application": ours, "who": "user"}, [mine]),
        ({"q": "2001:db8:0::7"}, [other, theirs]),
        ({"q": ALICE.request_id.upper()}, [mine]),
        ({"q": "nothing like that"}, []),
        ({"who": "command:operator", "action": "secret:reset"}, []),
    ]:
        assert shown(alice, cast.account, **query) == rows, query
        assert [row["id"] for row in in_json(alice, cast.account, **query)] == [row.pk for row in rows], query
        assert [int(row["id"]) for row in in_csv(alice, cast.account, **query)] == [row.pk for row in rows], (
            query
        )


def test_days_are_the_accounts(alice: Client, account: Account) -> None:
    days = "the 27th", "the 28th", "the 29th"
    for hours, day in ((22.9, days[0]), (23, days[1]), (47, days[2])):
        with time_machine.travel(datetime(2099, 11, 27, tzinfo=UTC) + timedelta(hours=hours), tick=False):
            add(account, target=day)
    assert _targets(alice, account, first="2099-11-28", last="2099-11-28") == [days[1]]
    assert _targets(alice, account, first="2099-11-28") == [days[2], days[1]]
    assert _targets(alice, account, first="2099-11-27", last="2099-11-27") == [days[0]]
    assert days[0] in _targets(alice, account, last="2099-11-27")
    assert days[1] not in _targets(alice, account, last="2099-11-27")


def _targets(client: Client, account: Account, **query: str) -> list[str]:
    return [row.target for row in shown(client, account, **query)]


@pytest.mark.django_db
def test_days_hold_though_clocks_differ() -> None:
    """Two machines write in turn, one nearly an hour behind the other."""
    start = datetime(2025, 3, 1, tzinfo=UTC)
    with time_machine.travel(start - timedelta(hours=2), tick=False):
        account = make_account()
    for number in range(24):
        moment = start + timedelta(minutes=20 * number - 55 * (number % 2))
        with time_machine.travel(moment, tick=False):
            add(account)
    events = AuditEvent.objects.filter(account=account)
    for hours in range(-2, 11):
        edge = start + timedelta(hours=hours)
        assert set(events.between(edge, None)) == set(events.filter(created_at__gte=edge))
        assert set(events.between(None, edge)) == set(events.filter(created_at__lt=edge))


@pytest.mark.parametrize(
    "query",
    [
        {"who": "nobody"}, {"action": "no:such"}, {"application": "x"}, {"first": "yesterday"}, {"last": "2026-13-45"},
        {"before": "x"}, {"after": "-1"}, {"before": str(2**63)}, {"q": "x" * 99}, {"who": "user:" + "x" * 300},
    ],
)  # fmt: skip
def test_what_is_no_filter_counts_as_not_said(query: dict[str, str], alice: Client, account: Account) -> None:
    assert shown(alice, account, **query) == shown(alice, account)


@pytest.mark.parametrize(
    "query",
    [
        {"last": "9999-12-31"},
        {"first": "0001-01-01"},
        {"q": "é" * 45},
        {"first": "9999-12-31"},
        {"before": str(2**63 - 1)},
    ],
)
def test_the_ends_of_what_can_be_said(query: dict[str, str], alice: Client, account: Account) -> None:
    assert alice.get(log(account, **query)).status_code == 200


def test_what_was_chosen_stays_chosen(alice: Client, cast: Cast) -> None:
    """A former member and a deleted application are in no list, and yet may be filtered by."""
    gone = Actor(ActorKind.USER, "gone@marlowe.example")
    delete_application(application=cast.application, actor=gone)
    query = {"who": "user:gone@marlowe.example", "application": cast.application.application_id}
    page = text(alice.get(log(cast.account, **query)))
    assert '<option value="user:gone@marlowe.example" selected>gone@marlowe.example</option>' in page
    assert f'<option value="{cast.application.application_id}" selected>Order notifications</option>' in page
    assert '<option value="user:alice@marlowe.example">Alice Marlowe</option>' in page


def test_no_match_says_so_and_leads_back(alice: Client, account: Account) -> None:
    page = text(alice.get(log(account, first="2001-01-01", last="2001-01-02")))
    assert "No entry matches these filters" in page
    assert "Days are counted in Europe/Warsaw." in page
    assert f'href="{log(account)}">' in page
    assert "No more entries" in text(alice.get(log(account, before=0)))


# --- Places -------------------------------------------------------------------------------------


def test_from_the_newest_to_the_oldest_and_back(
    alice: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "PER_PAGE", 4)
    rows = [add(account).pk for _number in range(10)][::-1]
    down, place, query = [], "", {"action": "person:sign_in"}
    address = log(account, **query)
    while address:
        place = address
        page = alice.get(address)
        down += [row.event.pk for row in page.context["log"].rows]
        address = _next(page, "next")
        assert "action=person%3Asign_in" in (address or "action=person%3Asign_in"), "the filter is kept"
    assert down == rows
    up: list[int] = []
    address = place
    while address:
        page = alice.get(address)
        up = [row.event.pk for row in page.context["log"].rows] + up
        address = _next(page, "prev")
    assert up[-len(rows) :] == rows[-len(up) :]
    assert up[0] == rows[0]


def _next(page: Any, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page.content.decode())
    return page.wsgi_request.path + found[1].replace("&amp;", "&") if found else ""


def test_a_row_that_is_added_meanwhile_moves_no_page(
    alice: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "PER_PAGE", 2)
    rows = [add(account) for _number in range(5)][::-1]
    assert shown(alice, account) == rows[:2]
    add(account)
    assert shown(alice, account, before=rows[1].pk) == rows[2:4]


def test_as_many_queries_for_many_rows_as_for_few(alice: Client, cast: Cast) -> None:
    counted = []
    for number in (3, 60):
        for place in range(number):
            by = Actor(ActorKind.APPLICATION, cast.application.application_id) if place % 2 else ALICE
            add(cast.account, by=by, application_id=cast.application.application_id)
        for page in (log(cast.account, first="2020-01-01"), of(cast.application, "application_activity")):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert alice.get(page).status_code == 200
            counted.append(len(queries))
    assert counted[:2] == counted[2:]
    assert max(counted) <= 14


FILTERS: list[dict[str, str]] = [
    {}, {"who": "user:alice@marlowe.example"}, {"who": "user"}, {"action": "secret:reset"}, {"application": "a" * 40},
    {"q": "192.0.2.1"}, {"q": str(uuid.UUID(int=7))}, {"before": "1000"},
]  # fmt: skip


@pytest.mark.parametrize("query", FILTERS)
def test_every_filter_reads_in_the_order_of_an_index(
    query: dict[str, str], alice: Client, account: Account
) -> None:
    """So a page reads its own rows and no others, however many there are (bench/audit.py measures it)."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads so small a table whole: bench/audit.py measures it there")
    with CaptureQueriesContext(connection) as queries:
        alice.get(log(account, **query))
    (asked,) = [each["sql"] for each in queries if "auditevent" in each["sql"] and "LIMIT 51" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert "USING INDEX audit_by_" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.postgres
def test_no_plan_is_kept_for_other_values(alice: Client, account: Account) -> None:
    """A plan made for common values would read the whole log for a rare one."""
    for _time in range(10):
        alice.get(log(account, action="secret:reset"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%LIMIT 51%'")
        assert cursor.fetchall() == []


# --- Exports ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "media"), [("csv", "text/csv"), ("jsonl", "application/x-ndjson")])
def test_a_file_with_a_name_is_sent_in_pieces(kind: str, media: str, cast: Cast) -> None:
    bob = Client()
    with time_machine.travel(datetime(2026, 11, 26, 23, 30, tzinfo=UTC)):
        bob.force_login(cast.bob)
        answer = bob.get(log(cast.account, f"_{kind}"))
    assert answer.streaming
    assert answer["Content-Type"] == f"{media}; charset=utf-8"
    name = f"audit-log-marlowe-logistics-2026-11-27.{kind}"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"', "the day in Warsaw"


def test_what_stands_in_a_line(alice: Client, application: Application) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 9, 6, 40, 123000, tzinfo=UTC), tick=False):
        update_application(
            application=application,
            name=Name("Ordery: zażółć"),
            lifetime=Lifetime.DAY,
            scopes=application.scopes.all(),
            actor=ALICE,
        )
    line = {
        "time": "2026-11-24T09:06:40.123Z",
        "who": "alice@marlowe.example",
        "who_kind": "user",
        "who_name": "Alice Marlowe",
        "action": "application:change",
        "application_id": application.application_id,
        "target": "Ordery: zażółć",
        "what_happened": "Alice Marlowe changed the settings of Ordery: zażółć",
        "changes": [{"what": "Name", "before": "Order notifications", "after": "Ordery: zażółć"}],
        "address": "192.0.2.31",
        "request_id": ALICE.request_id,
    }
    (found,) = in_json(alice, application.account, action="application:change")
    assert found == {"id": found["id"], **line}
    (cells,) = in_csv(alice, application.account, action="application:change")
    assert cells == {"id": str(found["id"]), **line, "changes": "Name: Order notifications → Ordery: zażółć"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_cell_is_a_formula(start: str, alice: Client, account: Account) -> None:
    add(
        account,
        target=f'{start}HYPERLINK("https://evil.example")',
        by=Actor(ActorKind.API_KEY, f"{start}1+1"),
    )
    (cells,) = in_csv(alice, account, who="api_key")
    assert cells["target"] == f'\'{start}HYPERLINK("https://evil.example")'
    for cell in cells.values():
        assert not cell.startswith(audit_export.FORMULA)


def test_all_rows_are_in_it_a_few_at_a_time(
    alice: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "AT_A_TIME", 7)
    rows = [add(account).pk for _number in range(30)][::-1]
    answer = alice.get(log(account, "_jsonl", action="person:sign_in"))
    pieces = iter(answer)
    assert next(pieces) == b""
    assert next(pieces).count(b"\n") == 7
    add(account)  # later than the export began
    rest = b"".join(pieces)
    assert [json.loads(line)["id"] for line in rest.splitlines()] == rows[7:]


def test_an_export_that_breaks_off_says_so(
    alice: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_export, "AT_A_TIME", 2)
    for _number in range(5):
        add(account)
    page, calls = AuditQuerySet.page, []

    def breaking(self: AuditQuerySet, *arguments: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) % 3 == 0:
            raise DatabaseError("the connection is gone")
        return page(self, *arguments, **more)

    monkeypatch.setattr(AuditQuerySet, "page", breaking)
    lines = in_json(alice, account)
    assert (len(lines), lines[-1]) == (5, {"what_happened": audit_export.BROKE_OFF})
    cells = in_csv(alice, account)
    assert (len(cells), cells[-1]["what_happened"]) == (5, audit_export.BROKE_OFF)


# --- Activity -----------------------------------------------------------------------------------


def test_an_applications_own_rows_alone(bob: Client, cast: Cast) -> None:
    other, _secret = make_application(cast.account, name="Another one")
    mine = add(
        cast.account, Action.TOKENS_REVOKED, application_id=cast.application.application_id, target="Orders"
    )
    answer = bob.get(of(cast.application, "application_activity"))
    rows = [row.event for row in answer.context["changes"].rows]
    assert rows[0] == mine
    assert {row.application_id for row in rows} == {cast.application.application_id}
    assert "Another one" not in text(answer)
    assert f'href="{log(cast.account, application=cast.application.application_id)}"' in text(answer)
    assert other.name == "Another one"


def test_the_operator_acts_at_this_server(alice: Client, account: Account) -> None:
    assert OPERATOR.ip is None
    assert "this server" in text(alice.get(log(account)))


def test_names_lead_to_the_narrowed_list_of_the_account_and_nowhere_on_the_applications_own_tab(
    alice: Client, cast: Cast
) -> None:
    switch_application(application=cast.application, enabled=False, actor=ALICE)
    narrowed = re.compile(r'href="\?(?:who|application)=')
    assert narrowed.search(alice.get(log(cast.account)).content.decode())
    own = alice.get(of(cast.application, "application_activity")).content.decode()
    assert "disabled" in own
    assert not narrowed.search(own)
