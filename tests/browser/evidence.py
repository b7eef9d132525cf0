"""What is kept of a browser test that failed: a picture of each page, its HTML, and what its console said."""

import re

from playwright.sync_api import Browser, Error, Page

from tests.servers import ROOT

RESULTS = ROOT / "var" / "test-results"


def keep(browser: Browser, name: str) -> str:
    """Write one file of each kind for each open page; return where they are, one a line."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    pages = [page for context in browser.contexts for page in context.pages]
    stem = re.sub(r"\W+", "-", name.removeprefix("tests/browser/")).strip("-")
    return "\n".join(_keep(page, f"{stem}-{number}") for number, page in enumerate(pages, start=1))


def _keep(page: Page, stem: str) -> str:
    picture = RESULTS / f"{stem}.png"
    said = [f"{message.type}: {message.text}" for message in page.console_messages()]
    said += [f"error: {error}" for error in page.page_errors()]
    picture.with_suffix(".txt").write_text("\n".join([page.url, *said, ""]))
    try:
        picture.with_suffix(".html").write_text(page.content())
        page.screenshot(path=picture, full_page=True, timeout=5_000)
    except Error as error:  # a page that does not answer: the test's own failure says more
        return f"{picture.with_suffix('.txt')} (no picture: {error.message})"
    return f"{picture} (and .html, .txt with its console)"
