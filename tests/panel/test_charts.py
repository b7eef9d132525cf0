"""The geometry of the chart."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from applications.panel.charts import LOWER, UPPER, drawings, round_up, short
from applications.panel.usage import Day

FIRST = date(2026, 10, 26)  # a Monday


def days(*issued: int, refused: int = 0, checked: int = 0) -> list[Day]:
    counts = [*issued, *[0] * (30 - len(issued))]
    return [
        Day(FIRST + timedelta(days=number), count, refused, checked) for number, count in enumerate(counts)
    ]


@pytest.mark.parametrize(
    ("least", "step"), [(0, 1), (0.3, 1), (1, 1), (1.1, 2), (446, 500), (500, 500), (501, 1000), (1e9, 10**9)]
)
def test_the_upper_scale_goes_in_round_steps(least: float, step: int) -> None:
    assert round_up(least, UPPER.round_steps) == step


@pytest.mark.parametrize(("least", "step"), [(0, 1), (7, 8), (104, 150), (150, 150), (151, 200)])
def test_the_lower_scale_has_one_round_step(least: int, step: int) -> None:
    assert round_up(least, LOWER.round_steps) == step


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (1500, "1,500"), (20_000, "20k"), (12_500, "12.5k"), (1_500_000, "1.5M"), (3_000_000, "3M")],
)
def test_figures_of_the_scale_are_short(value: int, written: str) -> None:
    assert short(value) == written


def test_both_drawings_keep_their_bars_inside() -> None:
    for drawing in drawings(days(*range(30), refused=3, checked=9)):
        for lane in drawing.lanes:
            starts = [float(x) for x in re.findall(r"M([\d.]+) ", lane.bars)]
            widths = [float(h) + 4 for h in re.findall(r"h([\d.]+)q", lane.bars)]
            assert starts[0] >= drawing.left
            assert starts[-1] + widths[-1] == pytest.approx(drawing.width, abs=0.2)


def test_the_highest_bar_is_as_high_as_its_count_on_the_scale() -> None:
    wide, _narrow = drawings(days(1500))
    height = sum(map(float, re.findall(r"v-([\d.]+)q0 -([\d.]+)", wide.lanes[0].bars)[0]))
    assert height == pytest.approx(UPPER.height, abs=0.1)
    assert [line.text for line in wide.lanes[0].lines] == ["0", "500", "1,000", "1,500"]


def test_one_refusal_beside_thousands_is_seen_and_none_is_not() -> None:
    wide, _narrow = drawings(days(5000, 0, 1))
    assert wide.lanes[0].bars.count("M") == 2
    assert [lane.bars for lane in wide.lanes[1:]] == ["", ""]
    smallest = [sum(map(float, pair)) for pair in re.findall(r"v-([\d.]+)q0 -([\d.]+)", wide.lanes[0].bars)]
    assert min(smallest) >= 1.5


def test_lanes_do_not_overlap() -> None:
    for drawing in drawings(days(1500, refused=7, checked=90_000)):
        tops = [min(float(line.y) for line in lane.lines) for lane in drawing.lanes]
        feet = [max(float(line.y) for line in lane.lines) for lane in drawing.lanes]
        titles = [lane.title_y for lane in drawing.lanes]
        assert all(foot < title < top for foot, title, top in zip(feet, titles[1:], tops[1:], strict=False))
        assert feet[-1] < drawing.labels_y < drawing.height
        assert [lane.css for lane in drawing.lanes] == ["issued", "checked", "refused"]


def test_dates_stand_under_mondays_and_inside() -> None:
    wide, narrow = drawings(days(1))
    assert [label.text for label in wide.labels] == ["26 Oct", "2 Nov", "9 Nov", "16 Nov", "23 Nov"]
    assert narrow.labels[-1].anchor == "end"
    assert wide.labels[0].anchor == "start"


@pytest.mark.parametrize("late", range(7))
@pytest.mark.parametrize("first", [FIRST, date(2026, 8, 31)], ids=str)
def test_dates_do_not_touch_and_stay_inside(first: date, late: int) -> None:
    shown = [Day(first + timedelta(days=late + number), 1, 0) for number in range(30)]
    for drawing in drawings(shown):
        labels = drawing.labels
        assert all(left.end + 8 <= right.begin for left, right in pairwise(labels))
        assert (labels[0].begin, labels[-1].end <= drawing.width) == (drawing.left, True)
        assert len(labels) >= 4
