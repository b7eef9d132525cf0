"""Allowed IPs, as a member uses them, while programs use credentials from other addresses of this machine."""

import base64
import http.client
import json
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.looks import Axe
from tests.servers import Served

MINE = "127.0.0.1"  # where the browser is
SHOP = "127.0.0.2"  # where a program is


@dataclass(frozen=True)
class Walk:
    """A new account with one application."""

    served: Served
    name: str
    application_id: str
    secret: str

    @property
    def owner(self) -> str:
        return f"{self.name}@walk.example"

    def ask(self, peer: str) -> int:
        """Ask for a token from the address `peer` of this machine, and return the status of the answer."""
        where = urlsplit(self.served.url)
        connection = http.client.HTTPConnection(
            str(where.hostname), where.port, timeout=20, source_address=(peer, 0)
        )
        pair = base64.b64encode(f"{self.application_id}:{self.secret}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/oauth/token", "grant_type=client_credentials", headers)
        answer = connection.getresponse()
        connection.close()
        return answer.status


@pytest.fixture
def walk(served: Served) -> Walk:
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    called = ["--name", "Order notifications", "--scopes", "sms", "--json"]
    made = json.loads(served.manage("create_application", "--account", name, *called))
    return Walk(served, name, made["application_id"], made["application_secret"])


def sign_in(page: Page, email: str) -> str:
    """Sign in, and return the address of the account."""
    return people.sign_in(page, email).removesuffix("applications/")


def listed(page: Page) -> list[str]:
    return page.locator("tbody code").all_inner_texts()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_list_is_begun_and_ended_without_locking_anyone_out_unasked(
    page: Page, walk: Walk, axe: Axe
) -> None:
    assert walk.ask(SHOP) == 200
    account = sign_in(page, walk.owner)
    page.goto(f"{account}applications/{walk.application_id}/")
    page.get_by_role("navigation", name="Application").get_by_role("link", name="Allowed IPs").click()

    # The empty list, and where the reader is
    expect(page.get_by_text("The list is empty: it allows every address.")).to_be_visible()
    expect(page.get_by_role("region", name="Your address")).to_contain_text(MINE)
    axe(page)

    # The first line would lock the shop out: that is asked, with the shop chosen
    press(page, "Add my address")
    question = page.get_by_role("alert")
    expect(question).to_be_focused()
    expect(question).to_contain_text("This address would be locked out")
    expect(question.get_by_role("checkbox", name=SHOP)).to_be_checked()
    expect(question).to_contain_text("1 call")
    axe(page)
    question.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("The list is empty: it allows every address.")).to_be_visible()
    press(page, "Add my address")
    press(page, "Add the chosen and save")
    expect(page.get_by_role("status").first).to_contain_text(
        "127.0.0.1 was added. 1 address in use was added."
    )
    assert listed(page) == [MINE, SHOP]
    expect(page.get_by_text("Nothing in use would be locked out")).to_be_visible()
    axe(page)
    assert (walk.ask(MINE), walk.ask(SHOP), walk.ask("127.0.0.3")) == (200, 200, 401)

    # Removing the shop's line would lock it out too; it is done all the same, and undone
    press(page, f"Remove {SHOP}")
    expect(page.get_by_role("alert")).to_contain_text("This address would be locked out")
    press(page, "Save without them")
    expect(page.get_by_role("status").first).to_contain_text(
        "127.0.0.2 was removed. 1 address in use is refused now."
    )
    assert (walk.ask(MINE), walk.ask(SHOP)) == (200, 401)
    expect(page.get_by_text("An address in use is refused")).to_be_visible()
    axe(page)
    press(page, f"Add {SHOP}")
    expect(page.get_by_role("status").first).to_contain_text(
        "127.0.0.2 was added. Nothing in use is locked out."
    )
    assert walk.ask(SHOP) == 200

    # What is not a network is said, and kept to be corrected
    page.get_by_label("Address or network").fill("127.0.0.7/8")
    page.get_by_label("Note").fill("Everything here")
    press(page, "Add")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("The network is 127.0.0.0/8.")
    axe(page)
    summary.get_by_role("link").click()
    expect(page.get_by_label("Address or network")).to_be_focused()
    page.get_by_label("Address or network").fill("127.0.0.0/8")
    press(page, "Add")
    assert listed(page) == [MINE, SHOP, "127.0.0.0/8"]
    expect(page.get_by_text("Everything here")).to_be_visible()

    # Every removal is asked about by the network's name; the last one opens the list
    for network in (MINE, SHOP):
        press(page, f"Remove {network}")
        expect(page.get_by_role("heading", name=f"Remove {network}?")).to_be_visible()
        axe(page)
        press(page, "Remove the line")
    assert listed(page) == ["127.0.0.0/8"]
    press(page, "Remove 127.0.0.0/8")
    expect(page.get_by_role("alert")).to_contain_text("Remove 127.0.0.0/8, the last line?")
    axe(page)
    press(page, "Remove the last line")
    expect(page.get_by_role("status").first).to_contain_text("The list is empty now")
    assert walk.ask("127.0.0.3") == 200


def test_the_accounts_list(page: Page, walk: Walk, axe: Axe) -> None:
    assert walk.ask(SHOP) == 200
    account = sign_in(page, walk.owner)
    page.goto(f"{account}allowed-ips/")
    page.get_by_label("Address or network").fill("2001:db8::/32")
    press(page, "Add")
    question = page.get_by_role("alert")
    expect(question).to_contain_text("Order notifications: 1 call")
    axe(page)
    question.get_by_role("checkbox", name=SHOP).uncheck()
    press(page, "Add the chosen and save")
    expect(page.get_by_role("status").first).to_contain_text(
        "2001:db8::/32 was added. 1 address in use is refused now."
    )
    expect(page.get_by_text("2 to the power of 96")).to_be_attached()
    axe(page)
    assert (walk.ask(SHOP), walk.ask(MINE)) == (401, 401)
    expect(page.get_by_role("region", name="Your address")).to_contain_text("the panel works anyway")


def test_everything_works_without_script(browser: Browser, walk: Walk) -> None:
    assert walk.ask(SHOP) == 200
    context = browser.new_context(base_url=walk.served.url, java_script_enabled=False)
    page = context.new_page()
    account = sign_in(page, walk.owner)
    page.goto(f"{account}allowed-ips/")
    press(page, "Add my address")
    press(page, "Add the chosen and save")
    assert listed(page) == [MINE, SHOP]
    press(page, f"Remove {SHOP}")
    press(page, "Save without them")
    assert (walk.ask(MINE), walk.ask(SHOP)) == (200, 401)
    press(page, f"Remove {MINE}")
    press(page, "Remove the last line")
    assert walk.ask(SHOP) == 200
    context.close()
