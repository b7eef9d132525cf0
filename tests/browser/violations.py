"""What `axe` says of a page."""

from collections.abc import Mapping

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page


def assert_no_violations(page: Page, options: Mapping[str, object]) -> None:
    """Fail with `axe`'s report when the page, as it stands, breaks one of the rules in `options`."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    results = AxeResults(page.evaluate("options => axe.run(document, options)", options))
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
