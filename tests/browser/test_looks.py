"""What `axe` looks for besides the rules of accessibility: would it see what it is there to see?"""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import colours, violations
from tests.browser.looks import LOOKS, OUT_OF_REACH, WIDE, assert_fits, assert_fits_everywhere, look_at

COVER = '<div style="position: fixed; inset: 0"></div>'


def missed(page: Page, body: str) -> list[str]:
    page.set_content(f'<!doctype html><html lang="en"><title>x</title><main>{body}</main>')
    return [str(found) for found in page.evaluate(OUT_OF_REACH)]


@pytest.mark.parametrize(
    "control", ["<button>Go</button>", '<a href="#">Go</a>', '<input aria-label="Name">']
)
def test_what_something_lies_over_is_out_of_reach(page: Page, control: str) -> None:
    assert missed(page, control) == []
    [found] = missed(page, control + COVER)
    assert found.startswith(control[:4])


@pytest.mark.parametrize(
    "body",
    [
        '<label>Name <input type="checkbox" style="position: absolute; opacity: 0"></label>',
        '<label><input type="radio"><span style="position: absolute; inset: 0">All of it</span></label>',
        '<button style="display: none">Go</button>' + COVER,
        "<button disabled>Go</button>" + COVER,
        '<div style="height: 3000px"></div><button>Far down</button>',
        '<span style="position: absolute; width: 1px; height: 1px; overflow: hidden"><a href="#">Skip</a></span>',
    ],
)
def test_what_its_label_or_nobody_reaches_for_is_not(page: Page, body: str) -> None:
    assert missed(page, body) == []


def test_beside_an_open_dialog_only_the_dialog_counts(page: Page) -> None:
    page.set_content("<button>Behind</button><dialog><button>In it</button></dialog>")
    page.evaluate("document.querySelector('dialog').showModal()")
    assert page.evaluate(OUT_OF_REACH) == []


def test_a_page_or_dialog_that_is_too_wide_or_covered_fails_and_says_where(page: Page) -> None:
    missed(page, '<div style="width: 3000px">x</div>')
    with pytest.raises(AssertionError):
        look_at(page, [WIDE])
    missed(page, '<dialog open style="width: 200px"><div style="width: 300px">x</div></dialog>')
    with pytest.raises(AssertionError, match="about:blank at"):
        assert_fits(page)
    missed(page, '<div style="width: 380px">x</div>')
    with pytest.raises(AssertionError, match="320"):
        assert_fits_everywhere(page)
    missed(page, "<button>Go</button>" + COVER)
    with pytest.raises(AssertionError, match="a click would not reach"):
        look_at(page, [WIDE])


GOOD = "<style>p { color: #222; background: #eee }</style><h1>Title</h1><p>Words"
DARK, NARROW_ONLY = "(prefers-color-scheme: dark)", "(max-width: 600px)"
# What only one of the four looks has: pale letters, a pale strip that a paragraph is moved onto, a link like its text.
FAULTS = [
    f"<style>@media {window} {{ {rule} }}</style>"
    for window in (DARK, NARROW_ONLY, f"{DARK} and {NARROW_ONLY}")
    for rule in (
        "p { color: #ccc }",
        "p { background: none } main { background: #333 }",
        "p { opacity: 0.3 }",
    )
]
FAULTS.append(
    f"<style>div {{ position: absolute; top: 300px; width: 200px; height: 90px; background: #333 }}"
    f"@media {NARROW_ONLY} {{ p {{ position: absolute; top: 310px; z-index: 1; background: none }} }}</style>"
    "<div></div>"
)
FAULTS += [
    f"<a href='#'>link</a> in a text<style>@media {window} {{ a {{ color: #444; text-decoration: none }} }}</style>"
    for window in (DARK, NARROW_ONLY)
]


def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts each run of `axe` over colours judges, from now on."""
    runs: list[int] = []
    axe = violations.assert_no_violations

    def run(page: Page, options: Any, parts: str, given: list[str]) -> None:
        runs.append(len(given))
        axe(page, options, parts, given)

    monkeypatch.setattr(colours, "judged_good", set())
    monkeypatch.setattr(colours, "assert_no_violations", run)
    return runs


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_colours_fail_in_the_one_look_that_has_them_and_each_time(
    page: Page, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch)
    missed(page, GOOD)
    look_at(page, LOOKS)
    missed(page, GOOD + fault)
    for _ in range(2):
        with pytest.raises(AssertionError, match=r"color-contrast|link-in-text-block"):
            look_at(page, LOOKS)


def test_what_was_judged_good_is_not_judged_again(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = judged(monkeypatch)
    missed(page, GOOD)
    look_at(page, LOOKS)
    missed(page, GOOD + " that are others")
    look_at(page, LOOKS)
    assert runs == [2]
    missed(page, GOOD + "<style>p { color: #333 }</style>")
    look_at(page, LOOKS)
    assert runs == [2, 1]
