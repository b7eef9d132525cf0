"""One navigation: a member who is signed in stays in the panel, whatever page it is and whatever went wrong."""

import re
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.models import Membership, User
from applications.models.memberships import Role
from tests.cast import Cast
from tests.factories import PASSWORD, make_account, make_member, make_user
from tests.panel.addresses import confirm
from tests.panel.pages import text

SIDEBAR, SWITCHER = 'id="sidebar"', 'class="menu switcher"'
OF_PERSON = [
    "mfa_index",
    "account_reauthenticate",
    "mfa_list_webauthn",
    "account_change_password",
]


@pytest.mark.parametrize("name", [*OF_PERSON, "mfa_activate_totp"])
def test_pages_of_the_person_have_the_menu_and_the_switcher(name: str, alice: Client, cast: Cast) -> None:
    confirm(alice)
    page = text(alice.get(reverse(name), follow=True))
    assert SIDEBAR in page
    assert SWITCHER in page
    assert f'href="/panel/{cast.account.pk}/members/"' in page
    assert re.search(r'href="/panel/you/" aria-current="page"', page)


def test_a_visitor_and_a_person_without_an_account_get_no_menu_of_an_account(
    client: Client, signed_in: Callable[[User], Client], db: None
) -> None:
    assert SIDEBAR not in text(client.get("/panel/nothing/"))
    nobody = signed_in(make_user("new@marlowe.example"))
    assert SIDEBAR not in text(nobody.get("/panel/nothing/"))
    own = text(nobody.get(reverse("mfa_index")))
    assert SWITCHER not in own
    assert 'href="/panel/"' in own


def test_not_found_stays_in_the_account_and_leads_back(alice: Client, cast: Cast) -> None:
    home = f"/panel/{cast.account.pk}/"
    before = f"{home}members/?page=2"
    answer = alice.get(f"{home}applications/{'0' * 40}/", headers={"Referer": f"http://testserver{before}"})
    page = text(answer)
    assert answer.status_code == 404
    assert "no-store" in answer["Cache-Control"]
    assert SIDEBAR in page
    assert f'href="{home}applications/"' in page
    assert f'href="{before}"' in page
    assert f">{answer['X-Request-Id']}</code>" in page
    assert f'data-copy="{answer["X-Request-Id"]}"' in page


@pytest.mark.parametrize(
    "referer",
    ["http://evil.example/panel/1/", "//evil.example/", "http://[::1", "", "http://testserver/elsewhere/"],
)
def test_the_way_back_never_leaves_the_panel(referer: str, alice: Client) -> None:
    page = text(alice.get("/panel/nothing/", headers={"Referer": referer}))
    assert "Back to the page before" not in page
    assert "evil" not in page


def test_a_stranger_sees_their_own_account_around_what_is_not_theirs(charlie: Client, cast: Cast) -> None:
    page = text(charlie.get(f"/panel/{cast.account.pk}/members/"))
    assert cast.account.name not in page
    assert f'href="/panel/{cast.elsewhere.pk}/members/"' in page


def test_what_does_not_exist_and_what_is_anothers_look_alike(charlie: Client, cast: Cast) -> None:
    def shown(number: int) -> str:
        answer = charlie.get(f"/panel/{number}/members/")
        page = text(answer).replace(answer["X-Request-Id"], "").replace(f"/{number}/", "/")
        return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page)

    assert shown(cast.account.pk) == shown(10**9)


def test_a_visitor_is_led_to_sign_in_and_on(client: Client, db: None) -> None:
    page = text(client.get("/panel/nothing/?a=1"))
    assert 'href="/panel/sign-in/?next=%2Fpanel%2Fnothing%2F%3Fa%3D1"' in page


def test_a_viewer_reads_which_role_is_in_the_way(bob: Client, cast: Cast) -> None:
    answer = bob.post(
        f"/panel/{cast.account.pk}/applications/new/", {"name": "Kept by the page", "scopes": "sms"}
    )
    assert answer.status_code == 403
    page = text(answer)
    assert "you are Viewer" in page
    assert SIDEBAR in page


def test_a_member_removed_while_sending_a_form_reads_that_nothing_was_stored(cast: Cast, ada: Client) -> None:
    other = make_account("Second", "owner@second.example")
    make_member(other, cast.ada, Role.VIEWER)
    path = f"/panel/{cast.account.pk}/applications/new/"
    confirm(ada)
    assert ada.get(path).status_code == 200
    Membership.objects.get(account=cast.account, user=cast.ada).delete()
    sent = {"name": "Half an hour of typing", "lifetime": "1 day", "scopes": "sms"}
    answer = ada.post(path, sent, headers={"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"})
    page = text(answer)
    assert answer.status_code == 404
    assert "Nothing was changed." in page
    assert "Half an hour of typing" in page
    assert cast.account.name not in page
    assert f'href="/panel/{other.pk}/applications/"' in page
    assert not cast.account.applications.filter(name=sent["name"]).exists()


def test_the_frame_costs_one_query(alice: Client, cast: Cast) -> None:
    def number(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert alice.get(path).status_code == 404
        return len(queries)

    few = number("/panel/nothing/")
    for name in ("B", "C", "D"):
        make_member(make_account(name, "other@second.example"), cast.alice)
    assert number("/panel/nothing/") == few <= 3  # the session, the person, their accounts


@pytest.mark.parametrize("path", ["/panel/nothing/", "/panel/sign-in/nothing/"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % number for number in range(2_000)), "application/x-www-form-urlencoded"),
        (b"--no end", "multipart/form-data; boundary="),
        (b"--no end", "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_cannot_be_read_is_no_error_of_this_server(
    path: str, body: bytes, kind: str, alice: Client
) -> None:
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    alice.raise_request_exception = False
    assert alice.post(path, body, kind, headers=headers).status_code == 404


# --- The database does not answer ----------------------------------------------------------------


def refuse(*_statement: object) -> None:
    raise OperationalError("connection refused")


def test_503_keeps_the_menu_of_the_account_without_the_database(alice: Client, cast: Cast) -> None:
    alice.raise_request_exception = False
    path = f"/panel/{cast.account.pk}/members/?page=2"
    with connection.execute_wrapper(refuse):
        answer = alice.get(path)
        elsewhere = alice.get("/panel/you/")
    assert (answer.status_code, elsewhere.status_code) == (503, 503)
    page = text(answer)
    assert SIDEBAR in page
    assert f'href="/panel/{cast.account.pk}/audit-log/"' in page
    assert f'href="{path}"' in page
    assert answer["X-Request-Id"] in page
    assert cast.account.name not in page
    assert SIDEBAR not in text(elsewhere), "no address says which account it is"


def test_503_shows_the_account_that_was_found_before_the_database_stopped(alice: Client, cast: Cast) -> None:
    alice.raise_request_exception = False

    def stops(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if "applications_application" in sql:
            raise OperationalError("gone")
        return execute(sql, *rest)

    with connection.execute_wrapper(stops):
        answer = alice.get(f"/panel/{cast.account.pk}/applications/")
    assert answer.status_code == 503
    assert SWITCHER in text(answer)
    assert cast.account.name in text(answer)


# --- The account used last -----------------------------------------------------------------------


@pytest.fixture
def second(cast: Cast) -> int:
    """The number of another account of Alice's, after the first by name."""
    account = make_account("Zulu", "zulu@second.example")
    make_member(account, cast.alice)
    return account.pk


def test_signing_in_leads_to_the_account_used_last_on_any_device(
    cast: Cast, second: int, signed_in: Callable[[User], Client]
) -> None:
    assert signed_in(cast.alice).get("/panel/")["Location"] == f"/panel/{cast.account.pk}/applications/"
    signed_in(cast.alice).get(f"/panel/{second}/members/")
    anew = User.objects.get(pk=cast.alice.pk)
    assert signed_in(anew).get("/panel/")["Location"] == f"/panel/{second}/applications/"
    assert f'href="/panel/{second}/members/"' in text(signed_in(anew).get(reverse("mfa_index")))


def test_an_account_one_has_left_is_not_led_to(cast: Cast, second: int, alice: Client) -> None:
    alice.get(f"/panel/{second}/members/")
    Membership.objects.get(account=second, user=cast.alice).delete()
    assert alice.get("/panel/")["Location"] == f"/panel/{cast.account.pk}/applications/"


def test_only_another_account_is_written_and_a_strangers_is_not(
    cast: Cast, second: int, alice: Client
) -> None:
    def writes(number: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            alice.get(f"/panel/{number}/members/")
        return sum(
            'last_account_id" =' in query["sql"] for query in queries if query["sql"].startswith("UPDATE")
        )

    assert [writes(second), writes(second), writes(cast.account.pk)] == [1, 0, 1]
    assert writes(cast.elsewhere.pk) == 0
    assert User.objects.get(pk=cast.alice.pk).last_account == cast.account


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/panel/you/sessions/", "/panel/you/sessions/"),
        ("//evil.example/", "/panel/"),
        ("https://evil.example/panel/", "/panel/"),
        ("javascript:alert(1)", "/panel/"),
        ("http://[::1", "/panel/"),
    ],
)
def test_next_is_kept_and_checked(wanted: str, led_to: str, cast: Cast, client: Client) -> None:
    sent = {"login": cast.alice.email, "password": PASSWORD, "next": wanted}
    assert client.post("/panel/sign-in/", sent)["Location"] == led_to


# --- Accounts of the same name -------------------------------------------------------------------


def test_accounts_of_the_same_name_are_told_apart_by_their_numbers(cast: Cast, alice: Client) -> None:
    page = text(alice.get(f"/panel/{cast.account.pk}/members/"))
    assert f"Account {cast.account.pk}" not in page
    twin = make_account(cast.account.name, "twin@second.example")
    make_member(twin, cast.alice)
    page = text(alice.get(f"/panel/{cast.account.pk}/members/"))
    assert f"Account {cast.account.pk}" in page
    assert f"Account {twin.pk}" in page
