"""One application, as a member uses it: its tabs, and what its clients notice of each act."""

import base64
import json
import re
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import people
from tests.browser.looks import NARROW, WIDE, Axe, assert_fits_everywhere
from tests.servers import Served

SECRET = "#application-secret"
NAME = "Order notifications"


@dataclass
class Client:
    """A client program of an application: asks for tokens and calls the API with them."""

    url: str
    application_id: str
    secret: str

    def ask(self, secret: str = "") -> tuple[int, dict[str, Any]]:
        """Ask for a token, with its secret or another; return the status and the body."""
        pair = f"{self.application_id}:{secret or self.secret}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return answer(f"{self.url}/oauth/token", headers, b"grant_type=client_credentials")

    def token(self) -> str:
        status, body = self.ask()
        assert status == 200, body
        return str(body["access_token"])

    def call(self, token: str) -> int:
        """Call GET /account with a token; return the status."""
        return answer(f"{self.url}/account", {"Authorization": f"Bearer {token}"})[0]


def answer(url: str, headers: dict[str, str], data: bytes | None = None) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def account(served: Served) -> str:
    """The name of an account; its owner's email begins with it. Each test has an application of its own in it."""
    return make_account(served)


@pytest.fixture(scope="module")
def sampled(served: Served) -> str:
    """The name of another account, filled with the sample."""
    name = make_account(served)
    served.manage("seed_sample", "--account", name)
    return name


def make_account(served: Served) -> str:
    name = uuid.uuid4().hex
    owner = ("--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    served.manage("create_account", name, *owner, "--timezone", "Europe/Warsaw")
    return name


@pytest.fixture
def client(served: Served, account: str) -> Client:
    """The client program of an application of that account, which may use `sms` and `account`."""
    asked = ("--account", account, "--name", NAME, "--scopes", "sms account", "--lifetime", "1 day")
    made = json.loads(served.manage("create_application", *asked, "--json"))
    return Client(served.url, made["application_id"], made["application_secret"])


@pytest.fixture
def overview(page: Page, account: str, client: Client) -> str:
    """The address of that application's Overview, where the owner now is."""
    address = f"{sign_in(page, account)}{client.application_id}/"
    page.goto(address)
    return address


def sign_in(page: Page, account: str) -> str:
    """Sign in as the account's owner; return the address of its list of applications."""
    return people.sign_in(page, f"{account}@walk.example")


def opened(page: Page, axe: Axe, title: str) -> Locator:
    """The dialog of this title, which is open and has nothing that axe finds."""
    dialog = page.get_by_role("dialog", name=title)
    expect(dialog).to_be_visible()
    axe(page)
    return dialog


def expect_message(page: Page, words: str) -> None:
    """The page says so, where it is announced."""
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


# --- The walk -----------------------------------------------------------------------------------


def test_off_and_on(page: Page, overview: str, client: Client, axe: Axe) -> None:
    token = client.token()
    page.reload()
    expect(page.get_by_text("Per day in UTC")).to_be_visible()
    axe(page)
    page.get_by_role("switch").click()
    dialog = opened(page, axe, f"Disable {NAME}?")
    expect(dialog).to_contain_text("127.0.0.1")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert client.call(token) == 200
    dialog.get_by_role("button", name="Disable application").click()

    expect_message(page, f"{NAME} was disabled.")
    expect(page.get_by_role("switch")).not_to_be_checked()
    assert client.ask()[0] == 401
    assert client.call(token) == 401
    axe(page)

    page.get_by_role("switch").click()
    expect_message(page, f"{NAME} was enabled.")
    expect(page.get_by_role("switch")).to_be_checked()
    assert client.ask()[0] == 200
    assert client.call(token) == 200


def test_revoke_one_then_all(page: Page, overview: str, client: Client, axe: Axe) -> None:
    page.goto(f"{overview}tokens/")
    expect(page.get_by_role("heading", name="No token is live")).to_be_visible()
    axe(page)
    first, second, third = client.token(), client.token(), client.token()
    page.reload()
    expect(page.get_by_role("heading", name="3 active tokens")).to_be_visible()
    axe(page)

    page.get_by_role("link", name=f"Revoke token ending {second[-4:]}").click()
    dialog = opened(page, axe, f"Revoke the token ending in {second[-4:]}?")
    dialog.get_by_role("button", name="Revoke token").click()
    expect_message(page, f"The token ending in {second[-4:]} was revoked.")
    assert [client.call(token) for token in (first, second, third)] == [200, 401, 200]

    page.get_by_role("link", name="Revoke all tokens").click()
    dialog = opened(page, axe, f"Revoke all 2 tokens of {NAME}?")
    expect(dialog.get_by_role("listitem")).to_contain_text("2 tokens")
    dialog.get_by_role("button", name="Revoke all tokens").click()
    expect_message(page, f"All 2 tokens of {NAME} were revoked.")
    assert [client.call(token) for token in (first, second, third)] == [401, 401, 401]
    assert client.call(client.token()) == 200


def test_reset_with_an_overlap_then_stop_the_old_secret(
    page: Page, overview: str, client: Client, axe: Axe
) -> None:
    token = client.token()
    page.goto(f"{overview}danger/")
    axe(page)
    page.get_by_role("link", name="Reset secret").click()
    dialog = opened(page, axe, f"Reset the secret of {NAME}?")
    expect(dialog.get_by_role("radio", name="In 24 hours")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("radio", name="In 1 hour")).to_be_checked()
    dialog.get_by_role("button", name="Reset secret").click()

    expect_message(page, "The secret was reset")
    secret = page.locator(SECRET).inner_text()
    assert re.fullmatch(r"[0-9a-f]{40}", secret)
    axe(page)
    assert client.ask()[0] == 200
    assert client.ask(secret)[0] == 200
    page.get_by_role("button", name="Copy application secret").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .env").click()
    assert f"LATCHKEY_SECRET={secret}\n" in download.value.path().read_text()
    expect(page.get_by_role("button", name="Continue")).to_be_disabled()
    page.get_by_role("checkbox", name="I have saved the secret").check()
    page.get_by_role("button", name="Continue").click()

    old = page.get_by_role("region", name="Old secret")
    expect(old).to_contain_text(client.secret[-4:])
    expect(page.get_by_role("region", name="New secret")).to_contain_text(secret[-4:])
    axe(page)

    # A second reset would stop the old one: it says so, and does nothing without the choice
    page.goto(f"{overview}danger/")
    page.get_by_role("link", name="Reset secret").click()
    dialog = opened(page, axe, f"Reset the secret of {NAME}?")
    older = dialog.get_by_role("group", name=f"The older secret, ending in {client.secret[-4:]}, still works")
    expect(older).to_contain_text("It was to work until")
    expect(older).to_contain_text("127.0.0.1")
    dialog.get_by_role("button", name="Reset secret").click()
    choice = older.get_by_role("checkbox", name=f"Stop the secret ending in {client.secret[-4:]} now")
    expect(choice).to_be_focused()
    expect(dialog).to_be_visible()
    assert client.ask()[0] == 200
    dialog.get_by_role("button", name="Cancel").click()
    page.goto(overview)
    old.get_by_role("link", name="Stop it now").click()
    dialog = opened(page, axe, f"Stop the old secret, ending in {client.secret[-4:]}?")
    dialog.get_by_role("button", name="Stop it now").click()
    expect_message(page, f"The old secret, ending in {client.secret[-4:]}, was stopped.")
    assert client.ask()[0] == 401
    assert client.ask(secret)[0] == 200
    assert client.call(token) == 200


def test_delete(page: Page, overview: str, client: Client, axe: Axe) -> None:
    token = client.token()
    page.goto(f"{overview}danger/")
    page.get_by_role("link", name="Delete application").click()
    dialog = opened(page, axe, f"Delete {NAME}?")
    field, button = dialog.get_by_role("textbox"), dialog.get_by_role("button", name="Delete application")
    expect(field).to_be_focused()
    field.fill(NAME.lower())
    expect(button).to_be_disabled()
    field.fill(NAME)
    button.click()
    expect_message(page, f"{NAME} was deleted.")
    axe(page)
    assert client.call(token) == 401
    assert client.ask()[0] == 401
    gone = page.goto(overview)
    assert gone is not None
    assert gone.status == 404


def test_settings(page: Page, overview: str, client: Client, axe: Axe) -> None:
    token = client.token()
    page.goto(f"{overview}settings/")
    expect(page.get_by_text("2 of 15 selected")).to_be_visible()
    axe(page)
    page.get_by_role("checkbox", name="account Read").uncheck()
    page.get_by_role("checkbox", name="sms").uncheck()
    page.get_by_role("textbox", name="Name").fill("Orders")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Orders")
    axe(page)
    assert client.call(token) == 200

    page.get_by_role("checkbox", name="sms").check()
    page.get_by_role("button", name="Save changes").click()
    expect_message(page, "The settings of Orders were saved. account stopped working, for every token.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    assert client.call(token) == 403
    page.goto(f"{overview}tokens/")
    expect(page.get_by_role("row").nth(1).get_by_role("deletion")).to_have_text("account")
    axe(page)


# --- What one looks at --------------------------------------------------------------------------


def test_a_used_application(page: Page, sampled: str, axe: Axe) -> None:
    page.goto(sign_in(page, sampled))
    page.get_by_role("link", name=NAME).first.click()
    overview = page.url
    wide, narrow = page.locator(".chart-wide"), page.locator(".chart-narrow")
    for look, shown, hidden in ((NARROW, narrow, wide), (WIDE, wide, narrow)):
        page.set_viewport_size({"width": look.width, "height": look.height})
        expect(shown).to_be_visible()
        expect(hidden).to_be_hidden()
    page.get_by_text("Show the figures as a table").click()
    expect(
        page.get_by_role("table", name="Tokens issued, API checks and requests refused per day")
    ).to_be_visible()
    axe(page)
    for tab in ("settings/", "tokens/", "danger/"):
        page.goto(overview + tab)
        axe(page)
    for place, name in (("tokens/", "Revoke all tokens"), ("danger/", "Reset secret")):
        page.goto(overview + place)
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("dialog")).to_contain_text("18")
        axe(page)


def test_a_long_name_and_many_scopes_do_not_widen_the_page(page: Page, served: Served, account: str) -> None:
    scopes = "sms viber whatsapp multichannel conversations reports groups originators templates"
    asked = ("--account", account, "--name", "W" * 100, "--scopes", scopes, "--lifetime", "never")
    made = json.loads(served.manage("create_application", *asked, "--json"))
    Client(served.url, made["application_id"], made["application_secret"]).token()
    overview = f"{sign_in(page, account)}{made['application_id']}/"
    for tab in ("", "settings/", "tokens/", "tokens/revoke/", "danger/delete/", "danger/"):
        page.goto(overview + tab)
        assert_fits_everywhere(page)
    for name in ("Reset secret", "Revoke all tokens", "Delete application", "Disable"):
        page.get_by_role("link", name=name, exact=True).click()
        assert_fits_everywhere(page)
        if name == "Disable":
            page.get_by_role("dialog").get_by_role("button").last.click()
        else:
            page.keyboard.press("Escape")
    expect_message(page, "was disabled")
    assert_fits_everywhere(page)


# --- By keyboard, twice, back, and without script -------------------------------------------------


def test_by_keyboard_focus_goes_into_a_dialog_stays_and_comes_back(
    page: Page, overview: str, client: Client
) -> None:
    client.token()
    page.goto(f"{overview}danger/")
    for name, first in (
        ("Reset secret", "input:checked"),
        ("Revoke all tokens", "button"),
        ("Disable", "button"),
        ("Delete application", "input[name=typed]"),
    ):
        opener = page.get_by_role("link", name=name, exact=True)
        opener.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(first).first).to_be_focused()
        for _step in range(8):
            page.keyboard.press("Tab")
            # Past its last field a modal dialog hands the focus to the browser's own bar, never to the page.
            assert page.evaluate("!document.activeElement.closest('main, aside')"), name
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(opener).to_be_focused()


def test_the_switch_by_keyboard(page: Page, overview: str, client: Client) -> None:
    switch = page.get_by_role("switch")
    switch.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")  # Cancel has the focus
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(switch).to_be_focused()
    expect(switch).to_be_checked()
    assert client.ask()[0] == 200


def test_a_second_reset_stops_the_older_secret_once_that_is_chosen(
    page: Page, overview: str, client: Client
) -> None:
    for turn in range(2):
        page.goto(f"{overview}danger/")
        page.get_by_role("link", name="Reset secret").click()
        dialog = page.get_by_role("dialog")
        if turn:
            dialog.get_by_role("checkbox", name=f"Stop the secret ending in {client.secret[-4:]} now").check()
        dialog.get_by_role("button", name="Reset secret").click()
        expect_message(page, "The secret was reset")
        newest = page.locator(SECRET).inner_text()
        page.get_by_role("checkbox", name="I have saved the secret").check()
    assert client.ask()[0] == 401
    assert client.ask(newest)[0] == 200


def test_two_clicks_reset_once(page: Page, overview: str, client: Client) -> None:
    page.goto(f"{overview}danger/")
    page.get_by_role("link", name="Reset secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset secret").dblclick()
    expect_message(page, "The secret was reset")
    assert client.ask(page.locator(SECRET).inner_text())[0] == 200


def test_reloading_and_going_back_never_show_the_new_secret_again(page: Page, overview: str) -> None:
    page.on("dialog", lambda dialog: dialog.accept())  # "Leave this page?", since nothing was ticked
    page.goto(f"{overview}danger/")
    page.get_by_role("link", name="Reset secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset secret").click()
    expect_message(page, "The secret was reset")
    secret = page.locator(SECRET).inner_text()
    page.reload()
    expect(page.get_by_role("heading", name="Stop the old secret", exact=True)).to_be_visible()
    assert secret not in page.content()
    page.goto(overview)
    page.go_back()
    assert secret not in page.content()


def test_without_script_each_question_is_a_page(
    browser: Browser, served: Served, account: str, client: Client
) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    overview = f"{sign_in(page, account)}{client.application_id}/"
    token = client.token()

    page.goto(overview)
    page.get_by_role("switch").click()
    expect(page.get_by_role("heading", name=f"Disable {NAME}?")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    assert page.url == overview
    page.get_by_role("switch").click()
    page.get_by_role("button", name="Disable application").click()
    assert client.call(token) == 401
    page.get_by_role("switch").click()
    assert client.call(token) == 200

    page.goto(f"{overview}tokens/")
    page.get_by_role("link", name=f"Revoke token ending {token[-4:]}").click()
    page.get_by_role("button", name="Revoke token").click()
    assert client.call(token) == 401
    client.token()
    page.reload()
    page.get_by_role("link", name="Revoke all tokens").click()
    page.get_by_role("button", name="Revoke all tokens").click()
    expect_message(page, f"The only token of {NAME} was revoked.")

    page.goto(f"{overview}danger/")
    page.get_by_role("link", name="Reset secret").click()
    page.get_by_role("radio", name="Now").check()
    page.get_by_role("button", name="Reset secret").click()
    secret = page.locator(SECRET).inner_text()
    assert (client.ask()[0], client.ask(secret)[0]) == (401, 200)
    page.reload()  # sends the form again
    expect_message(page, "Nothing was changed just now.")
    assert client.ask(secret)[0] == 200

    page.get_by_role("link", name="Delete application").click()
    page.get_by_role("textbox").fill("Something else")
    page.get_by_role("button", name="Delete application").click()
    expect(page.get_by_role("alert")).to_contain_text(f"This is not “{NAME}”. Nothing was deleted.")
    page.get_by_role("textbox").fill(NAME)
    page.get_by_role("button", name="Delete application").click()
    expect_message(page, f"{NAME} was deleted.")
    assert client.ask(secret)[0] == 401
    context.close()
