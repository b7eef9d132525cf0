"""A real Chromium for the walks through the panel.

Playwright's synchronous API keeps an event loop running in the thread that uses it, and Django refuses to
query a database beside one. So the browser lives only as long as the tests of this folder are run, and
these talk to the served process, never to a database.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Response,
    sync_playwright,
)

from tests.browser import evidence
from tests.browser.looks import LOOKS, WIDE, Axe, Look, look_at
from tests.servers import Served

CHROMIUM_NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",  # one process less: nothing is drawn by hardware
    # A tenth of what Chromium costs: most pages are left before compiling their scripts well pays for itself, and
    # the next page of the same site needs no new frame, as it needed none until lately.
    "--js-flags=--no-opt,--no-maglev",
    "--enable-features=RenderDocument:level/crashed-frame",
]
FILES = {"stylesheet", "script", "image", "font"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as one for the browser."""
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a failing test's pages look like, and say where."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if browser is not None and report.when == "call" and report.failed:
        report.sections.append(("What the browser showed", evidence.keep(browser, item.nodeid)))
        for context in browser.contexts:  # those, too, that the test itself opened and could not close
            context.close()
    return report


@pytest.fixture(scope="package")
def chromium_path() -> str:
    """Where Chromium is on this machine; without one, CI fails and everyone else is told."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    if os.environ.get("CI") == "true":
        pytest.fail("No Chromium: the browser tests must run in CI.")
    pytest.skip("No Chromium found, so the browser tests did NOT run.")


@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for all tests of this folder; each test gets a profile of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def look() -> Look:
    """The window and colours of `page`: parametrize `look` to change them (see `looks.py`)."""
    return WIDE


@pytest.fixture
def context(browser: Browser, served: Served, look: Look) -> Iterator[BrowserContext]:
    """A profile without cookies, that has the served panel as its base address."""
    context = browser.new_context(
        base_url=served.url,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.colors,
        has_touch=look.narrow,
        reduced_motion="reduce",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page. An error in its console (the CSP's refusals too) or a missing file fails the test."""
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: _note_error(message, complaints))
    page.on("response", lambda response: _note_missing(response, complaints))
    page.on("pageerror", lambda error: complaints.append(_words(error)))
    yield page
    if complaints:
        assert context.browser
        kept = evidence.keep(context.browser, request.node.nodeid)
        pytest.fail("\n".join(["The browser complained:", *complaints, kept]))


def _note_error(message: ConsoleMessage, complaints: list[str]) -> None:
    # A page or a call that is meant to be refused shows up here too; files are noted by `_note_missing`.
    if message.type == "error" and not message.text.startswith("Failed to load resource"):
        complaints.append(f"{message.text} ({message.location.get('url', '')})")


def _note_missing(response: Response, complaints: list[str]) -> None:
    if response.status >= 400 and response.request.resource_type in FILES:
        complaints.append(f"{response.status} for {response.url}")


def _words(error: Error) -> str:
    return f"{error.name}: {error.message}"


@pytest.fixture
def axe(request: pytest.FixtureRequest, look: Look) -> Axe:
    """`axe(page)` looks at the page as it stands: in light and dark, in the window of the walk or, if it is the only
    walk, in both windows (see `looks.look_at`).
    """
    walks = getattr(request.node, "callspec", None)
    looks = [look] if walks and "look" in walks.params else LOOKS
    return lambda page: look_at(page, looks)
