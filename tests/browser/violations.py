"""What `axe` says of a page."""

from collections.abc import Mapping

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

# To describe what is good costs `axe` a third of its time.
VIOLATIONS_ALONE = {"reporter": "no-passes"}


def assert_no_violations(
    page: Page, options: Mapping[str, object], parts: str = "document", given: object = None
) -> None:
    """Fail with `axe`'s report when the page, as it stands, breaks one of the rules in `options`.

    `parts` is an expression for what is looked at, in which `given` is a value from here.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    run = f"([options, given]) => axe.run({parts}, options)"
    found = page.evaluate(run, [{**options, **VIOLATIONS_ALONE}, given])
    results = AxeResults(found)
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
