"""The windows and colours that the panel is looked at in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser.colours import RULES_OF_COLOUR, assert_colours
from tests.browser.violations import assert_no_violations

type Axe = Callable[[Page], None]
type Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Look:
    """A window, in CSS pixels, and the colour scheme that the person prefers."""

    width: int
    height: int
    colors: Scheme

    @property
    def narrow(self) -> bool:
        """Whether this is a telephone."""
        return self.width < 600

    def __str__(self) -> str:
        return f"{self.width}-{self.colors}"


WIDE, NARROW = Look(1440, 900, "light"), Look(390, 844, "light")
LOOKS = [WIDE, NARROW]
WIDTHS = [320, NARROW.width, WIDE.width]  # the first is that of WCAG 2.2, 1.4.10

# A walk in each window, where the way is another in a narrow one. Elsewhere one walk in the wide window is enough:
# at each stop, `axe` looks at the page in both. Nor do colours need a walk: `axe` looks at light and dark.
in_every_look = pytest.mark.parametrize("look", LOOKS, ids=str)

# Colours have their own way (tests/browser/colours.py), and change nothing for the other rules. No rule that is on
# reads style sheets or sounds, which `axe` would load ahead.
OTHER_RULES = {
    "preload": False,
    "rules": {rule: {"enabled": False} for rule in RULES_OF_COLOUR},
}
FITS = """document.documentElement.scrollWidth <= innerWidth &&
  [...document.querySelectorAll("dialog[open]")].every((dialog) => dialog.scrollWidth <= dialog.clientWidth)"""
# Fields, buttons and links of the page, or of the dialog over it, that a click at their middle would not reach.
OUT_OF_REACH = """() => {
  const scope = document.querySelector("dialog:modal") ?? document;
  const there = { block: "center", inline: "center", behavior: "instant" };
  const clipped = (element) => element && (element.offsetWidth === 1 || clipped(element.parentElement));
  const missed = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    if (clipped(element)) return false;  // for screen readers alone
    element.scrollIntoView(there);
    const box = element.getClientRects()[0];
    if (!box || box.width < 4 || box.height < 4) return false;
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const label = hit?.closest("label");
    // The link that skips to the content is outside the window, where nothing is hit. An open menu may cover others.
    if (!hit || hit.closest("[data-menu][open]")) return false;
    return !element.contains(hit) && label?.control !== element && !label?.contains(element);
  };
  const [x, y] = [window.scrollX, window.scrollY];
  const found = [...scope.querySelectorAll("a[href], button:enabled, input:enabled, select, textarea, summary")]
    .filter(missed).map((element) => element.outerHTML.slice(0, 200));
  window.scrollTo(x, y);
  return found;
}"""


def look_at(page: Page, looks: list[Look]) -> None:
    """Fail when the page, as it stands, breaks a rule of accessibility or hides a control in one of these windows."""
    schemes: list[Scheme] = ["light", "dark"]
    for look in looks:
        if len(looks) > 1:
            page.set_viewport_size({"width": look.width, "height": look.height})
        assert_fits(page)
        missed = page.evaluate(OUT_OF_REACH)
        assert not missed, "\n".join([f"{page.url} at {look}: a click would not reach", *missed])
        assert_no_violations(page, OTHER_RULES)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            assert_colours(page)
        schemes.reverse()  # to begin with the one that is on: each change draws the page anew
    page.emulate_media(color_scheme="light")
    if len(looks) > 1:
        page.set_viewport_size({"width": WIDE.width, "height": WIDE.height})


def assert_fits(page: Page) -> None:
    """Nothing makes the page, or a dialog over it, scroll sideways."""
    assert page.evaluate(FITS), f"{page.url} at {page.viewport_size}"


def at_every_width(page: Page) -> Iterator[int]:
    """Yield the widths of the windows, in CSS pixels, each when the page has it; the widest last, which stays."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": WIDE.height})
        yield width


def assert_fits_everywhere(page: Page) -> None:
    """As `assert_fits`, at every width."""
    for _width in at_every_width(page):
        assert_fits(page)
