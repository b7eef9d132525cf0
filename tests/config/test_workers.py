"""Where the server listens, and what becomes of one whose workers cannot begin."""

import os
import socket
import subprocess

import pytest
from django.conf import settings

from config import serving
from config.workers import listening
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
    with listening(host, 0) as listener:
        port = listener.getsockname()[1]
        socket.create_connection((asked, port), timeout=5).close()
