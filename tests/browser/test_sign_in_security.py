"""Sign-in security in real browsers: sessions side by side, a change of email in two of them, a passkey."""

import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.looks import NARROW, Axe
from tests.servers import OWNER_PASSWORD, Served

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1"


@pytest.fixture
def email(served: Served) -> str:
    """The email of an owner of an account that nobody else is in."""
    return owner_of_a_new_account(served)


def owner_of_a_new_account(served: Served) -> str:
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    return f"{name}@walk.example"


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[Page]:
    """A page of another browser."""
    context: BrowserContext = browser.new_context(
        base_url=served.url,
        user_agent=IPHONE,
        viewport={"width": NARROW.width, "height": NARROW.height},
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, email: str) -> None:
    page.goto("/panel/sign-in/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/applications/$"))


def looked_at(page: Page, axe: Axe) -> None:
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def links_mailed(served: Served, *emails: str) -> list[str]:
    """The links as they stand, each on a line of its own, in the raw mails that the server wrote to its log."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        log = served.log.read_text().replace("\r\n", "\n")
        found = [
            re.search(rf"To: {re.escape(email)}\n.*?^(http\S+/panel/emails/\S+)$", log, re.M | re.S)
            for email in emails
        ]
        if all(found):
            return [match[1] for match in found if match]
        time.sleep(0.1)
    raise AssertionError(f"no mail to each of {emails}")


def test_a_session_is_ended_from_another_browser(page: Page, phone: Page, email: str, axe: Axe) -> None:
    sign_in(page, email)
    expect(page.get_by_text("Your password alone opens this account")).to_be_visible()
    looked_at(page, axe)
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_text("Your password alone opens this account")).to_have_count(0)
    sign_in(phone, email)
    page.goto("/panel/you/")
    looked_at(page, axe)
    expect(page.get_by_text("the address of this page is a number")).to_be_visible()
    page.get_by_role("button", name="End the session of Safari on iPhone").click()
    expect(page.get_by_text("1 session was ended.")).to_be_visible()
    phone.reload()
    expect(phone).to_have_url(re.compile(r"/panel/sign-in/"))
    page.reload()
    expect(page.get_by_text("This session")).to_have_count(1)


def test_an_email_is_changed_with_links_opened_elsewhere(
    page: Page, phone: Page, served: Served, email: str, axe: Axe
) -> None:
    new = f"new.{email}"
    sign_in(page, email)
    page.goto("/panel/you/")
    page.get_by_role("link", name="Change email").click()
    page.get_by_label("New email").fill(new)
    page.get_by_role("button", name="Send the links").click()
    expect(page.get_by_text("Not confirmed yet")).to_have_count(2)
    looked_at(page, axe)
    to_old, to_new = links_mailed(served, email, new)
    phone.goto(to_old)
    looked_at(phone, axe)
    phone.get_by_role("button", name="Change my email").click()
    expect(phone.get_by_role("heading", name="Confirmed")).to_be_visible()
    phone.goto(to_new)
    looked_at(phone, axe)
    phone.get_by_role("button", name="This is my address").click()
    expect(phone.get_by_role("heading", name="The email was changed")).to_be_visible()
    page.goto("/panel/you/")
    expect(page.get_by_role("main").get_by_text(new, exact=True)).to_be_visible()


def test_a_passkey_is_added_right_after_signing_in_and_signs_in_where_the_panel_has_a_name(
    browser: Browser, tmp_path: Path
) -> None:
    served = Served(tmp_path, workers=1, PUBLIC_URL="http://localhost")
    context = browser.new_context(base_url=served.url.replace("127.0.0.1", "localhost"))
    try:
        page = context.new_page()
        device = context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        sign_in(page, owner_of_a_new_account(served))
        page.goto("/panel/you/")
        page.get_by_role("link", name="Add passkey").click()
        page.get_by_label("Name").fill("ThinkPad")
        page.get_by_role("button", name="Add passkey").click()
        expect(page.get_by_text("The passkey was added.")).to_be_visible()
        context.clear_cookies()
        page.goto("/panel/sign-in/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(re.compile(r"/applications/$"))
    finally:
        context.close()
        served.stop()


DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
