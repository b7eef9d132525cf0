"""What a run reports: ratios, the state of each goal, and nothing that was not measured."""

import math
import re
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from bench import report
from bench.goals import GOALS, MISSED, REACHED, UNKNOWN, Calm, Goal, state_of, state_of_calm
from bench.load import Load
from bench.measure import Figures, Results, Sample, Turn, figures_of
from bench.picture import LEFT, picture
from bench.products import versions
from bench.run import main
from bench.serving import Server
from bench.steady import Steady

IDLE, BUSY = 0.1, 7.5
SVG = "{http://www.w3.org/2000/svg}"


def figures(rate: float, server_ms: float = 0.1, postgres_ms: float = 0.1) -> Figures:
    return Figures(rate, server_ms, postgres_ms, 1.0, 4.0)


def results() -> Results:
    return Results(
        saturated={
            Turn("latchkey", "token"): figures(4000, 0.2),
            Turn("latchkey", "token", 64): figures(9000, 0.12),
            Turn("oidc in memory", "token", 64): figures(7500, 0.24),
            Turn("first", "token"): figures(2500, 0.38),
            Turn("hello", "hello"): figures(10_000, 0.1, 0),
        },
        steady={
            Turn("latchkey", "token"): Steady(2000, 2000, 0, 1.0, 3.5, 9.0),
            Turn("hello", "hello"): Steady(5000, 3000, 0, 400.0, 900.0, 950.0),
        },
    )


def test_figures_are_medians_over_the_rounds() -> None:
    loads = [Load(requests, 2.0, 0, 1, p99, 9) for requests, p99 in ((100, 5), (300, 50), (200, 6))]
    found = figures_of([Sample(load, ms, 0.5) for load, ms in zip(loads, (1, 2, 30), strict=True)])
    assert found == Figures(rate=100.0, server_ms=2, postgres_ms=0.5, p50=1, p99=6)


def test_a_core_answers_what_server_and_database_take_for_one() -> None:
    assert figures(1, server_ms=0.15, postgres_ms=0.05).per_core == pytest.approx(5000)


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (Goal(7, "token", "oidc in memory", "token", least=1.2, connections=64), (REACHED, 1.2, 0.5)),
        (Goal(7, "token", "oidc in memory", "token", least=1.3, connections=64), (MISSED, 1.2, 0.5)),
        (Goal(7, "token", "oidc in memory", "token", most=0.6, connections=64), (REACHED, 1.2, 0.5)),
        (Goal(1, "token", "hello", "hello", most=1.9), (MISSED, 0.4, 2)),
    ],
)
def test_a_goal_is_a_ratio_over_the_same_connections(goal: Goal, expected: tuple[str, float, float]) -> None:
    state, *ratios = state_of(goal, results())
    assert (state, *ratios) == (expected[0], pytest.approx(expected[1]), pytest.approx(expected[2]))


@pytest.mark.parametrize(
    "goal",
    [
        Goal(1, "token", "toolkit", "token", least=5),
        Goal(7, "token", "first", "token", least=3, connections=64),  # over 16 alone
        Goal(8, "verify", "hello", "hello", most=1),
    ],
)
def test_what_was_not_measured_is_neither_reached_nor_missed(goal: Goal) -> None:
    state, rate, cpu = state_of(goal, results())
    assert (state, math.isnan(rate), math.isnan(cpu)) == (UNKNOWN, True, True)


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Steady(100, 100, 0, 1.0, 2.9, 9), REACHED),
        (Steady(100, 100, 0, 1.0, 3.0, 9), MISSED),
        (Steady(100, 60, 0, 1.0, 1.1, 9), MISSED),  # it did not keep the rate
        (Steady(100, 99, 0, 1.0, math.inf, math.inf), MISSED),
        (Steady(100, 0, 0, math.inf, math.inf, math.inf), MISSED),
        (None, UNKNOWN),
    ],
)
def test_a_calm_server_keeps_the_rate_and_its_slowest_near_the_others(
    found: Steady | None, state: str
) -> None:
    assert state_of_calm(Calm(9, "verify", 3), found)[0] == state


def test_the_table_has_every_goal_of_performance_with_its_state() -> None:
    rows = [row.split(" | ") for row in report.goals(results()).splitlines()[2:]]
    assert {row[0].strip("| ") for row in rows} == set("123456789")
    assert len(rows) > len(GOALS)
    states = [row[-1].strip("| ") for row in rows]
    assert all(state in (REACHED, MISSED, UNKNOWN) or "`" in state for state in states), states
    assert (
        f"| 7 | token, 64 connections | oidc-provider in memory | 1.20× | 0.5× | at least 1.2× the req/s | {REACHED} |"
        in (report.goals(results()))
    )


def test_latencies_of_a_rate_that_was_not_kept_are_not_shown() -> None:
    shown = report.latencies(results())
    assert "| token | Latchkey | 2,000 | 1.00 | 3.50 | 9.00 |" in shown
    assert "the rate was not kept (3,000)" in shown
    assert "400" not in shown


def test_a_busy_machine_is_said_in_the_table_and_in_the_picture() -> None:
    running = [Server("latchkey", "", 1, {})]
    for busy, said in ((IDLE, False), (BUSY, True)):
        assert ("not idle" in report.heading(running, "wrk", 3, 2, busy)) is said
        assert ("not idle" in picture(results(), "somewhere", busy)) is said


# --- The picture ---------------------------------------------------------------------------------


def drawn(found: Results) -> ElementTree.Element:
    return ElementTree.fromstring(picture(found, "wrk & all on 2 cores", IDLE))


def test_bars_are_as_long_as_their_values() -> None:
    bars = [bar for bar in drawn(results()).iter(f"{SVG}rect") if bar.get("class") in ("ours", "bar")]
    widths = [float(bar.attrib["width"]) for bar in bars[:3]]
    assert [width / widths[0] for width in widths] == pytest.approx([1, 7500 / 9000, 2500 / 9000], abs=0.001)
    assert [bar.get("class") for bar in bars[:3]] == ["ours", "bar", "bar"]


def test_all_that_is_drawn_stands_within_the_picture_and_apart() -> None:
    svg = drawn(results())
    _left, _top, width, height = map(float, svg.attrib["viewBox"].split())
    places = [(float(text.attrib["x"]), float(text.attrib["y"])) for text in svg.iter(f"{SVG}text")]
    assert all(0 < x < width - 60 and 0 < y < height for x, y in places)
    # A letter of 15 px is 8.2 px wide at the most, on average; labels end before the bars begin.
    labels = [
        text.text or ""
        for text in svg.iter(f"{SVG}text")
        if text.attrib["x"] == "24" and not text.get("class")
    ]
    assert labels
    assert max(24 + 8.2 * len(label) for label in labels) < LEFT
    lines = sorted({y for _x, y in places})
    assert min(later - earlier for earlier, later in pairwise(lines)) >= 20


def test_it_says_in_words_what_it_shows_and_over_how_many_connections() -> None:
    svg = drawn(results())
    described = svg.findtext(f"{SVG}desc") or ""
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-labelledby"] == "title description"
    assert "Latchkey 9,000, oidc-provider in memory 7,500" in described
    assert "Latchkey's first release, over 16 2,500" in described


def _luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_words_are_read_on_the_ground_in_light_and_dark(dark: bool) -> None:
    light, _media, at_night = picture(results(), "", IDLE).partition("@media (prefers-color-scheme: dark)")
    colors = dict(re.findall(r"(\.?\w+) \{[^}]*?fill: (#\w{6})", at_night if dark else light))
    ground = _luminance(colors[".ground"])
    for words in ("text", ".note", ".ours"):
        lighter, darker = sorted((_luminance(colors[words]), ground), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (words, dark)


def test_versions_are_pinned_without_hashes() -> None:
    pinned = (
        "django==6.1.3 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
        'cffi==2.1.1 ; os_name == "nt" \\\n    --hash=sha256:22\n'
    )
    assert versions(pinned) == "django==6.1.3\ncffi==2.1.1\n"


@pytest.mark.parametrize("option", ["--seconds", "--steady", "--rounds"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5"])
def test_a_load_has_a_length(
    option: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", option, value])
    with pytest.raises(SystemExit):
        main()
    assert f"argument {option}: " in capsys.readouterr().err
