"""The quick search: what it finds, for whom, and at what cost."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.models import Account, Application, Membership
from applications.panel.search import MOST
from tests.cast import Cast
from tests.factories import make_application, make_member, make_user
from tests.panel.pages import text


def found(
    client: Client, account: Account, words: str, view: str = "search_results"
) -> list[tuple[str, str]]:
    """(address, text) of each result."""
    answer = client.get(reverse(f"panel:{view}", args=[account.pk]), {"q": words})
    assert answer.status_code == 200
    page = answer.content.decode()
    links = re.findall(r'<a role="option"[^>]* href="([^"]+)">(.*?)</a>', page, re.DOTALL)
    if view == "search":
        [*lists] = re.findall(r'<ul class="found">(.*?)</ul>', page, re.DOTALL)
        links = re.findall(r'<a href="([^"]+)">(.*?)</a>', "".join(lists), re.DOTALL)
    return [
        (link.replace("&amp;", "&"), " ".join(re.sub("<[^>]+>", " ", shown).split())) for link, shown in links
    ]


def addresses(client: Client, account: Account, words: str) -> list[str]:
    return [address for address, _shown in found(client, account, words)]


def overview(application: Application) -> str:
    return reverse("panel:overview", args=[application.account_id, application.application_id])


def test_applications_by_part_of_the_name_and_start_of_the_id(alice: Client, cast: Cast) -> None:
    here, own = cast.account, overview(cast.application)
    client_id = cast.application.application_id
    short = f"{client_id[:8]}…{client_id[-8:]}"
    for words in ("notific", "ORDER", client_id, client_id[:8], short, f" {client_id[:9]}  "):
        assert own in addresses(alice, here, words), words
    assert own not in addresses(alice, here, client_id[1:9])
    assert f"{client_id[:8]}…{client_id[-8:]}" in dict(found(alice, here, "notific"))[own], (
        "told apart by its ID"
    )


def test_what_begins_with_the_words_comes_first(alice: Client, cast: Cast) -> None:
    later, _secret = make_application(cast.account, name="Reorder")
    first, _secret = make_application(cast.account, name="Orders of spring")
    order = [path for path in addresses(alice, cast.account, "order") if "/applications/" in path]
    assert order == [overview(first), overview(cast.application), overview(later)]


def test_an_application_without_a_name_is_found_as_untitled(alice: Client, cast: Cast) -> None:
    nameless, _secret = make_application(cast.account, name="")
    assert overview(nameless) in addresses(alice, cast.account, "untitled")


def test_members_by_name_and_email_told_apart_by_email(alice: Client, cast: Cast) -> None:
    make_member(cast.account, make_user("other@marlowe.example", "Bob Marlowe"))
    shown = [line for _address, line in found(alice, cast.account, "bob marl")]
    assert shown == ["Bob Marlowe bob@marlowe.example · Viewer", "Bob Marlowe other@marlowe.example · Viewer"]
    assert "Ada Marlowe ada@marlowe.example · Admin" in [
        line for _a, line in found(alice, cast.account, "ADA@mar")
    ]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("audit", "panel:audit_log"),
        ("time zone", "panel:account_settings"),
        ("Allowed", "panel:allowed_ips"),
        ("refused", "panel:activity"),
        ("passkey", "mfa_index"),
    ],
)
def test_pages_by_their_names_and_other_words(words: str, name: str, alice: Client, cast: Cast) -> None:
    args = [cast.account.pk] if name.startswith("panel:") else []
    assert reverse(name, args=args) in addresses(alice, cast.account, words)


def test_only_pages_that_the_role_may_open(alice: Client, ada: Client, bob: Client, cast: Cast) -> None:
    new, invite = (
        reverse(f"panel:{name}", args=[cast.account.pk]) for name in ("application_new", "member_invite")
    )
    for client, pages in ((alice, {new, invite}), (ada, {new}), (bob, set[str]())):
        offered = {*addresses(client, cast.account, "new app"), *addresses(client, cast.account, "invite")}
        assert offered & {new, invite} == pages


@pytest.mark.parametrize("written", ["{}", "X-Request-Id: {}", "request id {} please"])
def test_a_request_id_leads_to_its_look_ups(written: str, alice: Client, cast: Cast) -> None:
    request_id = str(uuid.uuid4())
    here = f"/panel/{cast.account.pk}"
    assert addresses(alice, cast.account, written.format(request_id.upper())) == [
        f"{here}/activity/?request={request_id}",
        f"{here}/audit-log/?q={request_id}",
    ]


def test_nothing_of_another_account(alice: Client, charlie: Client, cast: Cast) -> None:
    assert addresses(alice, cast.account, "Not yours") == []
    assert addresses(alice, cast.account, cast.his.application_id) == []
    assert addresses(alice, cast.account, "charlie") == []
    for view in ("search", "search_results"):
        address = reverse(f"panel:{view}", args=[cast.account.pk])
        assert charlie.get(address, {"q": "a"}).status_code == 404


def test_a_former_member_is_not_found_and_finds_nothing(alice: Client, bob: Client, cast: Cast) -> None:
    Membership.objects.get(user=cast.bob).delete()
    assert addresses(alice, cast.account, "bob@") == []
    assert bob.get(reverse("panel:search_results", args=[cast.account.pk])).status_code == 404


def test_at_most_some_of_a_kind_and_then_the_list_of_all(alice: Client, cast: Cast) -> None:
    for number in range(MOST + 1):
        make_application(cast.account, name=f"Batch {number}")
        make_member(cast.account, make_user(f"batch{number}@marlowe.example", f"Batch {number}"))
    shown = found(alice, cast.account, "batch")
    assert sum("/applications/" in path and "?" not in path for path, _line in shown) == MOST
    assert (f"/panel/{cast.account.pk}/applications/?q=batch", "Show all that match") in shown
    assert sum("@marlowe" in line for _path, line in shown) == MOST


def test_without_script_the_page_shows_the_same(alice: Client, cast: Cast) -> None:
    assert found(alice, cast.account, "o", "search") == found(alice, cast.account, "o")
    answer = alice.get(reverse("panel:search", args=[cast.account.pk]), {"q": "<b>zzz"})
    assert "Nothing in this account matches “<b>zzz”" in text(answer)
    assert b"<b>zzz" not in answer.content
    assert f'href="/panel/{cast.account.pk}/search/"' in text(alice.get(f"/panel/{cast.account.pk}/members/"))


@pytest.mark.parametrize(
    "words", ["", "  ", "%", "_", "\\", "'", "\u202e", "é" * 200, "a\x00b", "🚚", "…", "\ud83d"]
)
def test_any_words_are_answered(words: str, alice: Client, cast: Cast) -> None:
    query: Any = {"q": words.encode("utf-8", "surrogatepass")}
    answer = alice.get(reverse("panel:search_results", args=[cast.account.pk]), query)
    assert answer.status_code in (200, 400)
    assert b"Order notifications" not in answer.content, "these are letters, not patterns"


def test_as_many_queries_for_many_rows_as_for_few(alice: Client, cast: Cast) -> None:
    def number(view: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            found(alice, cast.account, "a", view)
        return len(queries)

    few = number("search_results"), number("search")
    Application.objects.bulk_create(
        Application(account=cast.account, application_id=f"{each:040x}", name=f"Many {each}")
        for each in range(300)
    )
    assert (number("search_results"), number("search")) == few
    assert few[0] <= 5  # the session, the person, the membership; applications, members
