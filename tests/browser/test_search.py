"""The quick search by keyboard and on a telephone, and the pages of what went wrong, as a member meets them."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.looks import Look, assert_fits, in_every_look
from tests.servers import Served

type Axe = Callable[[Page], None]

LONG, TURNED = "W" * 100, "שלום 🚀"


@pytest.fixture
def home(page: Page, served: Served) -> str:
    """The list of applications of an account whose names are hard to show."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", LONG)
    for application in (LONG, TURNED, "Order notifications", "Order notifications"):
        asked = ("--name", application, "--scopes", "sms", "--lifetime", "1 day")
        served.manage("create_application", "--account", name, *asked)
    return people.sign_in(page, f"{name}@walk.example")


@in_every_look
def test_searching_by_keyboard_or_finger(page: Page, home: str, look: Look, axe: Axe) -> None:
    dialog, field = page.get_by_role("dialog", name="Search"), page.get_by_role("combobox", name="Search")
    assert_fits(page)
    if look.narrow:
        page.get_by_role("banner").get_by_role("link", name="Search").click()
    else:
        page.keyboard.press("/")
    expect(field).to_be_focused()
    expect(dialog.get_by_role("status")).to_contain_text("Type the name or ID")
    axe(page)

    page.keyboard.type("order")
    options = dialog.get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_be_focused()
    axe(page)
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    if look.narrow:
        expect(page.get_by_role("banner").get_by_role("link", name="Search")).to_be_focused()

    # Inside a field "/" is a letter; Ctrl-K opens it from there too. Enter waits for the words just typed
    search = page.get_by_role("searchbox", name="Search by name or ID")
    search.press("/")
    expect(search).to_have_value("/")
    expect(dialog).not_to_be_visible()
    page.keyboard.press("Control+k")
    field.fill("audit log")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    assert_fits(page)

    page.keyboard.press("Control+k")
    field.fill("nothing like that")
    expect(dialog.get_by_role("status")).to_contain_text("Nothing in this account matches")
    page.context.set_offline(True)
    field.fill("order")
    expect(dialog.get_by_role("status")).to_contain_text("The search did not answer")
    page.context.set_offline(False)
    field.fill("W")
    expect(options.first).to_contain_text("WWW")
    axe(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG)
    assert_fits(page)


def test_what_goes_wrong_stays_in_the_panel(page: Page, home: str, axe: Axe) -> None:
    page.goto(home)
    page.goto(home.replace("/applications/", "/nothing/"))
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Copy request ID").click()
    assert re.fullmatch(r"[0-9a-f-]{36}", page.evaluate("navigator.clipboard.readText()"))

    # A form whose token is of an earlier session, sent by the page itself
    page.goto(home.replace("/applications/", "/allowed-ips/"))
    page.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((field) => (field.value = 'old'))"
    )
    page.get_by_label("Address or network").fill("192.0.2.77")
    page.get_by_role("button", name="Add").first.click()
    expect(page.get_by_role("heading", name="This form was not sent")).to_be_visible()
    expect(page.get_by_text("192.0.2.77")).to_be_visible()
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Allowed IPs")
    expect(page.get_by_text("192.0.2.77").first).to_be_visible()


def test_without_script_the_button_leads_to_a_page(
    browser: Browser, home: str, page: Page, served: Served
) -> None:
    context = browser.new_context(
        base_url=served.url, java_script_enabled=False, storage_state=page.context.storage_state()
    )
    plain = context.new_page()
    plain.goto(home)
    plain.get_by_role("link", name="Search", exact=True).first.click()
    plain.get_by_role("searchbox", name="Search").fill("order")
    plain.get_by_role("button", name="Search").click()
    expect(plain.locator(".found a")).to_have_count(2)
    context.close()
