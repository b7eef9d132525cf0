"""What was noted becomes figures and lines; nothing that goes wrong with them stops a request."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from applications import observed
from applications.observed import Event
from config import noting
from config.gathering import REQUEST_SECONDS, REQUESTS, STATEMENT_SECONDS, Gatherer
from config.noting import Answered, answered, begin, note
from config.shared_totals import SharedTotals

ENVIRON = {"REQUEST_METHOD": "POST", "PATH_INFO": "/oauth/token", "REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    for noted in (answered, observed.events, observed.statements):
        noted.clear()
    yield
    for noted in (answered, observed.events, observed.statements):
        noted.clear()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def gatherer(tmp_path: Path, lines: list[str]) -> Gatherer:
    made = Gatherer(SharedTotals(tmp_path, os.getpid(), 7), lines.append, logs=True)
    made.share()
    return made


def _begun(**environ: Any) -> dict[str, Any]:
    begun = {**ENVIRON, **environ}
    begin(begun)  # as config/front.py does
    return begun


def answer(status: int = 200, **environ: Any) -> None:
    """Note an answer as the front does."""
    note(_begun(**environ), status)


def test_an_answer_is_counted_timed_and_logged(gatherer: Gatherer, lines: list[str]) -> None:
    answer()
    gatherer.take()
    assert gatherer.totals.counters == {(REQUESTS, "POST", "/oauth/token", "200"): 1}
    assert sum(gatherer.totals.histograms[REQUEST_SECONDS, "/oauth/token"].numbers) == 1
    assert json.loads("".join(lines))["route"] == "/oauth/token"


def test_time_counts_from_the_end_of_the_body(monkeypatch: pytest.MonkeyPatch, gatherer: Gatherer) -> None:
    """Else a client that sends slowly would make this server look slow."""
    moments = iter([100.0, 109.0, 109.25])
    monkeypatch.setattr(noting, "perf_counter", lambda: next(moments))
    environ = _begun()
    begin(environ)  # once the body is there
    note(environ, 200)
    assert Answered._make(answered[0]).seconds == pytest.approx(0.25)


def test_a_body_that_never_came_is_counted_and_has_no_time(gatherer: Gatherer) -> None:
    answer(408)
    gatherer.take()
    assert gatherer.totals.counters == {(REQUESTS, "POST", "/oauth/token", "408"): 1}
    assert gatherer.totals.histograms == {}


def test_what_strangers_make_up_makes_no_more_figures(gatherer: Gatherer) -> None:
    for number in range(100):
        answer(404, PATH_INFO=f"/{number}", REQUEST_METHOD=f"M{number}")
    gatherer.take()
    assert gatherer.totals.counters == {(REQUESTS, "other", "none", "404"): 100}


def test_events_and_statements_are_summed_up(gatherer: Gatherer) -> None:
    observed.count(Event.TOKENS_ISSUED)
    observed.count(Event.REFUSALS, "address", 2)
    observed.statements.extend([("\n SELECT 1", 0.1), ("INSERT INTO x", 0.1), ("WITH a AS (SELECT 1)", 0.1)])
    gatherer.take()
    assert gatherer.totals.counters == {("latchkey_tokens_issued",): 1, ("latchkey_refusals", "address"): 2}
    assert set(gatherer.totals.histograms) == {
        (STATEMENT_SECONDS, verb) for verb in ("select", "insert", "other")
    }


def test_what_comes_while_it_takes_is_for_the_next_time(gatherer: Gatherer) -> None:
    """Else a busy server would never get to the end."""
    for _time in range(120):
        answer()

    def write(_lines: str) -> None:
        answer()

    gatherer.write = write
    gatherer.take()
    assert len(answered) == 3
    assert sum(gatherer.totals.counters.values()) == 120


def test_no_line_is_written_where_the_log_of_requests_is_off(tmp_path: Path, lines: list[str]) -> None:
    silent = Gatherer(SharedTotals(tmp_path, os.getpid(), 7), lines.append, logs=False)
    answer()
    silent.take()
    assert lines == []
    assert silent.totals.counters


def test_health_is_counted_and_not_logged(gatherer: Gatherer, lines: list[str]) -> None:
    answer(PATH_INFO="/health/ready")
    gatherer.take()
    assert (lines, len(gatherer.totals.counters)) == ([], 1)


def test_the_file_is_written_once_a_second_and_at_once_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, gatherer: Gatherer
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("config.gathering.monotonic", lambda: clock[0])
    for seconds, written in ((0.0, 1), (0.5, 1), (0.6, 3)):
        clock[0] += seconds
        answer()
        gatherer.take()
        assert sum(gatherer.shared.together().counters.values()) == written
    answer()
    assert sum(gatherer.together().counters.values()) == 4


def test_a_folder_that_cannot_be_written_costs_only_the_figures_of_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    alone = Gatherer(SharedTotals(tmp_path / "file", os.getpid(), 7), print, logs=False)
    alone.share()
    answer()
    assert sum(alone.together().counters.values()) == 1
    assert "not together" in caplog.text


def test_a_disk_that_fills_up_stops_nothing(
    gatherer: Gatherer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_totals: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(gatherer.shared, "write", full)
    answer()
    gatherer.take(everything=True)
    assert sum(gatherer.totals.counters.values()) == 1
    assert "No space left" in caplog.text


def test_where_nobody_takes_them_notes_do_not_pile_up() -> None:
    for _time in range(observed.MOST + 10):
        observed.count(Event.TOKENS_CHECKED)
    assert len(observed.events) == observed.MOST
