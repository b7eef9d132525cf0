"""What a visit costs on the wire: few small requests at first, and later the page alone."""

from playwright.sync_api import Page

from bench.browser import FIRST_BYTES, FIRST_REQUESTS, LATER_BYTES, LATER_REQUESTS, Wire
from tests.browser.people import send_form
from tests.servers import Served

OWNER = "wire@marlowe.example"


def test_the_first_visit_is_small_and_later_ones_are_the_page_alone(page: Page, served: Served) -> None:
    served.manage("create_account", "Wire", "--owner", OWNER)
    served.manage("create_application", "--account", "Wire", "--name", "Orders", "--scopes", "sms groups")
    send_form(page.context, OWNER)
    wire = Wire()
    wire.watch(page.context.new_cdp_session(page))
    page.goto("/panel/", wait_until="networkidle")  # leads to the list of applications: one request more
    assert 4 < len(wire.lengths) <= FIRST_REQUESTS
    assert 50_000 < sum(wire.lengths) <= FIRST_BYTES
    for name in ("Members", "Activity", "Applications"):
        wire.begin()
        page.goto(
            page.get_by_role("link", name=name, exact=True).first.get_attribute("href") or "",
            wait_until="networkidle",
        )
        assert len(wire.lengths) == LATER_REQUESTS
        assert 1000 < sum(wire.lengths) <= LATER_BYTES
