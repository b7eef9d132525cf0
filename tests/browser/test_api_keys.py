"""API keys, as a member uses them: from the empty list to a key that works, and to its end."""

import re
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.looks import Axe, Look, assert_fits, assert_fits_everywhere, at_every_width, in_every_look
from tests.servers import Served

KEY = "#api-key"


@pytest.fixture
def owner(served: Served) -> str:
    """The email of the owner of a new account, which has no API key yet."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    return f"{name}@walk.example"


@pytest.fixture
def keys(page: Page, owner: str) -> str:
    """The address of the list of that account's API keys; its owner has just signed in."""
    return sign_in(page, owner)


def sign_in(page: Page, email: str) -> str:
    return people.sign_in(page, email).replace("/applications/", "/api-keys/")


def create(page: Page, keys: str, name: str, *scopes: str) -> str:
    """Go through New API key and return the key, whose page is open afterwards; without scopes, for all."""
    page.goto(f"{keys}new/")
    page.get_by_role("textbox", name="Name").fill(name)
    if not scopes:
        page.get_by_role("radio", name="All scopes").check()
    for scope in scopes:
        page.get_by_role("checkbox", name=re.compile(f"^{scope} ")).check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} was created")
    return page.locator(KEY).inner_text()


def saved(page: Page, keys: str) -> None:
    page.get_by_role("checkbox", name="I have saved the key").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(keys)


def call(page: Page, key: str) -> int:
    """Call GET /account with a key, as a program does; return the status."""
    url = re.sub(r"/panel/.*", "/account", page.url)
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers={"X-API-KEY": key}), timeout=10
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@in_every_look
def test_from_an_empty_list_to_a_key_and_to_its_end(page: Page, keys: str, look: Look, axe: Axe) -> None:
    # The way there, and the empty list
    if look.narrow:
        page.get_by_role("banner").get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="API keys").click()
    assert page.url == keys
    expect(page.get_by_role("heading", name="Call the API with one header")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="New API key").click()

    # The form, and what is wrong with it
    boxes = page.get_by_role("group", name="Scopes", exact=True)
    expect(boxes).to_be_visible()
    axe(page)
    page.get_by_role("radio", name="All scopes").check()
    expect(boxes).to_be_hidden()
    axe(page)
    page.get_by_role("radio", name="Chosen scopes").check()
    page.get_by_label("Expiry date").fill("2001-01-01")
    page.get_by_role("button", name="Create").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("This API key was not created")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(3)
    axe(page)
    summary.get_by_role("link", name="Choose at least one scope").click()
    expect(page.locator("#id_scopes")).to_be_focused()

    # Created
    page.get_by_role("textbox", name="Name").fill("Back office export")
    page.get_by_role("checkbox", name=re.compile("^account ")).check()
    page.get_by_role("checkbox", name=re.compile("^sms ")).check()
    end = datetime.now(UTC).date() + timedelta(days=100)
    page.get_by_label("Expiry date").fill(end.isoformat())
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Back office export was created")
    key = page.locator(KEY).inner_text()
    assert re.fullmatch(r"[0-9a-f]{40}", key)
    page.get_by_role("button", name="Copy API key").click()
    assert page.evaluate("navigator.clipboard.readText()") == key
    page.get_by_role("button", name="Copy curl example").click()
    assert page.evaluate("navigator.clipboard.readText()").endswith('--header "X-API-KEY: $LATCHKEY_API_KEY"')
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .env").click()
    assert download.value.path().read_text() == f"LATCHKEY_API_KEY={key}\n"
    expect(page.get_by_role("button", name="Continue")).to_be_disabled()
    axe(page)
    assert call(page, key) == 200
    saved(page, keys)

    # The list
    row = page.get_by_role("row", name="Back office export")
    expect(row).to_contain_text(f"••••{key[-4:]}")
    expect(row).to_contain_text("Olive Owner")
    expect(row).to_contain_text("from 127.0.0.1")
    expect(row).to_contain_text("In use")
    axe(page)

    # The question, Cancel, and the end
    page.get_by_role("link", name="Revoke API key Back office export").click()
    dialog = page.get_by_role("dialog", name="Revoke the API key Back office export")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(dialog).to_contain_text("from 127.0.0.1")
    axe(page)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Revoke API key Back office export")).to_be_focused()
    assert call(page, key) == 200
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Revoke API key").click()
    expect(page.get_by_role("status").first).to_contain_text("was revoked. Programs that send it get 401")
    assert call(page, key) == 401
    expect(page.get_by_role("table", name="Stopped keys")).to_contain_text("Revoked")
    axe(page)


def test_reloading_and_going_back_never_show_the_key_again(page: Page, keys: str) -> None:
    page.on("dialog", lambda dialog: dialog.accept())  # "Leave this page?", since nothing was ticked
    key = create(page, keys, "CRM")
    page.reload()
    expect(page.get_by_role("row", name="CRM")).to_be_visible()
    assert page.url == keys
    assert key not in page.content()
    page.go_back()
    assert page.url == f"{keys}new/"
    assert key not in page.content()
    page.go_forward()
    assert key not in page.content()


def test_two_clicks_create_one(page: Page, keys: str) -> None:
    page.goto(f"{keys}new/")
    page.get_by_role("textbox", name="Name").fill("CRM")
    page.get_by_role("radio", name="All scopes").check()
    page.get_by_role("button", name="Create").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("CRM was created")
    assert call(page, page.locator(KEY).inner_text()) == 200
    saved(page, keys)
    expect(page.get_by_role("row", name="CRM")).to_have_count(1)


def test_without_script_everything_but_copying_works(browser: Browser, served: Served, owner: str) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    keys = sign_in(page, owner)
    page.goto(f"{keys}new/")
    page.get_by_role("radio", name="All scopes").check()
    expect(page.get_by_role("group", name="Scopes", exact=True)).to_be_hidden()
    page.get_by_role("textbox", name="Name").fill("CRM")
    page.get_by_role("button", name="Create").click()
    key = page.locator(KEY).inner_text()
    assert call(page, key) == 200
    expect(page.get_by_role("button", name="Copy API key")).to_be_hidden()

    page.reload()  # sends the form again
    assert page.url == keys
    expect(page.get_by_text("This form was sent twice, and created one API key.")).to_be_visible()
    assert key not in page.content()

    page.get_by_role("link", name="Revoke API key CRM").click()
    expect(page.get_by_role("heading", name="Revoke the API key CRM")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    assert call(page, key) == 200
    page.get_by_role("link", name="Revoke API key CRM").click()
    page.get_by_role("button", name="Revoke API key").click()
    expect(page.get_by_role("table", name="Stopped keys")).to_contain_text("CRM")
    assert call(page, key) == 401
    context.close()


def test_the_page_for_readers_without_script(page: Page, keys: str, axe: Axe) -> None:
    create(page, keys, "CRM", "sms")
    saved(page, keys)
    address = page.get_by_role("link", name="Revoke API key CRM").get_attribute("href")
    assert address
    page.goto(address)
    expect(page.get_by_role("heading", name="Revoke the API key CRM")).to_be_visible()
    axe(page)


def test_a_long_name_and_many_scopes_do_not_widen_the_page(page: Page, keys: str) -> None:
    create(page, keys, "W" * 100, "sms", "conversations", "multichannel", "originators")
    assert_fits_everywhere(page)
    saved(page, keys)
    for _width in at_every_width(page):
        assert_fits(page)
        parts = (".title", "td.actions a")
        name, button = (page.locator(".keys").locator(part).bounding_box() for part in parts)
        assert name
        assert button
        assert name["x"] + name["width"] <= button["x"] or name["y"] >= button["y"] + button["height"]
    page.get_by_role("link", name="Revoke API key WWW").click()
    assert_fits_everywhere(page)
