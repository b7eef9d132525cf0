"""Key safety, the use of scopes and two secrets at once, as an owner sees and mends them."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import in_every_look
from tests.browser.test_applications import assert_fits, sign_in
from tests.servers import Served

type Axe = Callable[[Page], None]


@pytest.fixture
def home(page: Page, served: Served) -> str:
    """The address of the list of applications of an account with the sample."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    served.manage("seed_sample", "--account", name)
    return sign_in(page, f"{name}@walk.example")


@in_every_look
def test_what_is_found_is_kept_and_taken_back(page: Page, home: str, axe: Axe) -> None:
    page.goto(home.replace("/applications/", "/key-safety/"))
    expect(page.get_by_role("link", name="Change the lifetime: Legacy CRM sync")).to_be_visible()
    axe(page)
    assert_fits(page)
    page.get_by_role("navigation", name="Findings").get_by_role("link", name="Never used").click()
    page.get_by_role("button", name="Keep for a year: Never used, Staging sandbox").click()
    expect(page.get_by_role("status").first).to_contain_text("is kept for a year")
    expect(page.get_by_role("heading", name="Nothing is left to mend here")).to_be_visible()
    axe(page)
    page.get_by_role("navigation", name="Findings").get_by_role("link", name="Kept").click()
    expect(page.get_by_role("cell", name="tomasz.nowak@marlowe.example")).to_be_visible()
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Undo: Never used, Staging sandbox").click()
    expect(page.get_by_role("status").first).to_contain_text("is kept no longer")


@in_every_look
def test_unused_scopes_are_taken_away_by_keyboard(page: Page, home: str, axe: Axe) -> None:
    page.get_by_role("link", name="Booking reminders").click()
    expect(page.get_by_role("region", name="2 scopes are not used")).to_contain_text("Last used")
    page.get_by_role("link", name="Remove 2 scopes").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove 2 scopes from Booking reminders?")
    axe(page)
    dialog.get_by_role("checkbox", name="whatsapp").focus()
    page.keyboard.press("Space")
    dialog.get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("templates: taken away from Booking reminders")
    expect(page.get_by_role("region", name="1 scope is not used")).to_contain_text("whatsapp")
    assert_fits(page)


@in_every_look
def test_the_old_secret_is_amber_in_use_and_green_when_silent(page: Page, home: str, axe: Axe) -> None:
    for name, words in (("Driver two-way chat", "Still in use"), ("Legacy CRM sync", "No call for 24 hours")):
        page.goto(home)
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("region", name="Old secret")).to_contain_text(words)
        axe(page)
        assert_fits(page)
    page.get_by_role("link", name="Stop it now").click()
    dialog = page.get_by_role("dialog", name="Stop the old secret")
    expect(dialog).to_contain_text("Nothing has sent it for 24 hours.")
    axe(page)
    dialog.get_by_role("button", name="Stop it now").click()
    expect(page.get_by_role("status").first).to_contain_text("was stopped")
    expect(page.get_by_role("region", name="Old secret")).to_have_count(0)
