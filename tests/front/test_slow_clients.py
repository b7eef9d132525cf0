"""Clients that send or read slowly hold up nobody else (security.md, reliability)."""

import json
import signal
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings

from tests.front.conftest import FORM, GRANT, SECONDS, Front, read

TRICKLING, READING_SLOWLY = 200, 16
AT_A_TIME = 30  # requests whose time is taken


def latency(front: Front) -> float:
    """The median time of a token and of a check, in seconds; each must be answered well."""
    times = []
    verify = front.head("GET /oauth/verify?scope=groups", front.bearer)
    for _time in range(AT_A_TIME):
        started = time.monotonic()
        assert front.ask() == 200
        assert front.send(verify).status in (200, 204)
        times.append(time.monotonic() - started)
    return statistics.median(times)


@contextmanager
def trickling(front: Front) -> Iterator[None]:
    """Clients that never authenticate and send a byte now and then of a body that they say is long."""
    end = threading.Event()
    with ExitStack() as stack:
        connections = [stack.enter_context(front.connect()) for _number in range(TRICKLING)]
        for connection in connections:
            connection.sendall(
                front.head("POST /oauth/token", f"Content-Type: {FORM}", "Content-Length: 20000")
            )

        def trickle() -> None:
            while not end.wait(0.3):
                for connection in connections:
                    connection.send(b"x")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()
        for connection in connections:
            assert read(connection).status == 408


def test_two_hundred_slow_senders_leave_tokens_and_checks_as_fast(front: Front) -> None:
    alone = latency(front)
    with trickling(front):
        started = time.monotonic()
        beside = latency(front)
        assert time.monotonic() - started < SECONDS or beside < 3 * alone
    assert beside < 3 * alone + 0.02


def test_slow_readers_take_no_thread(front: Front) -> None:
    """Each asks for many times what the buffers of its connection hold, and reads nothing."""
    files = json.loads((settings.VAR_DIR / "static" / "staticfiles.json").read_text())["paths"]
    font = front.head(f"GET /static/{files['fonts/inter-latin-ext-b-wght-normal.woff2']}")
    with ExitStack() as stack:
        for _number in range(READING_SLOWLY):
            connection = stack.enter_context(front.connect())
            connection.sendall(font * 100)
        time.sleep(0.5)
        assert latency(front) < 1


def test_what_was_begun_is_answered_when_the_server_is_told_to_end(front: Front) -> None:
    head = front.head(
        "POST /oauth/token", front.basic, f"Content-Type: {FORM}", f"Content-Length: {len(GRANT)}"
    )
    with front.connect() as connection:
        connection.sendall(head + GRANT[:5])
        time.sleep(0.2)
        front.served.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(GRANT[5:])
        assert read(connection).status == 200
    assert front.served.process.wait(10) == 0
    front.served.start()
