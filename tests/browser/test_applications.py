"""Applications, New application and Created, as a member uses them."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import people
from tests.browser.looks import Axe, Look, assert_fits_everywhere, in_every_look
from tests.servers import OWNER_PASSWORD, Served

SECRET = "#application-secret"


# Made by one command, since each takes a second or more to start.
MANY_ACCOUNTS = """
from applications.models import User
from applications.operations.accounts import create_account
from applications.operations.actors import OPERATOR

User.objects.create_user("nobody@{run}.example", "{password}")
for number in range({many}):
    email = f"{{number}}@{run}.example"
    create_account(name=email, owner_email=email, owner_name="Olive Owner", owner_password="{password}", actor=OPERATOR)
"""
MAX_TESTS = 20


@pytest.fixture(scope="module")
def run(served: Served) -> str:
    """What tells the people of this run apart: nobody@RUN.example is in no account, 0@RUN.example owns one …"""
    name = uuid.uuid4().hex
    code = MANY_ACCOUNTS.format(run=name, password=OWNER_PASSWORD, many=MAX_TESTS)
    served.manage("shell", "--command", code)
    return name


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(MAX_TESTS))


@pytest.fixture
def owner(run: str, numbers: Iterator[int]) -> str:
    """The email of the owner of an account that no other test uses; it has no application yet."""
    return f"{next(numbers)}@{run}.example"


@pytest.fixture
def home(page: Page, owner: str) -> str:
    """The address of the list of that account's applications, where its owner now is."""
    return sign_in(page, owner)


def sign_in(page: Page, email: str) -> str:
    return people.sign_in(page, email)


def fill_in(page: Page, email: str) -> None:
    page.goto("/panel/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def create(page: Page, home: str, name: str, *scopes: str) -> None:
    """Go through New application; the page that shows the secret is open afterwards."""
    page.goto(f"{home}new/")
    page.get_by_role("textbox", name="Name").fill(name)
    for scope in scopes or ("sms",):
        page.get_by_role("checkbox", name=re.compile(f"^{scope} ")).check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} was created")


def shown(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text()


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


@in_every_look
def test_from_an_empty_list_to_a_token(page: Page, home: str, axe: Axe) -> None:
    # The empty list
    expect(page.get_by_role("heading", name="Let your first program in")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="New application").click()

    # The form, and what is wrong with it
    warning = page.get_by_text("A token that never expires works for whoever finds it.")
    expect(warning).to_be_hidden()
    page.get_by_role("radio", name="Never").check()
    expect(warning).to_be_visible()
    page.get_by_role("checkbox", name="Select all").check()
    expect(page.get_by_text("15 of 15 selected")).to_be_visible()
    page.get_by_role("checkbox", name="Select all").uncheck()
    page.get_by_role("textbox", name="Name").fill("Order notifications")
    axe(page)
    page.get_by_role("button", name="Create").click()

    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("This application was not created")
    expect(summary).to_be_focused()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Order notifications")
    expect(page.get_by_role("radio", name="Never")).to_be_checked()
    axe(page)
    summary.get_by_role("link").click()
    expect(page.locator("#id_scopes")).to_be_focused()
    page.get_by_role("checkbox", name="sms").check()
    page.get_by_role("button", name="Create").click()

    # Created
    expect(page.get_by_role("heading", level=1)).to_have_text("Order notifications was created")
    application_id, secret = shown(page, "#application-id"), shown(page, SECRET)
    assert re.fullmatch(r"[0-9a-f]{40}", application_id)
    assert re.fullmatch(r"[0-9a-f]{40}", secret)
    page.get_by_role("button", name="Copy application ID").click()
    assert clipboard(page) == application_id
    page.get_by_role("button", name="Copy application secret").click()
    assert clipboard(page) == secret
    link = page.get_by_role("link", name="Download .env")
    assert re.match("blob:", link.get_attribute("href") or "")  # browsers remember the address of a download
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "order-notifications.env"
    assert f"LATCHKEY_SECRET={secret}\n" in download.value.path().read_text()
    page.get_by_role("button", name="Try it").click()
    answer = page.get_by_role("region", name="Answer of the token endpoint")
    expect(answer).to_contain_text('"scope": "sms"')
    expect(answer).to_contain_text("HTTP 200")
    page.get_by_role("group", name="Language").get_by_text("PHP").click()
    expect(page.get_by_role("region", name="PHP example")).to_contain_text(application_id)
    expect(page.get_by_role("region", name="curl example")).to_be_hidden()
    axe(page)

    # On to the application, and back in the list
    expect(page.get_by_role("button", name="Continue")).to_be_disabled()
    page.get_by_role("checkbox", name="I have saved the secret").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Order notifications")
    assert page.url == f"{home}{application_id}/"
    page.goto(home)
    row = page.get_by_role("row", name="Order notifications")
    expect(row.get_by_role("cell").nth(3)).to_have_text("1")
    row.get_by_role("button", name="Copy application ID of Order notifications").click()
    assert clipboard(page) == application_id
    axe(page)


@in_every_look
def test_search_and_filters_act_while_one_types(page: Page, home: str, look: Look, axe: Axe) -> None:
    create(page, home, "Warehouse scanner", "sms")
    saved(page)
    create(page, home, "Billing", "reports")
    saved(page)
    page.goto(home)
    search = page.get_by_role("searchbox", name="Search by name or ID")

    search.press_sequentially("ware")
    expect(page.get_by_role("link", name="Billing")).to_be_hidden()
    expect(page.get_by_role("link", name="Warehouse scanner")).to_be_visible()
    expect(search).to_be_focused()
    expect(page).to_have_url(f"{home}?q=ware")
    copy = page.get_by_role("button", name="Copy application ID of Warehouse scanner")
    expect(copy).to_be_visible()  # of the rows that were put in place

    page.get_by_label("Scope").select_option("reports")
    page.get_by_role("group", name="State").get_by_text("Enabled").click()
    expect(page.get_by_role("heading", name="No application matches “ware”")).to_be_visible()
    expect(page.get_by_text("Two filters are set.")).to_be_visible()
    expect(page).to_have_url(f"{home}?q=ware&scope=reports&state=enabled")
    axe(page)

    page.get_by_role("link", name="Clear search and filters").click()
    expect(page.get_by_role("row")).to_have_count(3)
    if not look.narrow:  # where rows are cards, there are no heads to press
        page.get_by_role("columnheader", name="Application").get_by_role("link").click()
        expect(page.get_by_role("columnheader", name="Application")).to_have_attribute(
            "aria-sort", "ascending"
        )
        expect(page.get_by_role("row").nth(1)).to_contain_text("Billing")
    page.get_by_label("Actions for Billing").click()
    expect(
        page.get_by_role("region", name="Applications").get_by_role("link", name="Settings")
    ).to_be_visible()
    axe(page)


def saved(page: Page) -> None:
    page.get_by_role("checkbox", name="I have saved the secret").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_load_state()


def test_reloading_and_going_back_never_show_the_secret_again(page: Page, home: str) -> None:
    page.on("dialog", lambda dialog: dialog.accept())  # "Leave this page?", since nothing was ticked
    create(page, home, "Billing")
    secret = shown(page, SECRET)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing")
    assert secret not in page.content()
    page.go_back()
    assert page.url == f"{home}new/"
    assert secret not in page.content()
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing")
    assert secret not in page.content()

    create(page, home, "Another")
    another = shown(page, SECRET)
    page.goto(home)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Another")
    assert another not in page.content()


def test_who_is_in_no_account_may_leave(page: Page, run: str, axe: Axe) -> None:
    fill_in(page, f"nobody@{run}.example")
    expect(page.get_by_role("heading", name="You are in no account")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_two_clicks_create_one(page: Page, home: str) -> None:
    page.goto(f"{home}new/")
    page.get_by_role("checkbox", name="sms").check()
    page.get_by_role("button", name="Create").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Untitled was created")
    assert re.fullmatch(r"[0-9a-f]{40}", shown(page, SECRET))
    saved(page)
    page.goto(home)
    expect(page.get_by_text("1–1 of 1 application")).to_be_visible()


def test_without_script_everything_but_copying_works(browser: Browser, served: Served, owner: str) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    fill_in(page, owner)
    page.wait_for_url(re.compile(r"/panel/\d+/applications/$"))
    home = page.url
    page.goto(f"{home}new/")
    page.get_by_role("radio", name="Never").check()
    expect(page.get_by_text("A token that never expires works for whoever finds it.")).to_be_visible()
    expect(page.get_by_text("Select all")).to_be_hidden()
    page.get_by_role("checkbox", name="sms").check()
    page.get_by_role("button", name="Create").click()
    secret = shown(page, SECRET)
    assert re.fullmatch(r"[0-9a-f]{40}", secret)
    expect(page.get_by_role("button", name="Copy application ID")).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .env").click()
    assert f"LATCHKEY_SECRET={secret}\n" in download.value.path().read_text()

    page.reload()  # sends the form again
    expect(page.get_by_role("heading", level=1)).to_have_text("Untitled")
    expect(page.get_by_text("This form was sent twice, and created one application.")).to_be_visible()
    assert secret not in page.content()

    page.goto(f"{home}?q=nothing")
    page.get_by_role("link", name="Clear search and filters").click()
    page.get_by_role("searchbox").fill("untitled")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("1–1 of 1 application")).to_be_visible()
    context.close()


def test_long_names_and_searches_do_not_widen_the_page(page: Page, home: str) -> None:
    name = "W" * 100
    create(page, home, name, "sms", "conversations", "multichannel", "originators")
    assert_fits_everywhere(page)
    saved(page)
    page.goto(home)
    assert_fits_everywhere(page)
    page.goto(f"{home}?q={'x' * 100}")
    assert_fits_everywhere(page)
