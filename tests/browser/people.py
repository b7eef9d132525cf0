"""Who walks: signing in without drawing the page for it (`test_applications.py` draws it), and once for each person."""

import re

from playwright.sync_api import BrowserContext, Page

from tests.servers import OWNER_PASSWORD

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
SIGN_IN = "/panel/sign-in/"

# The sessions of those who have signed in already, by email.
sessions: dict[str, str] = {}


def sign_in(page: Page, email: str) -> str:
    """Sign in, open the account's list of applications and return its address."""
    if email not in sessions:
        send_form(page.context, email)
        sessions[email] = next(
            cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid"
        )
    else:
        page.context.add_cookies([{"name": "sessionid", "value": sessions[email], "url": "http://127.0.0.1"}])
    page.goto("/panel/")
    assert re.search(r"/panel/\d+/applications/$", page.url), page.url
    return page.url


def send_form(context: BrowserContext, email: str) -> None:
    """Send the form of the sign-in page, with the browser's own cookies."""
    asked = context.request.get(SIGN_IN)
    token = TOKEN.search(asked.text())
    assert token, asked.url
    form = {"login": email, "password": OWNER_PASSWORD, "csrfmiddlewaretoken": token[1]}
    answer = context.request.post(SIGN_IN, form=form, headers={"Referer": asked.url}, max_redirects=0)
    assert answer.status == 302, answer.text()
