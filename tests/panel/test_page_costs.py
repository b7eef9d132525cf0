"""What each page of the panel costs: at most 12 queries, and as many for many rows as for few (see bench/panel.py)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.forms.filters import MOST_TOKENS
from applications.models import AccessToken, Account, Application, KeptFinding
from applications.models.applications import Lifetime
from applications.models.findings import Finding, Findings
from applications.models.order_of_use import Place
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.rules.names import Name
from bench.panel_pages import MOST_QUERIES, paths_of, queries_of
from tests.cast import Cast
from tests.factories import make_application, make_token
from tests.panel.addresses import confirm
from tests.webhooks import hand_over, set_url


def test_every_page_makes_few_queries_and_no_more_for_more_rows(alice: Client, cast: Cast) -> None:
    confirm(alice)
    set_url(cast.application)
    fill(cast.account, cast.application, 2)
    paths = [path for path in paths_of(cast.application) if alice.get(path).status_code == 200]
    few = {path: queries_of(alice, path) for path in paths}
    assert len(few) > 30
    assert {path: number for path, number in few.items() if number > MOST_QUERIES} == {}
    fill(cast.account, cast.application, 30)
    many = {path: queries_of(alice, path) for path in paths}
    assert {path: number for path, number in many.items() if number > few[path]} == {}


def fill(account: Account, application: Application, number: int) -> None:
    for one in range(number):
        other, _secret = make_application(account, "sms", name=f"Branch {now().timestamp()}")
        for holder in (application, other):
            make_token(holder, ip=f"192.0.2.{one}", last_used_at=now())
        create_api_key(account=account, name=Name(f"Machine {one}"), scopes=None, actor=OPERATOR)
        hand_over(application)


def test_the_list_counts_the_tokens_of_the_page_alone(
    alice: Client, account: Account, application: Application
) -> None:
    """PostgreSQL counts for each row that a page skips: the 300th page took 0.8 s of its processor."""
    with CaptureQueriesContext(connection) as captured:
        alice.get(f"/panel/{account.pk}/applications/?q=order&sort=name")
        counting = [
            query["sql"] for query in captured.captured_queries if "applications_accesstoken" in query["sql"]
        ]
    assert len(counting) == 1
    assert f'"applications_application"."id" IN ({application.pk})' in counting[0]
    assert f"LIMIT {MOST_TOKENS + 1}" in counting[0]


def plan_of(query: Callable[[], object]) -> str:
    """Return how PostgreSQL answers the only query that is made; no table here is so small that it is read whole."""
    with CaptureQueriesContext(connection) as captured:
        query()
        sql = captured.captured_queries[0]["sql"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + sql.replace("%", "%%"))
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_newest_tokens_are_found_by_their_applications_index(application: Application) -> None:
    """By the primary key it would walk back through the tokens of everybody."""
    make_token(application)
    newest = AccessToken.objects.newest_of(application)
    if connection.vendor == "postgresql":
        assert "token_by_application" in plan_of(lambda: list(newest[:25]))
    with CaptureQueriesContext(connection) as captured:
        assert len(newest) == 1
        sql = captured.captured_queries[0]["sql"]
    assert (
        'ORDER BY "applications_accesstoken"."application_id" DESC, "applications_accesstoken"."id" DESC'
        in sql
    )
    assert f'"application_id" >= {application.pk}' in sql


@pytest.mark.postgres
def test_a_page_of_the_list_is_read_from_an_index_where_it_begins(
    account: Account, application: Application
) -> None:
    """Without it PostgreSQL read and sorted all: with 100,000 applications 30 ms a page."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
    found = account.applications.all().by_use()
    place = Place(now(), application.pk)
    plan = plan_of(lambda: list(found.filter(place.earlier())[:25]))
    assert "Index Scan using application_by_use" in plan
    assert "Filter" not in plan
    assert "ROW(COALESCE(last_used_at" in plan
    assert "Sort" not in plan


def test_a_long_list_is_not_counted_to_its_end(
    alice: Client, account: Account, application: Application
) -> None:
    for query in ("", "?q=order", "?scope=sms", "?state=enabled", "?sort=used"):
        with CaptureQueriesContext(connection) as captured:
            alice.get(f"/panel/{account.pk}/applications/{query}")
            lists = [
                sql["sql"]
                for sql in captured.captured_queries
                if 'FROM "applications_application"' in sql["sql"] and "live_tokens" not in sql["sql"]
            ]
        assert lists, query
        assert [sql for sql in lists if "LIMIT" not in sql] == [], query


def test_tokens_by_address_are_counted_up_to_a_limit(application: Application) -> None:
    for ip in ("192.0.2.9", "192.0.2.1", "192.0.2.1"):
        make_token(application, ip=ip)
    used = make_token(application, ip="192.0.2.1", last_used_at=now())
    AccessToken.objects.filter(pk=used.pk).update(last_used_ip="198.51.100.7")
    rows = AccessToken.objects.newest_of(application).by_address(10)
    assert [(row.address, row.tokens) for row in rows] == [
        ("198.51.100.7", 1),
        ("192.0.2.1", 2),
        ("192.0.2.9", 1),
    ]
    assert sum(row.tokens for row in AccessToken.objects.newest_of(application).by_address(3)) == 3


def test_key_safety_asks_for_each_application_only_about_its_tokens(application: Application) -> None:
    """What is kept and which secrets are old are lists: asked about one by one they took 0.1 s for 10,000."""
    kept = {"kind": Finding.UNUSED, "kept_by": "alice@marlowe.example", "until": now() + timedelta(days=1)}
    KeptFinding.objects.create(account=application.account, application=application, **kept)
    with CaptureQueriesContext(connection) as captured:
        findings = Findings(application.account, now())
        assert findings.counts[Finding.NO_ALLOWED_IPS] == 1
        counting = next(query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"])
    assert counting.count("EXISTS(") == 1
    assert "applications_accesstoken" in counting.partition("EXISTS(")[2].partition(")")[0]


def test_key_safety_looks_again_only_for_the_kinds_of_the_page(application: Application) -> None:
    Application.objects.filter(pk=application.pk).update(lifetime=Lifetime.NEVER)
    findings = Findings(application.account, now())
    assert findings.counts[Finding.NEVER_EXPIRES] == 1
    for part, kind in ((slice(0, 1), Finding.NEVER_EXPIRES), (slice(1, 2), Finding.NO_ALLOWED_IPS)):
        with CaptureQueriesContext(connection) as captured:
            assert findings[part] == [(kind, False, application.pk)]
            sql = captured.captured_queries[0]["sql"]
        assert "UNION" not in sql
        assert ("lifetime" in sql) == (kind == Finding.NEVER_EXPIRES)
    assert [kind for kind, _is_key, _pk in findings[0:25]] == [Finding.NEVER_EXPIRES, Finding.NO_ALLOWED_IPS]
