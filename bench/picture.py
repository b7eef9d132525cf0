"""The picture of a run for README: bars of tokens and checks a second, and of latencies at half of that (SVG).

One file for light and dark pages: it follows the reader's setting by itself, and holds its own fonts' fallbacks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from bench.load import CONNECTIONS, MANY
from bench.measure import Results, Turn
from bench.report import BUSY, NAMES

WIDTH, LEFT, ROW, BAR, RIGHT = 840, 300, 34, 18, 100
STYLE = """
svg { font: 15px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
.ground { fill: #ffffff; stroke: #d7dfe1; }
text { fill: #26343a; } .title { font-size: 17px; font-weight: 600; } .note { font-size: 13px; fill: #546469; }
.bar { fill: #a9b8bd; } .ours { fill: #0a6c7e; } .mine { font-weight: 600; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0f1517; stroke: #2b383c; }
text { fill: #dbe4e6; } .note { fill: #9fb0b5; } .bar { fill: #4d5e64; } .ours { fill: #56c2d1; }
}
"""


@dataclass(frozen=True)
class Bar:
    """One bar: its words, its value, the value in words, and whether it is Latchkey's."""

    label: str
    value: float
    shown: str
    ours: bool


@dataclass(frozen=True)
class Chart:
    """Bars under a title, all from zero and to one scale."""

    title: str
    bars: Sequence[Bar]


def picture(results: Results, note: str, busy: float) -> str:
    """Return the picture as SVG; `note` says where and when it was measured, `busy` is the load of before."""
    charts = [chart for chart in _charts(results) if chart.bars]
    notes = [note] + (
        ["The machine was not idle: these figures are not to be quoted."] if busy >= BUSY else []
    )
    height = 24 + sum(44 + ROW * len(chart.bars) for chart in charts) + 22 * len(notes) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        f'  width="{WIDTH}" height="{height}" aria-labelledby="title description">',
        '<title id="title">How fast Latchkey is</title>',
        f'<desc id="description">{escape(_in_words(charts))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10"/>',
    ]
    top = 24
    for chart in charts:
        parts += _drawn(chart, top)
        top += 44 + ROW * len(chart.bars)
    for number, line in enumerate(notes):
        parts.append(f'<text class="note" x="24" y="{top + 8 + 22 * number}">{escape(line)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _charts(results: Results) -> Iterator[Chart]:
    tokens = [(name, "token") for name in ("latchkey", "oidc in memory", "oidc", "first", "toolkit")]
    yield Chart(f"Tokens a second over {MANY} connections", _rates(results, tokens))
    checks = [
        ("latchkey", "verify"),
        ("first", "verify"),
        ("toolkit", "bearer"),
        ("hello", "hello"),
        ("bare", "hello"),
    ]
    yield Chart(
        f"Checks of a token a second over {MANY} connections, beside saying hello", _rates(results, checks)
    )
    yield Chart("A token at half its rate: 99 of 100 take at most", _latencies(results, tokens))


def _rates(results: Results, wanted: Sequence[tuple[str, str]]) -> list[Bar]:
    bars = []
    for server, work in wanted:
        for connections in (MANY, CONNECTIONS):  # not all were asked over many
            if figures := results.saturated.get(Turn(server, work, connections)):
                label = NAMES[server] + ("" if connections == MANY else f", over {connections}")
                bars.append(Bar(label, figures.rate, f"{figures.rate:,.0f}", server == "latchkey"))
                break
    return bars


def _latencies(results: Results, wanted: Sequence[tuple[str, str]]) -> list[Bar]:
    bars = []
    for server, work in wanted:
        steady = results.steady.get(Turn(server, work))
        if steady and steady.was_kept:
            bars.append(Bar(NAMES[server], steady.p99, f"{steady.p99:.1f} ms", server == "latchkey"))
    return bars


def _drawn(chart: Chart, top: int) -> Iterator[str]:
    yield f'<text class="title" x="24" y="{top + 14}">{escape(chart.title)}</text>'
    longest = max(bar.value for bar in chart.bars)
    for number, bar in enumerate(chart.bars):
        middle, length = top + 48 + ROW * number, max(2.0, bar.value / longest * (WIDTH - LEFT - RIGHT))
        mine = ' class="mine"' if bar.ours else ""
        yield f'<text x="24" y="{middle}"{mine}>{escape(bar.label)}</text>'
        style = "ours" if bar.ours else "bar"
        yield f'<rect class="{style}" x="{LEFT}" y="{middle - 14}" width="{length:.1f}" height="{BAR}" rx="3"/>'
        yield f'<text x="{LEFT + length + 8:.1f}" y="{middle}"{mine}>{escape(bar.shown)}</text>'


def _in_words(charts: Sequence[Chart]) -> str:
    """The same for those who do not see it."""
    return " ".join(
        f"{chart.title}: " + ", ".join(f"{bar.label} {bar.shown}" for bar in chart.bars) + "."
        for chart in charts
    )
