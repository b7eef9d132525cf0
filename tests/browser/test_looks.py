"""What `axe` looks for besides the rules of accessibility: would it see what it is there to see?"""

import pytest
from playwright.sync_api import Page

from tests.browser.looks import OUT_OF_REACH, WIDE, look_at

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


def test_a_page_that_is_too_wide_or_covered_fails_and_says_where(page: Page) -> None:
    missed(page, '<div style="width: 3000px">x</div>')
    with pytest.raises(AssertionError):
        look_at(page, [WIDE])
    missed(page, "<button>Go</button>" + COVER)
    with pytest.raises(AssertionError, match="a click would not reach"):
        look_at(page, [WIDE])
