"""Allowed IPs in the panel: what is shown, what is asked before a list locks anyone out, who may do what."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from applications.models import Account, AddressUse, AllowedIP, APIKey, Application
from applications.operations.actors import OPERATOR
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.panel.allowed_ips import SHOWN, USERS
from applications.rules.names import Name
from applications.rules.networks import NetworkText
from bench.panel_pages import MOST_QUERIES
from tests.cast import Cast
from tests.factories import make_application, make_token
from tests.panel.addresses import confirm
from tests.panel.pages import text

HERE = "127.0.0.1"  # where Django's test client says it is


@dataclass(frozen=True)
class Place:
    """A list and its pages: the account's, or an application's."""

    account: Account
    application: Application | None

    def url(self, verb: str = "", *line: int) -> str:
        name = "panel:application_allowed_ips" if self.application else "panel:allowed_ips"
        keys = [self.account.pk, *([self.application.application_id] if self.application else [])]
        return reverse(f"{name}_{verb}" if verb else name, args=[*keys, *line])

    def remove_url(self, network: str) -> str:
        listed = AllowedIP.objects.filter(account=self.account, application=self.application)
        return self.url("remove", listed.get(network=network).pk)

    def networks(self) -> list[str]:
        listed = AllowedIP.objects.filter(account=self.account, application=self.application)
        return list(listed.values_list("network", flat=True))

    def allow(self, *networks: str) -> None:
        add = [Line(NetworkText(network)) for network in networks]
        change_allowed_ips(account=self.account, application=self.application, add=add, actor=OPERATOR)


@pytest.fixture(params=["account", "application"])
def place(cast: Cast, request: pytest.FixtureRequest) -> Place:
    """Each test that has one is about both lists."""
    return Place(cast.account, cast.application if request.param == "application" else None)


@pytest.fixture
def of_account(cast: Cast) -> Place:
    return Place(cast.account, None)


@pytest.fixture
def of_application(cast: Cast) -> Place:
    return Place(cast.account, cast.application)


def used(holder: Application | APIKey, ip: str, count: int = 1, *, days_ago: int = 0) -> None:
    """Let good credentials of `holder` have been used from `ip`."""
    whose = {"application": holder} if isinstance(holder, Application) else {"api_key": holder}
    moment = now() - timedelta(days=days_ago)
    AddressUse.objects.create(**whose, ip=ip, count=count, day=moment.date(), last_at=moment)


@pytest.fixture
def alice(alice: Client) -> Client:
    """Alice, who has given her password just now."""
    confirm(alice)
    return alice


@pytest.fixture
def ada(ada: Client) -> Client:
    """Ada, who has given her password just now."""
    confirm(ada)
    return ada


# --- Showing -------------------------------------------------------------------------------------


def test_an_empty_list_says_that_it_allows_everything(alice: Client, place: Place) -> None:
    page = text(alice.get(place.url()))
    assert "The list is empty: it allows every address." in page
    assert f"<code>{HERE}</code>" in page
    assert "The list is empty, so credentials work from here." in page
    assert "Add my address" in page
    assert "locked out" not in page
    assert "An empty list allows every address. A change holds at the very next request." in page


def test_lines_are_shown_with_note_size_last_use_and_who_added_them(
    alice: Client, cast: Cast, of_application: Place
) -> None:
    alice.post(of_application.url("add"), {"network": "198.51.100.0/24", "note": "Shop servers, Gdańsk"})
    of_application.allow("2001:db8::/48", "203.0.113.8")
    used(cast.application, "198.51.100.23", days_ago=1)
    used(cast.application, "2001:db8:0:1::5")
    page = text(alice.get(of_application.url()))
    first, second, third = page.split('<tr role="row"> <td')[1:]
    assert '<code class="title">198.51.100.0/24</code><small>Shop servers, Gdańsk</small>' in first
    assert ">256</td>" in first
    assert ">Yesterday</time>" in first
    assert "<div>Alice Marlowe<small>" in first
    assert "2<sup>80</sup>" in second
    assert "2 to the power of 80" in second
    assert ">Just now</time>" in second
    assert '<code class="title">203.0.113.8</code></div>' in third
    assert ">1</td>" in third
    assert "Not in the last 30 days" in third


def test_the_lists_are_where_menu_and_tabs_lead(
    alice: Client, of_account: Place, of_application: Place
) -> None:
    page = text(alice.get(of_application.url()))
    assert f'<a href="{of_account.url()}"' in page
    assert f'<a href="{of_application.url()}" aria-current="page">Allowed IPs</a>' in page
    assert f'<a href="{of_account.url()}" aria-current="page">' in text(alice.get(of_account.url()))


def test_ones_own_address_is_on_the_list_or_not(alice: Client, place: Place) -> None:
    place.allow("198.51.100.0/24")
    page = text(alice.get(place.url()))
    assert "It is not on the list: the panel works anyway" in page
    assert "Add my address" in page
    place.allow("127.0.0.0/8")
    page = text(alice.get(place.url()))
    assert "This is where you are now. It is on the list." in page
    assert "Add my address" not in page


def test_an_applications_page_minds_the_accounts_list(
    alice: Client, of_account: Place, of_application: Place
) -> None:
    of_account.allow("198.51.100.0/24")
    page = text(alice.get(of_application.url()))
    assert "The list is empty: it allows every address that the account's list allows." in page
    assert "This list is empty, but the account's is not, and does not hold it" in page
    of_application.allow(HERE)
    page = text(alice.get(of_application.url()))
    assert "It is on this list, but not on the account's: credentials tried from here are refused." in page
    of_account.allow(HERE)
    assert "This is where you are now. It is on the list." in text(alice.get(of_application.url()))


def test_the_lists_never_gate_the_panel(alice: Client, of_account: Place, of_application: Place) -> None:
    of_account.allow("198.51.100.0/24")
    of_application.allow("203.0.113.0/24")
    for place in (of_account, of_application):
        assert alice.get(place.url()).status_code == 200
        assert alice.post(place.url("add"), {"network": "192.0.2.1"}).status_code == 302


def test_addresses_in_use_are_said_to_be_on_the_list(alice: Client, cast: Cast, place: Place) -> None:
    place.allow("198.51.100.0/24")
    assert "No address used credentials in the last 30 days." in text(alice.get(place.url()))
    used(cast.application, "198.51.100.1")
    page = text(alice.get(place.url()))
    assert "Nothing in use would be locked out" in page
    assert "The address that used credentials in the last 30 days is on this list." in page
    used(cast.application, "198.51.100.2")
    page = text(alice.get(place.url()))
    assert "All 2 addresses that used credentials in the last 30 days are on this list." in page


def test_addresses_in_use_that_are_refused_can_be_added_one_by_one(
    alice: Client, cast: Cast, place: Place
) -> None:
    used(cast.application, "203.0.113.77", 212)
    place.allow("198.51.100.0/24")
    page = text(alice.get(place.url()))
    assert "An address in use is refused" in page
    assert "212 calls, last " in page
    assert 'aria-label="Add 203.0.113.77"' in page
    assert '<input type="hidden" name="network" value="203.0.113.77">' in page
    alice.post(place.url("add"), {"network": "203.0.113.77"})
    assert "Nothing in use would be locked out" in text(alice.get(place.url()))


# --- Adding --------------------------------------------------------------------------------------


def test_a_line_is_added(alice: Client, cast: Cast, place: Place) -> None:
    answer = alice.post(place.url("add"), {"network": " 2001:DB8::/32 ", "note": " IPv6 "}, follow=True)
    assert answer.redirect_chain == [(place.url(), 302)]
    assert "2001:db8::/32 was added. Nothing in use is locked out." in text(answer)
    line = AllowedIP.objects.get()
    assert (line.network, line.note, line.created_by) == ("2001:db8::/32", "IPv6", cast.alice.email)
    assert line.application == place.application


def test_the_first_line_asks_about_the_addresses_it_would_lock_out(
    alice: Client, cast: Cast, of_application: Place
) -> None:
    used(cast.application, "203.0.113.77", 211, days_ago=2)
    used(cast.application, "203.0.113.77", days_ago=1)
    used(cast.application, "2001:db8::9", 3, days_ago=3)
    used(cast.application, "198.51.100.23", 9_000)
    used(cast.his, "192.0.2.200", 5)
    answer = alice.post(of_application.url("add"), {"network": "198.51.100.0/24", "note": "Shop"})
    page = re.sub("</?time[^>]*>", "", text(answer)).replace("> <", "><")
    assert answer.status_code == 200
    assert "These 2 addresses would be locked out" in page
    assert "With 198.51.100.0/24 as its first line, the list refuses every other address." in page
    assert "They used credentials of this application in the last 30 days." in page
    assert '<code>203.0.113.77</code><small class="help">212 calls, last yesterday, ' in page
    assert '<code>2001:db8::9</code><small class="help">3 calls, last ' in page
    assert page.index("203.0.113.77</code>") < page.index("2001:db8::9</code>")
    assert "<code>198.51.100.23</code>" not in page
    assert "192.0.2.200" not in page
    assert '<input type="hidden" name="note" value="Shop">' in page
    assert of_application.networks() == []


def test_one_address_is_asked_about_in_the_singular(alice: Client, cast: Cast, place: Place) -> None:
    used(cast.application, "203.0.113.77")
    page = text(alice.post(place.url("add"), {"network": "198.51.100.0/24"}))
    assert "This address would be locked out" in page
    assert "1 call, " in page


def test_the_chosen_addresses_are_added_with_the_line(alice: Client, cast: Cast, place: Place) -> None:
    for ip in ("203.0.113.77", "203.0.113.78", "2001:db8::9"):
        used(cast.application, ip)
    sent = {
        "network": "198.51.100.0/24",
        "note": "Shop",
        "save": "with",
        "chosen": ["203.0.113.77/32", "2001:db8::9/128"],
    }
    answer = alice.post(place.url("add"), sent, follow=True)
    words = "198.51.100.0/24 was added. 2 addresses in use were added. 1 address in use is refused now."
    assert words in text(answer)
    assert sorted(place.networks()) == ["198.51.100.0/24", "2001:db8::9/128", "203.0.113.77/32"]
    notes = dict(AllowedIP.objects.values_list("network", "note"))
    assert notes["203.0.113.77/32"] == "Used by Order notifications"
    assert notes["198.51.100.0/24"] == "Shop"


def test_the_line_is_added_without_them(alice: Client, cast: Cast, place: Place) -> None:
    used(cast.application, "203.0.113.77")
    sent = {"network": "198.51.100.0/24", "save": "without", "chosen": ["203.0.113.77/32"]}
    answer = alice.post(place.url("add"), sent, follow=True)
    assert "198.51.100.0/24 was added. 1 address in use is refused now." in text(answer)
    assert place.networks() == ["198.51.100.0/24"]


def test_only_addresses_that_would_be_locked_out_are_added_besides(
    alice: Client, cast: Cast, place: Place
) -> None:
    used(cast.application, "203.0.113.77")
    sent = {"network": "198.51.100.0/24", "save": "with", "chosen": ["0.0.0.0/0", "203.0.113.77/32"]}
    alice.post(place.url("add"), sent)
    assert sorted(place.networks()) == ["198.51.100.0/24", "203.0.113.77/32"]


@pytest.mark.parametrize("chosen", ["nonsense", "203.0.113.77/24", "\x00"])
def test_what_is_not_an_address_is_no_answer(alice: Client, cast: Cast, place: Place, chosen: str) -> None:
    used(cast.application, "203.0.113.77")
    sent = {"network": "198.51.100.0/24", "save": "with", "chosen": [chosen]}
    assert "would be locked out" in text(alice.post(place.url("add"), sent))
    assert place.networks() == []


def test_a_second_line_locks_nobody_out_and_does_not_ask(alice: Client, cast: Cast, place: Place) -> None:
    place.allow("198.51.100.0/24")
    used(cast.application, "203.0.113.77")
    assert alice.post(place.url("add"), {"network": "192.0.2.1"}).status_code == 302
    assert place.networks() == ["198.51.100.0/24", "192.0.2.1/32"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"network": "198.51.100.1/24"}, "The network is 198.51.100.0/24."),
        ({"network": "fe80::1%eth0"}, "zone id"),
        ({"network": ""}, "Write an address or a network."),
        ({"network": "192.0.2.1\x00"}, "Null characters are not allowed."),
        ({"network": "192.0.2.1", "note": "x" * 101}, "at most 100 characters"),
        ({"network": "192.0.2.1", "note": "a\tb"}, "without control characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(
    alice: Client, place: Place, sent: dict[str, str], words: str
) -> None:
    answer = alice.post(place.url("add"), sent)
    page = text(answer)
    assert answer.status_code == 422
    assert "The list was not changed" in page
    assert page.count(words) == 2, "once in the summary, once at the field"
    assert 'aria-invalid="true"' in page
    assert "Nothing in use" not in page
    assert place.networks() == []


def test_a_network_is_listed_once(alice: Client, place: Place) -> None:
    place.allow("192.0.2.1")
    answer = alice.post(place.url("add"), {"network": "192.0.2.1/32"})
    assert answer.status_code == 422
    assert "192.0.2.1 is on the list already." in text(answer)


def test_what_people_write_is_not_markup(alice: Client, place: Place) -> None:
    alice.post(place.url("add"), {"network": "192.0.2.1", "note": "<b>bold</b>"})
    assert b"<small>&lt;b&gt;bold&lt;/b&gt;</small>" in alice.get(place.url()).content
    assert b"<script>" not in alice.post(place.url("add"), {"network": "<script>"}).content


# --- Whose addresses -----------------------------------------------------------------------------


def test_the_accounts_page_names_applications_and_keys(alice: Client, cast: Cast, of_account: Place) -> None:
    other, _secret = make_application(cast.account, name="Booking reminders")
    key, _value = create_api_key(account=cast.account, name=Name("Billing"), scopes=None, actor=OPERATOR)
    used(cast.application, "203.0.113.77", 212)
    used(other, "203.0.113.77", 4)
    used(key, "203.0.113.80", 6)
    used(cast.his, "192.0.2.200", 5)
    page = text(alice.post(of_account.url("add"), {"network": "198.51.100.0/24"}))
    assert "These 2 addresses would be locked out" in page
    assert "They used credentials of this account in the last 30 days." in page
    assert '<small class="help">Order notifications: 212 calls, last ' in page
    assert '<small class="help">Booking reminders: 4 calls, last ' in page
    assert f'<small class="help">API key Billing ••••{key.hint}: 6 calls, last ' in page
    assert "192.0.2.200" not in page


def test_keys_that_stopped_and_uses_of_long_ago_have_nothing_to_lose(
    alice: Client, cast: Cast, of_account: Place
) -> None:
    key, _value = create_api_key(account=cast.account, name=Name("Billing"), scopes=None, actor=OPERATOR)
    used(key, "203.0.113.80")
    revoke_api_key(api_key=key, actor=OPERATOR)
    used(cast.application, "203.0.113.81", days_ago=31)
    assert alice.post(of_account.url("add"), {"network": "198.51.100.0/24"}).status_code == 302


def test_what_the_applications_list_refuses_already_is_not_locked_out_by_the_accounts(
    alice: Client, cast: Cast, of_account: Place, of_application: Place
) -> None:
    of_application.allow("198.51.100.0/24")
    used(cast.application, "203.0.113.77")
    assert alice.post(of_account.url("add"), {"network": "198.51.0.0/16"}).status_code == 302


def test_uses_not_counted_yet_are_seen_on_the_credentials_themselves(
    alice: Client, cast: Cast, of_account: Place
) -> None:
    create_api_key(account=cast.account, name=Name(""), scopes=None, actor=OPERATOR)
    moment = now()
    Application.objects.update(last_used_at=moment, last_used_ip="203.0.113.1")
    cast.application.secrets.update(last_used_at=moment, last_used_ip="203.0.113.2")
    APIKey.objects.update(last_used_at=moment, last_used_ip="203.0.113.3")
    make_token(cast.application, ip="203.0.113.4")
    make_token(cast.application, ip="203.0.113.5", issued_at=moment - timedelta(days=40), lives=None)
    make_token(
        cast.application,
        ip="203.0.113.6",
        issued_at=moment - timedelta(days=40),
        lives=None,
        last_used_at=moment,
    )
    make_token(cast.his, ip="203.0.113.7")
    page = text(alice.post(of_account.url("add"), {"network": "198.51.100.0/24"}))
    shown = [f"203.0.113.{number}" for number in range(1, 8) if f"<code>203.0.113.{number}</code>" in page]
    assert shown == [f"203.0.113.{number}" for number in (1, 2, 3, 4, 6)]


# --- Removing ------------------------------------------------------------------------------------


def test_removing_a_line_asks_in_its_own_words(alice: Client, cast: Cast, place: Place) -> None:
    used(cast.application, "198.51.100.23")
    place.allow("198.51.100.0/24", "192.0.2.1")
    page = text(alice.post(place.remove_url("192.0.2.1/32")))
    assert "<h2>Remove 192.0.2.1?</h2>" in page
    assert "No address that used them in the last 30 days would be locked out." in page
    assert len(place.networks()) == 2
    sent = {"save": "without", "others_stay": "on"}
    answer = alice.post(place.remove_url("192.0.2.1/32"), sent, follow=True)
    assert "192.0.2.1 was removed. Nothing in use is locked out." in text(answer)
    assert place.networks() == ["198.51.100.0/24"]


def test_removing_asks_about_the_addresses_it_would_lock_out(alice: Client, cast: Cast, place: Place) -> None:
    used(cast.application, "198.51.100.23", 40)
    used(cast.application, "203.0.113.77")
    place.allow("198.51.100.0/24", "192.0.2.1")
    page = text(alice.post(place.remove_url("198.51.100.0/24")))
    assert "<h2>Remove 198.51.100.0/24?</h2>" in page
    assert "This address would be locked out" in page
    assert "Without 198.51.100.0/24, it is on no line of the list. It used credentials of this " in page
    assert 'value="198.51.100.23/32" checked' in page
    assert 'value="203.0.113.77/32" checked' not in page, "it is refused already"
    assert len(place.networks()) == 2
    sent = {"save": "with", "chosen": ["198.51.100.23/32"]}
    answer = alice.post(place.remove_url("198.51.100.0/24"), sent, follow=True)
    words = "198.51.100.0/24 was removed. 1 address in use was added. Nothing in use is locked out."
    assert words in text(answer)
    assert place.networks() == ["192.0.2.1/32", "198.51.100.23/32"]


def test_removing_the_last_line_asks_because_it_opens_the_list(
    alice: Client, cast: Cast, place: Place
) -> None:
    place.allow("198.51.100.0/24")
    page = text(alice.post(place.remove_url("198.51.100.0/24")))
    assert "Remove 198.51.100.0/24, the last line?" in page
    assert "An empty list allows every address" in page
    assert place.networks() == ["198.51.100.0/24"]
    answer = alice.post(place.remove_url("198.51.100.0/24"), {"save": "without"}, follow=True)
    assert "The list is empty now: it allows every address." in text(answer)
    assert place.networks() == []


def test_what_became_the_last_line_meanwhile_is_asked_about_again(alice: Client, place: Place) -> None:
    """Alice was asked about one of two lines; another admin removed the other one before she answered."""
    place.allow("198.51.100.0/24")
    page = text(alice.post(place.remove_url("198.51.100.0/24"), {"save": "without", "others_stay": "on"}))
    assert "Remove 198.51.100.0/24, the last line?" in page
    assert 'name="others_stay"' not in page
    assert place.networks() == ["198.51.100.0/24"]


def test_a_line_of_another_list_is_not_there(
    alice: Client, cast: Cast, of_account: Place, of_application: Place
) -> None:
    for other in (of_application, Place(cast.elsewhere, None), Place(cast.elsewhere, cast.his)):
        other.allow("192.0.2.1")
        line = AllowedIP.objects.get(account=other.account, application=other.application)
        assert alice.post(of_account.url("remove", line.pk), {"save": "without"}).status_code == 404
    assert AllowedIP.objects.count() == 3


def test_looking_at_what_is_posted_leads_back_to_the_list(alice: Client, place: Place) -> None:
    place.allow("192.0.2.1")
    for url in (place.url("add"), place.remove_url("192.0.2.1/32")):
        assert alice.get(url).headers["Location"] == place.url()
    assert place.networks() == ["192.0.2.1/32"]


# --- Who may -------------------------------------------------------------------------------------


def test_a_viewer_sees_the_list_and_no_form(bob: Client, cast: Cast, place: Place) -> None:
    used(cast.application, "203.0.113.77")
    place.allow("198.51.100.0/24")
    page = text(bob.get(place.url()))
    assert "198.51.100.0/24" in page
    assert "<code>203.0.113.77</code>" in page
    assert f"<code>{HERE}</code>" in page
    content = page[page.index('<main class="page') : page.index("</main>")]
    for drawn in ("<form", "<button class", "<input", "Add my address", "Actions"):
        assert drawn not in content.replace('<button class="copy"', ""), drawn


@pytest.mark.parametrize(
    ("who", "looks", "changes"),
    [("alice", 200, 302), ("ada", 200, 302), ("bob", 200, 403), ("charlie", 404, 404)],
)
def test_roles(
    cast: Cast, signed_in: Callable[..., Client], place: Place, who: str, looks: int, changes: int
) -> None:
    place.allow("192.0.2.1", "192.0.2.2")
    client = signed_in(getattr(cast, who))
    confirm(client)
    assert client.get(place.url()).status_code == looks
    assert client.post(place.url("add"), {"network": "192.0.2.3"}).status_code == changes
    assert client.post(place.remove_url("192.0.2.1/32"), {"save": "without"}).status_code == changes
    assert len(place.networks()) == 2


def test_a_form_from_elsewhere_is_refused(cast: Cast, place: Place) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    assert client.post(place.url("add"), {"network": "192.0.2.3"}).status_code == 403
    assert place.networks() == []


# --- Cost ----------------------------------------------------------------------------------------


def test_an_empty_list_is_compared_with_nothing(alice: Client, cast: Cast, place: Place) -> None:
    used(cast.application, "203.0.113.77")
    with CaptureQueriesContext(connection) as captured:
        alice.get(place.url())
    assert not [query for query in captured.captured_queries if "addressuse" in query["sql"]]


def test_of_many_addresses_and_users_a_few_are_shown(alice: Client, cast: Cast, place: Place) -> None:
    place.allow("198.51.100.0/24")
    others = [make_application(cast.account, name=f"Branch {number}")[0] for number in range(USERS)]
    for number in range(SHOWN + 1):
        used(cast.application, f"203.0.113.{number}", days_ago=number % 20)
    for each in others:
        used(each, "203.0.113.0")
    page = text(alice.get(place.url()))
    assert f"{SHOWN + 1} addresses in use are refused" in page
    assert page.count('aria-label="Add 203.0.113.') == SHOWN
    assert "Those used last are shown." in page
    assert page.count("Branch") + page.count("And others") == (0 if place.application else USERS + 1)


def test_much_costs_as_many_queries_as_little(
    alice: Client, cast: Cast, place: Place, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    place.allow("198.51.100.0/24")
    used(cast.application, "198.51.100.1")
    used(cast.application, "203.0.113.200")
    alice.get(place.url())
    with django_assert_max_num_queries(MOST_QUERIES) as little:
        alice.get(place.url())
    place.allow(*(f"192.0.2.{number}" for number in range(99)))
    for number in range(60):
        used(make_application(cast.account)[0], f"203.0.113.{number}")
        used(cast.application, f"203.0.113.{number}")
    with django_assert_max_num_queries(len(little)) as much:
        page = alice.get(place.url())
    assert len(much) == len(little)
    assert len(page.content) < 200_000
