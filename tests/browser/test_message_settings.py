"""Messages, as a member uses them: the preview while one types, saving, and the same without script."""

import re
import uuid

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, Route, expect

from tests.browser import people
from tests.browser.looks import Axe
from tests.servers import Served

SUBTABS = ["SMS", "Viber", "WhatsApp", "Multichannel", "OTP"]
TEXT = (
    "Bună ziua, comanda nr. 48213 a fost expediată. 📦 Curierul ajunge între 18:00 și 20:00."
    " Urmăriți coletul: https://sho.example/8fK2 Vă mulțumim!"
)


@pytest.fixture
def owner(served: Served) -> str:
    """The email of the owner of a new account, which has an application "Order notifications"."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    named = ["--name", "Order notifications", "--scopes", "sms groups", "--lifetime", "1 day"]
    served.manage("create_application", "--account", name, *named)
    return f"{name}@walk.example"


@pytest.fixture
def tab(page: Page, owner: str) -> str:
    """The address of the Messages tab, which is open."""
    return open_tab(page, owner)


def open_tab(page: Page, owner: str) -> str:
    people.sign_in(page, owner)
    page.get_by_role("link", name="Order notifications").click()
    page.get_by_role("navigation", name="Application").get_by_role("link", name="Messages").click()
    page.wait_for_url(re.compile(r"/messages/$"))
    return page.url


def test_from_typing_to_saved_settings(page: Page, tab: str, axe: Axe) -> None:
    result = page.get_by_role("region", name="What would be sent")
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()
    text = page.get_by_role("textbox", name="Text")
    text.fill(TEXT)
    expect(result).to_contain_text("3 parts, with and without these settings")
    axe(page)

    # Each change shows at once, and the field keeps the focus
    page.get_by_role("combobox", name="Replace special characters").select_option("Romanian")
    expect(result.locator("mark")).to_have_count(8)
    expect(result).to_contain_text("These characters are outside GSM-7: 📦.")
    page.get_by_role("checkbox", name="Remove emojis").check()
    expect(result).to_contain_text("3 parts become 1")
    expect(result).to_contain_text("ă → a ×4")
    expect(result.locator("del")).to_have_count(1)
    sender = page.get_by_role("textbox", name="Enforced sender ID")
    sender.press_sequentially("Marlowe")
    expect(result).to_contain_text("Marlowe Enforced, whatever the request says")
    expect(sender).to_be_focused()
    page.get_by_role("textbox", name="Quiet hours start").fill("21:30")
    page.get_by_role("textbox", name="Quiet hours end").fill("09:30")
    page.get_by_role("textbox", name="To", exact=True).fill("+40 721 555 013")
    page.get_by_role("textbox", name="Sent at").fill("21:55")
    expect(result).to_contain_text("Held until")
    expect(result).to_contain_text("09:31")
    expect(result).to_have_attribute("aria-live", "polite")
    axe(page)

    # A fault is told in the preview while one types, and at the field when one saves
    sender.fill("Mar lowe")
    expect(result).to_contain_text("A sender ID has no spaces")
    page.get_by_role("button", name="Save changes").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Nothing was saved")
    expect(summary).to_be_focused()
    expect(sender).to_have_attribute("aria-invalid", "true")
    axe(page)
    sender.fill("Marlowe")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").filter(has_text="were saved")).to_be_visible()
    expect(sender).to_have_value("Marlowe")
    expect(page.get_by_role("combobox", name="Replace special characters")).to_have_value("ROMANIAN")
    axe(page)


def test_every_channel_can_be_reached_and_read(page: Page, tab: str, axe: Axe) -> None:
    for name in SUBTABS:
        page.get_by_role("navigation", name="Channel").get_by_role("link", name=name, exact=True).click()
        link = page.get_by_role("navigation", name="Channel").get_by_role("link", name=name, exact=True)
        expect(link).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("button", name="Save changes")).to_be_visible()
        axe(page)


def test_a_one_time_password_while_one_types(page: Page, tab: str, axe: Axe) -> None:
    page.goto(f"{tab}otp/")
    result = page.get_by_role("region", name="What would be sent")
    template = page.get_by_role("textbox", name="Template")
    template.fill("{{pin}} is your Marlowe code.")
    expect(result).to_contain_text("482913 is your Marlowe code.")
    page.get_by_text("Alphanumeric").click()
    page.get_by_role("textbox", name="PIN length").fill("4")
    expect(result).to_contain_text("7K4M is your Marlowe code.")
    expect(result).to_contain_text("1 in 1,679,616 a try")
    page.get_by_role("textbox", name="Attempts").fill("15")
    expect(result).to_contain_text("Between 1 and 10 attempts.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    axe(page)


def test_enter_in_the_preview_previews_and_does_not_save(page: Page, tab: str) -> None:
    page.get_by_role("textbox", name="Enforced sender ID").fill("Marlowe")
    page.get_by_role("textbox", name="To", exact=True).fill("JP")
    page.get_by_role("textbox", name="To", exact=True).press("Enter")
    expect(page.get_by_role("region", name="What would be sent")).to_contain_text("Asia/Tokyo")
    page.reload()
    expect(page.get_by_role("textbox", name="Enforced sender ID")).to_have_value("")


def test_a_half_typed_time_leaves_the_last_good_result(page: Page, tab: str) -> None:
    result = page.get_by_role("region", name="What would be sent")
    wrong = result.get_by_text("This would not be sent")
    at = page.get_by_role("textbox", name="Sent at")

    def press(key: str) -> None:
        with page.expect_response("**/preview/?part"):
            at.press(key)

    page.get_by_role("textbox", name="To", exact=True).fill("JP")
    expect(result).to_contain_text("Asia/Tokyo")
    for key in "21:5":
        press(key)
        expect(wrong).to_have_count(0)
        expect(result).to_contain_text("At once")
    press("5")
    expect(result).to_contain_text("21:55")
    press("5")
    expect(wrong).to_be_visible()  # no time begins with 21:555
    for _back in range(3):
        press("Backspace")
    expect(wrong).to_have_count(0)
    expect(result).to_contain_text("21:55")
    at.press("Tab")  # left half typed, it is a fault
    expect(wrong).to_be_visible()

    # Of quiet hours the end is missing while one types them, and a fault when one has gone on
    at.fill("")
    start = page.get_by_role("textbox", name="Quiet hours start")
    start.fill("930")
    page.wait_for_timeout(500)
    expect(wrong).to_have_count(0)
    page.get_by_role("textbox", name="Quiet hours end").focus()
    page.wait_for_timeout(500)
    expect(wrong).to_have_count(0)
    page.get_by_role("textbox", name="Enforced sender ID").focus()
    expect(result).to_contain_text("Quiet hours need both a start and an end")


def test_leaving_unsaved_changes_asks_first(page: Page, tab: str) -> None:
    asked: list[str] = []
    answers: list[bool] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept() if answers.pop() else dialog.dismiss()

    def leave() -> None:
        page.get_by_role("navigation", name="Application").get_by_role("link", name="Tokens").click()

    def stay_when_asked() -> None:
        answers.append(False)
        leave()
        page.wait_for_timeout(300)
        assert (asked, answers) == (["beforeunload"], [])
        asked.clear()

    page.on("dialog", answer)
    sender = page.get_by_role("textbox", name="Enforced sender ID")
    sender.fill("Marlowe")
    stay_when_asked()
    assert page.url == tab
    expect(sender).to_have_value("Marlowe")

    # A box and a list are changes too; what was taken back, and what is only tried, is none
    sender.fill("")
    page.get_by_role("checkbox", name="Remove emojis").check()
    stay_when_asked()
    page.get_by_role("checkbox", name="Remove emojis").uncheck()
    page.get_by_role("combobox", name="Replace special characters").select_option("Romanian")
    stay_when_asked()
    page.get_by_role("combobox", name="Replace special characters").select_option("Keep all characters")
    page.get_by_role("textbox", name="Text").fill("Only tried")
    leave()
    page.wait_for_url("**/tokens/")

    # Nor do saving and discarding ask; what was refused is not saved
    page.goto(tab)
    page.get_by_role("textbox", name="Quiet hours start").fill("21:30")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    assert asked == []
    stay_when_asked()
    page.get_by_role("textbox", name="Quiet hours end").fill("930")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("textbox", name="Quiet hours end")).to_have_value("09:30")
    sender.fill("Marlowe")
    page.get_by_role("link", name="Discard").click()
    expect(sender).to_have_value("")

    # The same on Settings
    page.goto(tab.replace("/messages/", "/settings/"))
    page.get_by_role("textbox", name="Name").fill("Renamed")
    stay_when_asked()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").filter(has_text="were saved")).to_be_visible()
    page.get_by_role("checkbox", name="sms").uncheck()
    stay_when_asked()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("checkbox", name="sms")).to_be_checked()
    assert asked == []


def test_a_late_answer_does_not_overwrite_a_newer_one(page: Page, tab: str) -> None:
    asked: list[Request] = []

    def answer(route: Route, request: Request) -> None:
        asked.append(request)
        if len(asked) > 1:  # the first one never comes
            route.continue_()

    page.route("**/preview/?part", answer)
    text = page.get_by_role("textbox", name="Text")
    text.fill("First")
    page.wait_for_timeout(500)
    text.fill("Second")
    result = page.get_by_role("region", name="What would be sent")
    expect(result).to_contain_text("Second")
    expect(result).not_to_contain_text("First")
    expect(text).to_be_focused()
    assert len(asked) == 2


def test_many_keys_are_one_question(page: Page, tab: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/preview/" in request.url else None)
    page.get_by_role("textbox", name="Text").fill("")
    page.get_by_role("textbox", name="Text").press_sequentially("Twenty keys in a row", delay=10)
    expect(page.get_by_role("region", name="What would be sent")).to_contain_text("Twenty keys in a row")
    assert len(asked) <= 3


def test_a_preview_that_does_not_arrive_says_so(page: Page, tab: str) -> None:
    page.route("**/preview/?part", lambda route: route.abort())
    page.get_by_role("textbox", name="Text").fill("Hello")
    result = page.get_by_role("region", name="What would be sent")
    expect(result).to_contain_text("The preview did not arrive. Change something to try again.")


def test_ten_thousand_emojis_are_answered_at_once(page: Page, tab: str) -> None:
    page.get_by_role("textbox", name="Text").fill("🙂" * 10_000)
    result = page.get_by_role("region", name="What would be sent")
    expect(result).to_contain_text("a text has at most 10 parts", timeout=3000)


def test_without_script_a_button_does_the_same(browser: Browser, served: Served, owner: str) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    open_tab(page, owner)
    page.get_by_role("textbox", name="Text").fill("Zażółć gęślą jaźń")
    page.get_by_role("combobox", name="Replace special characters").select_option("Polish")
    page.get_by_role("textbox", name="Enforced sender ID").fill("Marlowe")
    page.get_by_role("button", name="Preview").click()
    result = page.get_by_role("region", name="What would be sent")
    expect(result).to_contain_text("Zazolc gesla jazn")
    expect(result).to_contain_text("Marlowe")
    expect(page.get_by_role("textbox", name="Enforced sender ID")).to_have_value("Marlowe")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("settings of Order notifications were saved")).to_be_visible()
    expect(page.get_by_role("textbox", name="Enforced sender ID")).to_have_value("Marlowe")
    context.close()
