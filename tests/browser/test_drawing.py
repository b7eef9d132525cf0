"""What is drawn of an application: nothing lies over something else, and what belongs together is in line."""

import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_applications import sign_in
from tests.servers import Served

WIDTHS = [1440, 700, 390, 320]
OVERLAPS = """() => {
  const drawn = [...document.querySelectorAll(".chart svg")].find((svg) => svg.getBoundingClientRect().width);
  const texts = [...drawn.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
  const meet = (one, other) => one.left < other.right + 2 && other.left < one.right + 2
    && one.top + 3 < other.bottom && other.top + 3 < one.bottom;
  return texts.flatMap(([words, box], place) =>
    texts.slice(0, place).filter(([, other]) => meet(box, other)).map(([others]) => `${others} | ${words}`));
}"""
LINES = """(impact) => {
  const place = (element) => element.getBoundingClientRect();
  const style = (element) => parseFloat(getComputedStyle(element).paddingInlineStart);
  const figures = [...impact.querySelectorAll("dd")].slice(0, 2);
  return {
    tops: new Set(figures.map((figure) => place(figure).top)).size,
    sizes: new Set(figures.map((figure) => getComputedStyle(figure).fontSize)).size,
    lefts: style(impact.querySelector("dl > div")) - style(impact.querySelector("ul")),
  };
}"""


@pytest.fixture
def application(page: Page, served: Served) -> str:
    """The address of an application with 30 days behind it, whose owner is signed in."""
    name = uuid.uuid4().hex
    served.manage("create_account", name, "--owner", f"{name}@walk.example", "--owner-name", "Olive Owner")
    served.manage("seed_sample", "--account", name)
    sign_in(page, f"{name}@walk.example")
    page.get_by_role("link", name="Order notifications").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order notifications")
    return page.url


def test_labels_of_the_chart_and_figures_of_the_impact_at_every_width(page: Page, application: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERLAPS) == [], width
    page.goto(f"{application}danger/delete/")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.locator(".impact").evaluate(LINES) == {"tops": 1, "sizes": 1, "lefts": 0}, width


def test_a_page_costs_few_requests(page: Page, application: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.goto(application)
    page.wait_for_load_state("networkidle")
    assert asked.count("stylesheet") == asked.count("script") == 1
    assert len(asked) <= 8, asked
