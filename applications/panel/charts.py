"""The drawing of tokens issued, API checks and refused requests per day: geometry for SVG, in two widths.

Three lanes over one axis of days, each with a scale of its own, so that a few refusals stay visible beside many
tokens, and place tells the lanes apart, not colour alone. Numbers are written here, because a template would
write a decimal point as the reader's language has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from applications.panel.usage import Day

HEIGHT = 378  # of the drawing; all lengths are in its own units
LEFT = 40  # where the days begin, right of the scale
ROUNDING = 2.0  # of the upper corners of a bar
LEAST = 1.5  # height of the smallest bar, so that one refusal is seen
MONDAY = 0
CHARACTER = 6.5  # width that a character of a date needs at most, on average
APART = 8  # least room between two dates


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the scale, with its figure."""

    y: str
    text_y: str
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of bars; `css` colours it."""

    css: str
    title: str
    title_y: int
    lines: list[Line]
    bars: str  # the `d` of a path


@dataclass(frozen=True, slots=True)
class Label:
    """A date under its bar."""

    x: str
    anchor: str
    text: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the template needs to write one SVG."""

    css: str
    width: int
    height: int
    left: int
    scale_x: int
    labels_y: int
    lanes: list[Lane]
    labels: list[Label]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lane stands: its foot, its height, in how many steps its scale goes, and which steps look round."""

    foot: int
    height: int
    steps: int
    round_steps: tuple[int, ...]


UPPER = Place(foot=146, height=120, steps=3, round_steps=(1, 2, 5))
MIDDLE = Place(foot=262, height=72, steps=2, round_steps=(1, 2, 5))
LOWER = Place(foot=354, height=48, steps=1, round_steps=(1, 2, 3, 4, 5, 6, 8, 10, 15))


def drawings(days: Sequence[Day]) -> list[Drawing]:
    """Return the drawing for wide pages and the one for phones."""
    return [_draw("chart-wide", 664, 3, days), _draw("chart-narrow", 290, 2, days)]


def _draw(css: str, width: int, gap: int, days: Sequence[Day]) -> Drawing:
    bar = (width - LEFT - gap * (len(days) - 1)) / len(days)
    xs = [LEFT + number * (bar + gap) for number in range(len(days))]
    lanes = [
        _lane("issued", _("Issued"), UPPER, [day.issued for day in days], xs, bar),
        _lane("checked", _("API checks"), MIDDLE, [day.checked for day in days], xs, bar),
        _lane("refused", _("Refused"), LOWER, [day.refused for day in days], xs, bar),
    ]
    return Drawing(
        css, width, HEIGHT, LEFT, LEFT - 8, HEIGHT - 6, lanes, _labels([day.date for day in days], xs, bar)
    )


def _lane(
    css: str, title: str, place: Place, counts: Sequence[int], xs: Sequence[float], width: float
) -> Lane:
    step = round_up(max(counts) / place.steps, place.round_steps)
    unit = place.height / (step * place.steps)
    bars = "".join(
        _bar(x, place.foot, width, max(LEAST, count * unit))
        for x, count in zip(xs, counts, strict=True)
        if count
    )
    values = [step * number for number in range(place.steps + 1)]
    lines = [_line(place.foot + 0.5 - value * unit, value) for value in values]
    return Lane(css, title, place.foot - place.height - 14, lines, bars)


def round_up(least: float, round_steps: tuple[int, ...]) -> int:
    """Return the smallest of `round_steps`, times a power of ten, that is at least `least` and 1."""
    power = 1
    while True:
        for step in round_steps:
            if step * power >= least:
                return step * power
        power *= 10


def _line(y: float, value: int) -> Line:
    return Line(f"{y:.1f}", f"{y + 3.5:.1f}", short(value))


def short(value: int) -> str:
    """Write a figure in the little room left of the bars: 1,500, then 20k and 1.5M."""
    if value < 10_000:
        return number_format(value, force_grouping=True)
    thousands, letter = (value / 1_000_000, "M") if value >= 1_000_000 else (value / 1_000, "k")
    return number_format(thousands, decimal_pos=0 if thousands == int(thousands) else 1) + letter


def _bar(x: float, foot: int, width: float, height: float) -> str:
    corner = min(ROUNDING, height)
    side, top = height - corner, width - 2 * corner
    return (
        f"M{x:.1f} {foot}v-{side:.1f}q0 -{corner:.1f} {corner:.1f} -{corner:.1f}"
        f"h{top:.1f}q{corner:.1f} 0 {corner:.1f} {corner:.1f}v{side:.1f}z"
    )


def _labels(dates: Sequence[date], xs: Sequence[float], width: float) -> list[Label]:
    """The first day and every Monday that has room between its neighbours."""
    right = xs[-1] + width
    labels = [_label(_day(dates[0]), xs[0], "start", right)]
    for number, day in enumerate(dates):
        label = _label(_day(day), xs[number] + width / 2, "middle", right)
        if day.weekday() == MONDAY and label.begin >= labels[-1].end + APART:
            labels.append(label)
    return labels


def _label(text: str, x: float, anchor: str, right: float) -> Label:
    """A date at x; one that would stand out on the right ends there instead."""
    length = len(text) * CHARACTER
    begin = x if anchor == "start" else x - length / 2
    if begin + length > right:
        return Label(f"{right:.1f}", "end", text, right - length, right)
    return Label(f"{x:.1f}", anchor, text, begin, begin + length)


def _day(day: date) -> str:
    return format_date(day, pgettext("day in a chart", "j M"))
