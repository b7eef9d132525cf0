"""The audit log, as a member reads it."""

import uuid

from playwright.sync_api import Page, expect

from tests.browser import people
from tests.browser.looks import Axe, Look, in_every_look
from tests.servers import Served


@in_every_look
def test_reading_filtering_and_exporting(page: Page, served: Served, look: Look, axe: Axe) -> None:
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    served.manage("seed_sample", "--account", name)
    people.sign_in(page, f"{name}@walk.example")
    if look.narrow:
        page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("signed in")
    everything = rows.count()
    axe(page)

    # Choosing acts at once, and the exports follow
    page.get_by_label("Action").select_option("Secret reset")
    expect(rows).not_to_have_count(everything)
    expect(rows.first).to_contain_text("reset the secret of Legacy CRM sync")
    expect(rows.first).to_contain_text("Old secret: the one ending in")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV, as filtered").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + rows.count()
    page.keyboard.press("Escape")

    # Names lead to the same list, narrowed; what matches nothing says so
    page.get_by_role("link", name="Legacy CRM sync").first.click()
    expect(page.get_by_label("Application", exact=True)).to_contain_text("Legacy CRM sync")
    page.get_by_label("Address or request ID").fill("nothing like that")
    expect(page.get_by_role("heading", name="No entry matches these filters")).to_be_visible()
    axe(page)

    # The same on the application's own tab
    page.get_by_role("link", name="Clear all filters").click()
    page.goto(page.url.replace("audit-log/", "applications/"))
    page.get_by_role("link", name="Legacy CRM sync").click()
    page.get_by_role("navigation", name="Application").get_by_role("link", name="Activity").click()
    expect(rows.first).to_contain_text("Legacy CRM sync")
    axe(page)
