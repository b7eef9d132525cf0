"""API reference, as a developer reads it."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import Axe
from tests.browser.test_applications import clipboard, sign_in
from tests.servers import Served


@pytest.fixture
def home(page: Page, served: Served) -> str:
    """The address of the list of applications of an account that has one."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    served.manage("create_application", "--account", name, "--name", "Back office", "--scopes", "sms groups")
    return sign_in(page, f"{name}@walk.example")


@pytest.fixture
def reference(page: Page, home: str) -> Page:
    """The page, reached by its address."""
    page.goto(home.replace("/applications/", "/api/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("API reference")
    return page


def test_read_and_copy(reference: Page, axe: Axe) -> None:
    call = reference.get_by_role("region", name="Call: Create an application")
    expect(call).to_contain_text("/applications")
    reference.get_by_role("button", name="Copy call: Create an application").click()
    assert clipboard(reference).startswith("curl ")
    reference.get_by_role("navigation", name="On this page").get_by_role("link", name="Refusals").click()
    expect(reference.get_by_role("heading", name="Refusals")).to_be_in_viewport()
    axe(reference)
