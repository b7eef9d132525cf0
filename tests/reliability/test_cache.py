"""A Redis that is down: people sign in as always, and the API goes on being limited, by the database."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.servers import OWNER_PASSWORD, Served

OWNER = "owner@demo.example"
LIMIT = 20


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    process = Served(tmp_path, workers=1, CACHE_URL="redis://127.0.0.1:1/0", RATE_LIMIT=str(LIMIT))
    process.manage("create_account", "Demo", "--owner", OWNER)
    yield process
    process.stop()


def post(browser: requests.Session, url: str, **form: str) -> requests.Response:
    """Fill in a form as a browser does: the token against forgery comes from the page."""
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', browser.get(url, timeout=20).text)
    assert token
    sent = {"csrfmiddlewaretoken": token[1], **form}
    return browser.post(url, sent, headers={"Referer": url}, timeout=20)


def test_people_sign_in_and_the_api_is_limited_without_it(served: Served) -> None:
    browser = requests.Session()
    wrong = post(browser, f"{served.url}/panel/sign-in/", login=OWNER, password="nothing like it")
    assert "Email or password is wrong" in wrong.text
    link = post(browser, f"{served.url}/panel/sign-in/new-password/", email=OWNER)
    assert link.url.endswith("/sent/")
    page = post(browser, f"{served.url}/panel/sign-in/", login=OWNER, password=OWNER_PASSWORD)
    assert page.status_code == 200
    assert page.url.endswith("/applications/")
    for path in ("/panel/you/", "/panel/you/password/"):
        assert browser.get(served.url + path, timeout=20).status_code == 200
    # Twice the limit and one more: so many fall into one minute, even where it ends in between.
    statuses = [
        requests.get(f"{served.url}/account", timeout=20).status_code for _number in range(2 * LIMIT + 1)
    ]
    assert set(statuses) == {401, 429}
    assert served.log.read_text().count("the cache does not answer") == 1
