"""Serves, as `./run` does: `python -m config.serving`.

Starts the server with its workers (config/workers.py), starts it again when it ended by itself, and ends it without
losing a request. Knows no Django, so it takes little memory and starts at once.
"""

import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from applications.rules.exit_codes import ExitCode
from config.draining import DRAINING_FILE
from config.end import end
from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
END_SECONDS = 5  # for the server, before it is killed; its answers have less (config/workers.py)
STEADY_SECONDS = 60  # a server that ran so long has not failed at its start
LONGEST_PAUSE = 30.0
FILES = 8192


class Place:
    """Where to listen, with how many workers, and how long to ask to be left before the end."""

    def __init__(self, env: Environment) -> None:
        self.host = env.str("HOST", "127.0.0.1")
        self.port = env.int("PORT", 8000)
        self.workers = max(1, env.int("WORKERS", 0) or len(os.sched_getaffinity(0)))
        self.drain_seconds = env.float("DRAIN_SECONDS", 3.0)

    def check(self) -> None:
        """End the process where nobody can listen there."""
        if not 0 < self.port < 65536:
            end(ExitCode.SETTINGS, f"PORT={self.port} is no port: it is a number from 1 to 65535.")
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            for family, kind, protocol, _name, address in found:
                with socket.socket(family, kind, protocol) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(address)
        except socket.gaierror:
            end(ExitCode.SETTINGS, f"HOST={self.host} with PORT={self.port} is no address to listen at.")
        except PermissionError:
            end(ExitCode.PORT, f"This user may not listen at port {self.port}. Choose one from 1024 on.")
        except OSError as error:
            why = "is taken" if error.errno == 98 else f"cannot be listened at ({error.strerror})"
            end(ExitCode.PORT, f"Port {self.port} of {self.host} {why}. Choose another: PORT=8001 ./run")


def command(host: str, port: int, workers: int) -> list[str]:
    """Return how the server is started."""
    return [sys.executable, "-m", "config.workers", host, str(port), str(workers)]


class Supervisor:
    """Starts the server, and again when it ended by itself: it does when a worker fails at its start."""

    def __init__(
        self, words: list[str], environment: Mapping[str, str], draining: Path, drain_seconds: float
    ) -> None:
        self.words, self.draining, self.drain_seconds = words, draining, drain_seconds
        self.environment = {**environment, DRAINING_FILE: str(draining)}
        # Blocked, so that each is waited for below and none comes in between; the server itself gets them as ever.
        signal.pthread_sigmask(signal.SIG_BLOCK, {*ASKED, signal.SIGCHLD})
        draining.unlink(missing_ok=True)  # of a process of this number that was killed

    def run(self) -> int:
        """Serve until asked to end; return the exit code."""
        failures = 0
        while True:
            self.process = os.posix_spawn(
                self.words[0], self.words, self.environment, setsigmask=[], setpgroup=0
            )
            started = time.monotonic()
            if asked := self._wait():
                return self._end(asked)
            self._kill()
            failures = 1 if time.monotonic() - started > STEADY_SECONDS else failures + 1
            pause = min(2.0 ** (failures - 1), LONGEST_PAUSE)
            _say(f"The server ended by itself; it is started again in {pause:.0f} s.", failures=failures)
            if self._wait(pause):
                return 0

    def _wait(self, seconds: float | None = None) -> signal.Signals | None:
        """Return the signal that asks to end; None once the server has ended, or after so many seconds."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = 3600.0 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return None
            got = signal.sigtimedwait({*ASKED, signal.SIGCHLD}, left)
            if got is not None and got.si_signo != signal.SIGCHLD:
                return signal.Signals(got.si_signo)
            if got is not None and self._reap() and deadline is None:
                return None

    def _reap(self) -> bool:
        """Take leave of every child that has ended, also of those that this process got as the first of a container.

        Returns whether the server is among them.
        """
        ended = False
        with suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                ended = ended or pid == self.process
        return ended

    def _end(self, asked: signal.Signals) -> int:
        """End the server: after TERM it asks to be left first, then finishes what is in flight."""
        if asked == signal.SIGTERM:
            with suppress(OSError):  # a full disk is no reason not to end
                self.draining.touch(mode=0o600)
            self._wait(self.drain_seconds)
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        while not self._is_gone() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._kill()
        self.draining.unlink(missing_ok=True)
        return 0

    def _kill(self) -> None:
        """Let no worker outlive the server, whose process group they are: it would go on answering at the port."""
        with suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)

    def _is_gone(self) -> bool:
        self._reap()
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        return False


def _say(event: str, **facts: int) -> None:
    """Write one line of the log, as config/logging.py lays it out."""
    line = {
        **facts,
        "event": event,
        "logger": __name__,
        "level": "warning",
        "timestamp": datetime.now(UTC).isoformat(),
    }
    sys.stderr.write(json.dumps(line) + "\n")


def main(arguments: list[str]) -> int:
    """Serve; with `--check` only see whether the port is free."""
    env = Environment()
    Environment.read_env(env.path("ENV_FILE", str(BASE_DIR / ".env")))
    place = Place(env)
    place.check()
    if "--check" in arguments:
        return 0
    os.umask(0o077)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    folder = Path(env.str("VAR_DIR", "") or BASE_DIR / "var").absolute()
    words = command(place.host, place.port, place.workers)
    return Supervisor(words, os.environ, folder / f"draining.{os.getpid()}", place.drain_seconds).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
