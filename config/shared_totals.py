"""Totals of all workers of one server, each in a file of its own that any of them reads (docs/decisions/0039).

The folder belongs to the server process, the parent of the workers. A worker that takes the place of one that has
ended inherits its totals, so that counters never go down while the server runs.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config.totals import Totals

PROCESSES = Path("/proc")  # where there is none, a process is known by its number alone
ENDED = "Z"  # the state of a process that has ended, while its parent has not looked


class SharedTotals:
    """The files of the workers of server `server`, under `root`; the one of this process is written by `write`."""

    def __init__(self, root: Path, server: int, worker: int) -> None:
        self.root, self.server = root, server
        self.folder = root / _identity(server)
        self.own = self.folder / f"{worker}.json"

    def begin(self) -> Totals:
        """Make the folder, sweep those of servers that have ended; return the totals of workers that have."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked(fcntl.LOCK_EX):
            self._sweep()
            inherited, ended = Totals(), [path for path in self._files() if not _is_child(path, self.server)]
            for path in ended:
                inherited.add(_read(path))
            self.write(inherited)
            for path in ended:
                path.unlink()
        return inherited

    def write(self, totals: Totals) -> None:
        """Put the totals of this process in the place of those before; OSError leaves these."""
        unfinished = self.own.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(totals.to_json()))
        unfinished.replace(self.own)

    def together(self) -> Totals:
        """Return the sum of all workers."""
        totals = Totals()
        with self._locked(fcntl.LOCK_SH):
            for path in self._files():
                totals.add(_read(path))
        return totals

    def workers(self) -> list[int]:
        """Return the process numbers of the workers that run."""
        return [int(path.stem) for path in self._files() if _is_child(path, self.server)]

    def is_first(self) -> bool:
        """Whether this is the first worker to ask, since the server began."""
        with suppress(FileExistsError):
            os.close(os.open(self.folder / "announced", os.O_CREAT | os.O_EXCL, 0o600))
            return True
        return False

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.json"))

    def _sweep(self) -> None:
        for folder in self.root.iterdir():
            server = folder.name.partition("-")[0]
            if folder != self.folder and server.isdecimal() and folder.name != _identity(int(server)):
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, how)
            yield


def memory_of(process: int) -> int:
    """Return the bytes of a process that are in memory (resident set); 0 where the system does not tell."""
    with suppress(OSError):
        return int((PROCESSES / str(process) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _read(path: Path) -> Totals:
    return Totals.from_json(json.loads(path.read_text()))


def _identity(process: int) -> str:
    """Return what no other process has: its number, and when it began; the number alone once it has ended."""
    fields = _fields(process)
    return f"{process}-{fields[19]}" if fields else str(process)


def _is_child(path: Path, server: int) -> bool:
    """Whether the process of a file runs, and is a worker of this server (another may have its number by now)."""
    if not PROCESSES.is_dir():
        return _runs(int(path.stem))
    fields = _fields(int(path.stem))
    return bool(fields) and fields[0] != ENDED and int(fields[1]) == server


def _fields(process: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may have spaces (proc_pid_stat(5))."""
    with suppress(OSError):
        return (PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()
    return []


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
