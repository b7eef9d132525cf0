"""What starts the server starts it again when it ended by itself, and lets nothing outlive it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from applications.rules.exit_codes import ExitCode
from config.environment import Environment
from config.serving import Place
from tests.servers import ROOT, free_port

pytestmark = pytest.mark.skipif(settings.POSTGRESQL, reason="no database takes part in this")

# A server that notes its starts, and whether it is drained when told to end; with a helper, as servers have workers.
SERVER = """
import os, signal, subprocess, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with (folder / "starts").open("a") as file:
    print(os.getpid(), helper.pid, file=file)
def end(*_):
    (folder / "drained").write_text(str(os.path.exists(os.environ["LATCHKEY_DRAINING_FILE"])))
    os._exit(0)
signal.signal(signal.SIGTERM, end)
if (folder / "fails").exists():
    sys.exit(1)
time.sleep(60)
"""
SUPERVISE = """
import os, sys
from pathlib import Path
from config.serving import Supervisor
folder = Path(sys.argv[1])
words = [sys.executable, "-c", sys.argv[2], str(folder)]
sys.exit(Supervisor(words, os.environ, folder / "draining.1", 0.5).run())
"""


class Supervised:
    """A supervisor of such a server, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, str(folder), SERVER],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def starts(self, at_least: int) -> list[list[int]]:
        """The processes of each start, once there were so many."""
        file, deadline = self.folder / "starts", time.monotonic() + 20
        while time.monotonic() < deadline:
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) >= at_least:
                return [[int(pid) for pid in line.split()] for line in lines]
            time.sleep(0.02)
        raise AssertionError(f"it was not started {at_least} times")

    def end(self, how: signal.Signals = signal.SIGTERM) -> str:
        self.process.send_signal(how)
        said = self.process.communicate(timeout=20)[1]
        assert self.process.returncode == 0
        return said


def are_gone(*pids: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        alive = []
        for pid in pids:
            with suppress(OSError):
                alive.append("\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text())
        if not any(alive):
            return True
        time.sleep(0.05)
    return False


def test_a_server_that_died_is_started_again_without_what_it_left(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path)
    server, helper = supervised.starts(1)[0]
    os.kill(server, signal.SIGKILL)
    second = supervised.starts(2)[1]
    assert are_gone(server, helper), "a worker would go on answering at the port"
    said = json.loads(supervised.end())
    assert (said["failures"], "ended by itself" in said["event"]) == (1, True)
    assert are_gone(*second)


def test_the_pauses_between_failures_grow(tmp_path: Path) -> None:
    (tmp_path / "fails").touch()
    supervised = Supervised(tmp_path)
    supervised.starts(3)
    lines = [json.loads(line)["event"] for line in supervised.end(signal.SIGINT).splitlines()]
    assert [line.rsplit(" in ", 1)[1] for line in lines][:2] == ["1 s.", "2 s."]


@pytest.mark.parametrize(("how", "drained"), [(signal.SIGTERM, "True"), (signal.SIGINT, "False")])
def test_it_asks_to_be_left_before_a_planned_end(how: signal.Signals, drained: str, tmp_path: Path) -> None:
    (tmp_path / "draining.1").touch()  # of a process of this number that was killed
    supervised = Supervised(tmp_path)
    supervised.starts(1)
    assert not (tmp_path / "draining.1").exists()
    time.sleep(0.3)  # the server sets its handler
    assert supervised.end(how) == ""
    assert (tmp_path / "drained").read_text() == drained
    assert not (tmp_path / "draining.1").exists()


# --- Where to listen ----------------------------------------------------------------------------


def place(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Place:
    for name in ("HOST", "PORT", "WORKERS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Place(Environment())


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "localhost"])
def test_a_free_port_is_fine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place(monkeypatch, HOST=host, PORT=str(free_port())).check()


def test_there_is_a_worker_a_core_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert place(monkeypatch).workers == len(os.sched_getaffinity(0))
    assert place(monkeypatch, WORKERS="3").workers == 3


def test_a_taken_port(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as neighbour:
        wanted = place(monkeypatch, PORT=str(neighbour.getsockname()[1]))
        with pytest.raises(SystemExit) as ended:
            wanted.check()
    assert ended.value.code == ExitCode.PORT
    assert "is taken" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"HOST": "192.0.2.1", "PORT": "8000"}, ExitCode.PORT),
        ({"HOST": "nowhere.invalid"}, ExitCode.SETTINGS),
        ({"PORT": "99999"}, ExitCode.SETTINGS),
        ({"PORT": "http"}, ExitCode.SETTINGS),
        ({"WORKERS": "many"}, ExitCode.SETTINGS),
    ],
)
def test_no_place_to_listen_at(
    environment: dict[str, str],
    code: ExitCode,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        place(monkeypatch, **environment).check()
    assert ended.value.code == code
    assert len(capsys.readouterr().err.splitlines()) == 1
