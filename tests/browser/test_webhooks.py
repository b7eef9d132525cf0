"""Webhooks, as a new member uses them: a secret, a URL, test events in place, a failure, and sending again."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.looks import Axe
from tests.servers import Served
from tests.webhooks import Receiver, receiver

LINE = "#sms_dlr_callback"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of these tests' own, which may send to this machine."""
    server = Served(tmp_path_factory.mktemp("webhooks"), workers=1, CALLBACK_INSECURE="true")
    yield server
    server.stop()


@pytest.fixture
def owner(served: Served) -> str:
    """The email of the owner of a new account, which has an application "Order notifications"."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    named = ["--name", "Order notifications", "--scopes", "sms groups", "--lifetime", "1 day"]
    served.manage("create_application", "--account", name, *named)
    return f"{name}@walk.example"


@pytest.fixture
def there() -> Iterator[Receiver]:
    """A receiver on this machine."""
    with receiver() as started:
        yield started


def open_tab(page: Page, owner: str) -> None:
    people.sign_in(page, owner)
    page.get_by_role("link", name="Order notifications").click()
    page.get_by_role("navigation", name="Application").get_by_role("link", name="Webhooks").click()
    page.wait_for_url(re.compile(r"/webhooks/$"))


def set_url(page: Page, url: str) -> None:
    page.get_by_role("link", name="Set URL for SMS delivery reports").click()
    page.get_by_role("dialog").get_by_role("textbox", name="URL").fill(url)
    page.get_by_role("dialog").get_by_role("button", name="Save URL").click()
    expect(page.get_by_text("The URL for SMS delivery reports was saved.")).to_be_visible()


def test_from_a_secret_to_sending_again(page: Page, owner: str, there: Receiver, axe: Axe) -> None:
    open_tab(page, owner)
    axe(page)
    page.get_by_role("link", name="Make signing secret").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Make signing secret").click()
    expect(page.locator("#signing-secret")).to_contain_text("whsec_")
    axe(page)
    page.get_by_role("checkbox", name="I have saved the secret").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Make a signing secret first")).to_have_count(0)

    # The answer to a test event stands under its line, and the page stays where it is
    set_url(page, there.url)
    here, line = page.url, page.locator(LINE)
    test = line.get_by_role("button", name="Send test event for SMS delivery reports")
    test.focus()
    test.press("Enter")
    expect(line.get_by_role("status")).to_contain_text("The test event arrived")
    expect(line).to_be_focused()
    expect(page.locator("[data-announce]")).to_have_text("The test event arrived")
    line.get_by_role("button", name="Send it with a wrong signature").first.click()
    expect(line.get_by_role("status")).to_contain_text("took an event with a wrong signature")
    axe(page)
    there.status = 500
    test.click()
    expect(line.get_by_role("status")).to_contain_text("500 Internal Server Error")
    assert page.url == here
    expect(page.locator("#delivery-list tbody tr")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    # The list is filtered in place, and each delivery has a page
    page.get_by_role("combobox", name="State").select_option("Failed")
    expect(page.locator("#delivery-list tbody tr")).to_have_count(1)
    page.locator("#delivery-list a.title").click()
    expect(page.get_by_role("region", name="Answer as text")).to_contain_text("HTTP/1.1 500")
    axe(page)
    page.get_by_role("button", name="Redeliver").click()
    expect(page.get_by_text("It is sent again now.")).to_be_visible()
    expect(page.locator("dl.facts")).to_contain_text("Waiting")


def test_without_script_the_page_that_comes_back_says_the_same(
    browser: Browser, served: Served, owner: str, there: Receiver
) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    open_tab(page, owner)
    page.get_by_role("link", name="Set URL for SMS delivery reports").click()
    page.get_by_role("textbox", name="URL").fill("hooks.example.com")
    page.get_by_role("button", name="Save URL").click()
    expect(page.get_by_role("alert")).to_contain_text("This is no URL.")
    page.get_by_role("textbox", name="URL").fill(there.url)
    page.get_by_role("button", name="Save URL").click()
    page.get_by_role("button", name="Send test event for SMS delivery reports").click()
    expect(page.locator(LINE).get_by_role("status")).to_contain_text("The test event arrived")
    page.reload()
    expect(page.locator(LINE).get_by_role("status")).to_contain_text("The test event arrived")
    assert len(there.got) == 1
    context.close()
