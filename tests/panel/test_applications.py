"""The list of applications: who sees it, what it shows, how it is searched, filtered, sorted and paged."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.models import Account, Application, GrantedScope, Scope
from applications.models.applications import Lifetime
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application
from applications.operations.secrets import reset_secret
from applications.rules.credentials import new_credential
from tests.factories import make_application, make_token
from tests.panel.pages import text

MAX_BYTES = 100_000


def address(account: Account) -> str:
    return f"/panel/{account.pk}/applications/"


def listed(client: Client, account: Account, **query: str) -> list[str]:
    """The names in the list, in its order."""
    response = client.get(address(account), query)
    assert response.status_code == 200
    return [str(application) for application in response.context["rows"]]


# --- Who ----------------------------------------------------------------------------------------


def test_nobody_is_sent_to_sign_in(client: Client, account: Account) -> None:
    response = client.get(address(account))
    assert response.status_code == 302
    assert response["Location"] == f"/panel/sign-in/?next={address(account)}"


@pytest.mark.parametrize("who", ["alice", "ada"])
def test_owner_and_admin_see_the_list_and_the_button(
    who: str, account: Account, request: pytest.FixtureRequest
) -> None:
    response = request.getfixturevalue(who).get(address(account))
    assert "Order notifications" in text(response)
    assert f'href="{address(account)}new/"' in text(response)


def test_a_viewer_sees_the_list_without_the_button(bob: Client, account: Account) -> None:
    response = bob.get(address(account))
    assert "Order notifications" in text(response)
    assert "new/" not in text(response)


def test_a_stranger_gets_404_as_for_an_account_that_is_not(charlie: Client, account: Account) -> None:
    assert charlie.get(address(account)).status_code == 404
    assert charlie.get("/panel/999999/applications/").status_code == 404


def test_only_the_account_s_own_are_listed(alice: Client, account: Account) -> None:
    assert listed(alice, account) == ["Order notifications"]


def test_it_is_read_only(alice: Client, account: Account) -> None:
    assert alice.post(address(account)).status_code == 405


def test_it_is_not_kept_by_caches(alice: Client, account: Account) -> None:
    assert "no-store" in alice.get(address(account))["Cache-Control"]


# --- What it shows ------------------------------------------------------------------------------


def test_a_row_says_what_the_application_is(alice: Client, application: Application) -> None:
    Application.objects.filter(pk=application.pk).update(last_used_at=now() - timedelta(minutes=5))
    for _number in range(3):
        make_token(application)
    make_token(application, lives=timedelta(hours=1), issued_at=now() - timedelta(days=2))

    page = text(alice.get(address(application.account)))

    assert f'<code title="{application.application_id}">{application.application_id[:8]}…' in page
    assert f'data-copy="{application.application_id}"' in page
    assert '<span class="chip">sms</span><span class="chip">groups</span>' in page
    assert 'data-label="Token lifetime">1 day</td>' in page
    assert 'data-label="Active tokens">3</td>' in page
    assert "5 minutes ago" in page
    assert "Enabled</span>" in page
    for tab in ("", "settings/", "tokens/", "danger/"):
        assert f'href="{address(application.account)}{application.application_id}/{tab}"' in page


def test_one_without_a_name_is_untitled_and_never_used(alice: Client, account: Account) -> None:
    make_application(account, name="")
    page = text(alice.get(address(account)))
    assert "<bdi>Untitled</bdi></a>" in page
    assert "Never" in page


def test_three_scopes_are_shown_and_the_rest_counted_and_named(alice: Client, account: Account) -> None:
    make_application(account, "sms viber whatsapp multichannel reports", name="Many")
    page = text(alice.get(address(account), {"q": "Many"}))
    assert page.count('<span class="chip">') == 3
    assert '+2<span class="visually-hidden"> more: multichannel reports</span>' in page


def test_a_disabled_one_says_so_and_has_no_live_tokens(alice: Client, application: Application) -> None:
    make_token(application)
    switch_application(application=application, enabled=False, actor=OPERATOR)
    page = text(alice.get(address(application.account)))
    assert "Disabled</span>" in page
    assert 'data-label="Active tokens">0</td>' in page


def test_two_secrets_show_until_the_old_one_ends(alice: Client, application: Application) -> None:
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    assert "Two secrets" in text(alice.get(address(application.account)))
    application.secrets.exclude(expires_at=None).update(expires_at=now())
    assert "Two secrets" not in text(alice.get(address(application.account)))


def test_names_are_escaped(alice: Client, account: Account) -> None:
    make_application(account, name="<script>alert(1)</script>")
    page = alice.get(address(account), {"q": "<script>"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_without_any_it_explains_what_one_is(alice: Client, bob: Client, application: Application) -> None:
    delete_application(application=application, actor=OPERATOR)
    for client, links in ((alice, 1), (bob, 0)):
        page = text(client.get(address(application.account)))
        assert "Let your first program in" in page
        assert page.count(f'href="{address(application.account)}new/"') == links


# --- Search, filters, sorting, pages ------------------------------------------------------------


@pytest.fixture
def many(account: Account, application: Application) -> list[Application]:
    """Four in the account: Order notifications, Billing, Warehouse (disabled, never expires), Untitled."""
    billing, _secret = make_application(account, "reports", name="Billing", lifetime=Lifetime.WEEK)
    warehouse, _secret = make_application(account, "sms reports", name="Warehouse", lifetime=Lifetime.NEVER)
    untitled, _secret = make_application(account, "viber", name="")
    switch_application(application=warehouse, enabled=False, actor=OPERATOR)
    for used, number in ((application, 1), (billing, 2)):
        Application.objects.filter(pk=used.pk).update(last_used_at=now() - timedelta(days=number))
    make_token(billing)
    return [application, billing, warehouse, untitled]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "ware"}, ["Warehouse"]),
        ({"q": " BILL "}, ["Billing"]),
        ({"q": "untitled"}, ["Untitled"]),
        ({"q": "%"}, []),
        ({"scope": "reports", "sort": "name"}, ["Billing", "Warehouse"]),
        ({"state": "disabled"}, ["Warehouse"]),
        ({"state": "enabled", "scope": "reports"}, ["Billing"]),
        ({"sort": "name"}, ["Billing", "Order notifications", "Untitled", "Warehouse"]),
        ({"sort": "-name"}, ["Warehouse", "Untitled", "Order notifications", "Billing"]),
        ({"sort": "lifetime"}, ["Untitled", "Order notifications", "Billing", "Warehouse"]),
        ({"sort": "-tokens"}, ["Order notifications", "Billing", "Untitled", "Warehouse"]),  # of before
        ({"sort": "-used"}, ["Order notifications", "Billing", "Untitled", "Warehouse"]),
        ({"sort": "used"}, ["Warehouse", "Untitled", "Billing", "Order notifications"]),
        ({"sort": "-state"}, ["Warehouse", "Untitled", "Billing", "Order notifications"]),
        ({}, ["Order notifications", "Billing", "Untitled", "Warehouse"]),
    ],
    ids=str,
)
def test_search_filters_and_order(
    alice: Client, account: Account, many: list[Application], query: dict[str, str], names: list[str]
) -> None:
    assert listed(alice, account, **query) == names


def test_search_takes_the_start_of_an_id(alice: Client, account: Account, many: list[Application]) -> None:
    wanted = many[2]
    assert listed(alice, account, q=wanted.application_id[:10].upper()) == ["Warehouse"]
    assert listed(alice, account, q=wanted.application_id[10:]) == []


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%FF%FE",
        "q=" + "x" * 5_000,
        "scope=%00",
        "scope=nonsense",
        "state=%27%20OR%201%3D1",
        "sort=password",
        "sort=--name",
        "sort=%00",
        "page=-1",
        "page=99999999999999999999999",
        "page=" + "9" * 5_000,
        "page=%00",
        "after=%00",
        "after=1-",
        "before=" + "9" * 5_000 + "-1",
        "after=1-1&before=1-1",
        "sort=name&sort=-name",
        "unknown=1",
        "%00=%00",
    ],
)
def test_garbage_in_the_address_is_no_error(
    alice: Client, account: Account, many: list[Application], query: str
) -> None:
    response = alice.get(f"{address(account)}?{query}")
    assert response.status_code == 200
    if not query.startswith("q=%FF"):  # which is text all the same, and is looked for
        assert len(response.context["rows"]) == 4


def test_no_match_names_what_was_sought_and_offers_the_way_back(alice: Client, account: Account) -> None:
    page = text(alice.get(address(account), {"q": "ware<hose", "state": "disabled", "scope": "sms"}))
    assert "No application matches “ware<hose”" in page
    assert "Search looks at names and at the start of IDs. Two filters are set." in page
    assert f'href="{address(account)}">Clear search and filters' in page
    assert "Let your first program in" not in page


def test_no_match_of_filters_alone(alice: Client, account: Account) -> None:
    page = text(alice.get(address(account), {"state": "disabled"}))
    assert "No application matches these filters" in page
    assert "One filter is set." in page


def test_a_sorted_head_says_its_direction_and_offers_the_other(alice: Client, account: Account) -> None:
    page = text(alice.get(address(account), {"sort": "name", "q": "order", "page": "1"}))
    assert 'aria-sort="ascending"> <a class="sort" href="?sort=-name&q=order"' in page
    assert page.count('aria-sort="ascending"') == 1
    assert page.count('aria-sort="none"') == 3


def test_pages_of_25_keep_the_filters(alice: Client, account: Account) -> None:
    for number in range(26):
        make_application(account, name=f"Number {number:02}")
    first = alice.get(address(account), {"q": "number", "sort": "name"})
    assert "1–25 of 26 applications" in text(first)
    assert "?q=number&sort=name&page=2" in text(first)
    second = alice.get(address(account), {"q": "number", "sort": "name", "page": "2"})
    assert [str(application) for application in second.context["rows"]] == ["Number 25"]
    assert "26–26 of 26 applications" in text(second)


# --- Lists that are too long to be counted ---------------------------------------------------


@pytest.fixture
def long(account: Account, application: Application, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list of which 60 are more than are counted; the names in its order. The last 29 were never used."""
    monkeypatch.setattr("applications.panel.views.applications.MOST", 40)
    moment = now()
    Application.objects.filter(pk=application.pk).update(last_used_at=moment)
    made = Application.objects.bulk_create(
        Application(
            account=account,
            application_id=new_credential(),
            name=f"No. {place}",
            # Some at the same moment.
            last_used_at=moment - timedelta(minutes=1 + place // 3) if place < 30 else None,
        )
        for place in range(59)
    )
    ordered = sorted(made, key=lambda each: (each.last_used_at or moment - timedelta(days=9), each.pk))
    return ["Order notifications", *(str(each) for each in reversed(ordered))]


def walk(client: Client, account: Account, rel: str, **query: str) -> list[list[str]]:
    """The names of each page, by its links `rel` from the one that is asked for."""
    pages, response = [], client.get(address(account), query)
    while True:
        pages.append([str(application) for application in response.context["rows"]])
        link = re.search(rf'rel="{rel}" href="([^"]+)"', response.content.decode())
        if link is None:
            return pages
        response = client.get(address(account) + unescape(link[1]))


def test_a_long_list_goes_on_from_place_to_place(alice: Client, account: Account, long: list[str]) -> None:
    assert walk(alice, account, "next") == [long[:25], long[25:50], long[50:]]
    assert walk(alice, account, "next", sort="used") == [long[:-26:-1], long[-26:-51:-1], long[-51::-1]]
    second = alice.get(address(account), {"page": "2"})
    assert [str(application) for application in second.context["rows"]] == long[25:50], "an old link"
    assert "25 of more than 40 applications" in text(second)
    assert walk(alice, account, "prev", page="3") == [long[50:], long[25:50], long[:25]]


def test_the_next_page_begins_where_the_last_one_ended_whatever_was_used_meanwhile(
    alice: Client, account: Account, long: list[str]
) -> None:
    first = alice.get(address(account))
    Application.objects.filter(name=long[20]).update(last_used_at=now())
    link = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    assert link is not None
    assert listed(alice, account, after=link[1].partition("after=")[2]) == long[25:50]


def test_a_place_with_nothing_behind_it_shows_the_first_page(
    alice: Client, account: Account, long: list[str]
) -> None:
    assert listed(alice, account, after="0-1") == long[:25]
    assert listed(alice, account, before="9999999999999999-1") == long[:25]
    assert listed(alice, account, page="999") == long[:25]


def test_what_narrows_a_long_list_or_sorts_it_begins_at_the_first_page(
    alice: Client, account: Account, long: list[str]
) -> None:
    page = alice.get(address(account), {"after": "9999999999999999-1"}).content.decode()
    assert "after=" not in re.findall(r'<a class="sort" href="([^"]+)"', page)[0]
    assert "1–10 of 10 applications" in text(alice.get(address(account), {"q": "no. 5", "after": "0-1"}))
    assert "1–25 of 60 applications" in text(alice.get(address(account), {"sort": "name"}))
    assert "25 of more than 40 applications" in text(alice.get(address(account), {"q": "NO."}))


def test_tokens_are_counted_up_to_a_limit(
    alice: Client, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("applications.forms.filters.MOST_TOKENS", 2)
    monkeypatch.setattr("applications.panel.views.applications.MOST_TOKENS", 2)
    for _number in range(2):
        make_token(application)
    assert 'data-label="Active tokens">2</td>' in text(alice.get(address(application.account)))
    for _number in range(2):
        make_token(application)
    assert 'data-label="Active tokens">2+</td>' in text(alice.get(address(application.account)))


# --- Cost ---------------------------------------------------------------------------------------


def fill(account: Account, number: int) -> None:
    """As rows: through the operations ten thousand take minutes, and only reading them is looked at here."""
    moment: datetime = now()
    made = Application.objects.bulk_create(
        Application(
            account=account,
            application_id=new_credential(),
            name=f"Filling {place}",
            scope="sms",
            last_used_at=moment - timedelta(minutes=place),
        )
        for place in range(number)
    )
    sms = Scope.objects.get(name="sms")
    GrantedScope.objects.bulk_create(GrantedScope(application=application, scope=sms) for application in made)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does: figures of an empty table make a plan for one


def number_of_queries(client: Client, account: Account, **query: str) -> int:
    """How many queries the page itself makes; what the session costs is the same for every page."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address(account), query)
    assert response.status_code == 200
    assert len(response.content) < MAX_BYTES
    return sum(
        'FROM "applications_' in sql and 'FROM "applications_user"' not in sql for sql in _texts(queries)
    )


def _texts(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries.captured_queries]


def test_three_rows_and_ten_thousand_cost_the_same_queries(alice: Client, account: Account) -> None:
    fill(account, 2)
    few = number_of_queries(alice, account)
    fill(account, 9_997)
    assert few == number_of_queries(alice, account)
    assert few == number_of_queries(alice, account, q="filling", scope="sms", state="enabled", sort="used")
    assert few == 7
