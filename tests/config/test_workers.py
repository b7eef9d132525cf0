"""Where the server listens, and what becomes of one whose workers cannot begin."""

import os
import pickle
import socket
import subprocess
from contextlib import ExitStack, suppress

import pytest
from django.conf import settings

from config import serving
from config.workers import Sockets
from tests.servers import ROOT, free_port

pytestmark = pytest.mark.skipif(settings.POSTGRESQL, reason="no database takes part in this")


def test_a_server_whose_workers_cannot_begin_ends_and_says_why() -> None:
    """config/serving.py then starts it again, each time after a longer pause."""
    done = subprocess.run(
        serving.command("127.0.0.1", free_port(), 2),
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "nowhere"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "No module named 'nowhere'" in done.stderr


@pytest.mark.parametrize(
    ("host", "asked"), [("127.0.0.1", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "::1"), ("::", "::1")]
)
def test_it_listens_where_it_is_told(host: str, asked: str) -> None:
    [bound] = pickle.loads(pickle.dumps(Sockets(host, 0)))
    with bound:
        bound.listen()
        with socket.create_connection((asked, bound.getsockname()[1]), timeout=5) as client:
            assert client.getpeername()[1] == bound.getsockname()[1]


def taken_by(listener: socket.socket) -> int:
    """How many connections wait to be taken."""
    listener.setblocking(False)
    taken = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            taken += 1
    return taken


def test_workers_share_a_port_and_take_their_share_of_connections() -> None:
    port = free_port()
    [one], [another] = (pickle.loads(pickle.dumps(Sockets("127.0.0.1", port))) for _worker in range(2))
    with one, another, ExitStack() as clients:
        one.listen(100)
        for _number in range(10):  # only who listens is given any
            clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            one.accept()[0].close()
        another.listen(100)
        for _number in range(60):
            clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        assert min(taken_by(one), taken_by(another)) >= 5
