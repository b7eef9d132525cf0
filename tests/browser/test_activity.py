"""Activity, as a member reads it: which requests were refused, and why."""

import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.looks import Axe
from tests.browser.test_applications import sign_in
from tests.servers import Served


@pytest.fixture
def home(page: Page, served: Served) -> str:
    """The address of the list of applications of an account with 30 days behind it."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    served.manage("seed_sample", "--account", name)
    return sign_in(page, f"{name}@walk.example")


def refused_id(page: Page, client_id: str) -> str:
    """The request ID that a client reads in the answer to a wrong secret."""
    sent = f"grant_type=client_credentials&client_id={client_id}&client_secret={'0' * 40}"
    media_type = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = page.request.post("/oauth/token", data=sent, headers=media_type)
    assert answer.status == 401
    return answer.headers["x-request-id"]


def look_up(page: Page, request_id: str, verdict: Locator) -> None:
    """Look a request up until it is there: those that were refused are stored together, once a second."""
    page.get_by_role("textbox", name="Request ID").fill(request_id)
    page.get_by_role("button", name="Look up").click()
    for _ in range(20):
        page.wait_for_load_state()
        if verdict.count():
            return
        page.wait_for_timeout(250)
        page.reload()


def test_why_a_request_was_refused(page: Page, home: str, axe: Axe) -> None:
    page.get_by_role("link", name="OTP sign-in").click()
    client_id = page.url.rstrip("/").rpartition("/")[2]
    request_id = refused_id(page, client_id)
    page.get_by_role("link", name="Secret is wrong").click()
    expect(page.get_by_role("link", name="The secret is not one of this application").first).to_be_visible()
    expect(page.get_by_role("link", name="192.0.2.77 is not on the list")).to_have_count(0)
    axe(page)
    verdict = page.get_by_role("region", name="The secret is not one of this application")
    look_up(page, request_id, verdict)
    expect(verdict).to_contain_text("POST /oauth/token")
    expect(verdict).to_contain_text("401 invalid_client")
    axe(page)
    page.goto(home.replace("/applications/", "/activity/"))
    page.get_by_role("combobox", name="Reason").select_option("Address is not allowed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name="192.0.2.77 is not on the list").first).to_be_visible()
    page.get_by_role("textbox", name="Request ID").fill(str(uuid.uuid4()))
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_text("This request was not found")).to_be_visible()
    axe(page)
