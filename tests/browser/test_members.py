"""Members and settings, as an owner and a new colleague use them in two browsers side by side."""

import re
import time
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.looks import Axe, Look
from tests.servers import OWNER_PASSWORD, Served


@pytest.fixture
def members(page: Page, served: Served) -> str:
    """The address of the members of a new account; its owner has just signed in on `page`."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    page.goto("/panel/")
    page.get_by_label("Email").fill(f"{name}@walk.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/panel/\d+/applications/$"))
    return page.url.replace("/applications/", "/members/")


@pytest.fixture
def colleague(browser: Browser, served: Served, look: Look) -> Iterator[Page]:
    """A page of another browser, in which nobody is signed in."""
    context: BrowserContext = browser.new_context(
        base_url=served.url,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.colors,
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def link_mailed(served: Served, email: str) -> str:
    """The link as it stands, on a line of its own, in the raw mail that the server wrote to its log."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        mails = re.findall(
            rf"To: {re.escape(email)}\n.*?^(http\S+/panel/invitations/\S+)$", log(served), re.M | re.S
        )
        if mails:
            return str(mails[-1])
        time.sleep(0.1)
    raise AssertionError(f"no mail to {email} in:\n{log(served)}")


def log(served: Served) -> str:
    return served.log.read_text().replace("\r\n", "\n")


def test_a_colleague_is_invited_joins_becomes_viewer_and_is_removed(
    page: Page, colleague: Page, members: str, served: Served, axe: Axe
) -> None:
    email = f"{uuid.uuid4().hex}@walk.example"
    page.goto(members)
    page.get_by_role("link", name="Invite member").click()
    dialog = page.get_by_role("dialog")
    axe(page)
    dialog.get_by_label("Email").fill(email)
    dialog.get_by_role("radio", name="Admin").check()
    dialog.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text(f"An invitation was mailed to {email}.")).to_be_visible()
    axe(page)

    colleague.goto(link_mailed(served, email))
    axe(colleague)
    colleague.get_by_label("Your name").fill("Inês Duarte")
    colleague.get_by_label("Password").fill(OWNER_PASSWORD)
    colleague.get_by_role("button", name="Join").click()
    expect(colleague.get_by_text("You are a member of")).to_be_visible()
    expect(colleague.get_by_role("link", name="New application").first).to_be_visible()

    page.reload()
    change = page.get_by_role("button", name="Change the role of Inês Duarte")
    expect(change).to_be_hidden()
    page.get_by_label("Role of Inês Duarte").first.select_option("viewer")
    change.click()
    expect(page.get_by_text("Inês Duarte is Viewer now")).to_be_visible()
    colleague.reload()
    expect(colleague.get_by_role("link", name="New application")).to_have_count(0)
    colleague.goto(members)
    axe(colleague)
    expect(colleague.get_by_role("link", name="Invite member")).to_have_count(0)

    page.get_by_label("Actions for Inês Duarte").click()
    page.get_by_role("link", name="Remove from account…").click()
    axe(page)
    page.get_by_role("button", name="Remove member").click()
    expect(page.get_by_text("Inês Duarte was removed")).to_be_visible()
    assert (response := colleague.goto(members)) is not None
    assert response.status == 404


@pytest.fixture
def lisbon(browser: Browser, served: Served, look: Look) -> Iterator[Page]:
    """A page of a browser whose clock is Lisbon's."""
    context = browser.new_context(
        base_url=served.url,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.colors,
        reduced_motion="reduce",
        timezone_id="Europe/Lisbon",
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_the_zone_of_the_browser_is_offered_first(page: Page, lisbon: Page, members: str, axe: Axe) -> None:
    lisbon.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # as they come
    lisbon.goto(members.replace("/members/", "/settings/"))
    axe(lisbon)
    assert lisbon.locator("#time-zones option").first.get_attribute("value") == "Europe/Lisbon"
    lisbon.get_by_role("button", name="Use the zone of this browser: Europe/Lisbon").click()
    expect(lisbon.get_by_label("Time zone")).to_have_value("Europe/Lisbon")
    lisbon.get_by_role("button", name="Save changes").click()
    expect(lisbon.get_by_text("The settings were saved.")).to_be_visible()
    expect(lisbon.locator(".switcher")).to_contain_text("Europe/Lisbon")
