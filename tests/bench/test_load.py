"""The load: percentiles, a schedule that no slow answer delays, and latencies counted from when a request was due."""

import http.server
import math
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bench import keep_alive, steady
from bench.load import Request, drive, percentile
from bench.steady import Schedule, Steady, drive_steadily, together
from bench.trickle import trickling
from tests.servers import Listener, free_port


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (range(1, 101), 50, 50),
        (range(1, 101), 99, 99),
        (range(1, 101), 99.9, 100),
        (range(1, 1001), 99.9, 999),
        ([7], 50, 7),
        ([1, 2], 50, 1),
        ([], 99, math.inf),
    ],
)
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(
    values: Any, percent: float, expected: float
) -> None:
    assert percentile(list(values), percent) == expected


def test_a_schedule_goes_on_at_equal_distances_whatever_was_answered() -> None:
    schedule = Schedule(began=100.0, rate=10, seconds=1)
    assert schedule.take(99.9) == []
    assert schedule.take(100.0) == [100.0]
    assert schedule.next() == pytest.approx(100.1)
    late = schedule.take(100.55)  # nobody looked for a while: each moment that passed is due, as it was
    assert late == pytest.approx([100.1, 100.2, 100.3, 100.4, 100.5])
    assert len(schedule.take(200.0)) == 4
    assert (schedule.next(), schedule.taken) == (None, 10)


class Pausing(http.server.BaseHTTPRequestHandler):
    """Answers at once, but for one pause in which nobody is answered."""

    protocol_version = "HTTP/1.1"
    pause = 0.0  # seconds
    begins = math.inf
    asleep = threading.Lock()

    def do_GET(self) -> None:
        with self.asleep:
            if time.monotonic() >= Pausing.begins:
                Pausing.begins = math.inf
                time.sleep(Pausing.pause)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def pausing() -> Iterator[str]:
    Pausing.begins, Pausing.pause = math.inf, 0.0
    server = Listener(("127.0.0.1", 0), Pausing)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def order(url: str, **more: object) -> dict[str, Any]:
    return {**vars(Request(url)), "seconds": 1, "connections": 2, **more}


def test_a_pause_of_the_server_is_seen_by_all_that_were_due_in_it(pausing: str) -> None:
    """Half a second of silence in a second: half of the requests waited, not the two that were under way."""
    Pausing.begins, Pausing.pause = time.monotonic() + 0.3, 0.5
    found = steady.load(order(pausing, rate=100))
    slow = [ms for ms in found["latencies"] if ms > 50]
    assert len(found["latencies"]) + found["unanswered"] == 100
    assert len(slow) >= 35
    assert max(slow) >= 450
    Pausing.begins = time.monotonic() + 0.3
    closed = keep_alive.load(order(pausing))  # which asks on only when it was answered, and so hides it
    assert len([ms for ms in closed["latencies"] if ms > 200]) <= 2


def test_what_has_no_answer_took_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", free_port())) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        found = steady.load(order(url, rate=20, seconds=0.5))
    assert (found["latencies"], found["unanswered"], found["in_time"]) == ([], 10, 0)
    result = together([found], 20, 0.5)
    assert (result.p50, result.was_kept) == (math.inf, False)


def test_the_parts_of_a_load_are_put_together() -> None:
    parts = [
        {"latencies": [1.0, 3.0], "failed": 0, "in_time": 2, "unanswered": 0},
        {"latencies": [2.0], "failed": 1, "in_time": 1, "unanswered": 1},
    ]
    assert together(parts, 4, 1) == Steady(
        wanted=4, answered=3, failed=1, p50=2.0, p99=math.inf, p999=math.inf
    )


@pytest.mark.parametrize(("answered", "kept"), [(100, True), (98, True), (97, False)])
def test_latencies_count_only_at_the_rate_that_was_asked_for(answered: float, kept: bool) -> None:
    assert Steady(100, answered, 0, 1, 2, 3).was_kept is kept


@pytest.mark.parametrize("drives", [drive, lambda request, seconds: drive_steadily(request, 1, seconds, 2)])
def test_a_load_goes_to_this_machine_alone(drives: Any) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 only"):
        drives(Request("http://192.0.2.1/"), 1)


def test_slow_clients_send_on_and_come_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        with trickling(f"http://127.0.0.1:{server.getsockname()[1]}/oauth/token", clients=1):
            first, _address = server.accept()
            with first:
                received = first.recv(1000)
                assert received.startswith(b"POST /oauth/token HTTP/1.1\r\n")
                assert first.recv(10) == b"a"
            again, _address = server.accept()  # the first was closed on it
            again.close()
