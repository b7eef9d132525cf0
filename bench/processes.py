"""What a process and all it started have cost so far, read from /proc (Linux)."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")  # per second


def cpu_seconds(pid: int) -> float:
    """Return user and system time of `pid` and its descendants, those that have ended included."""
    stats = _all_stats()
    family, ticks = [pid], 0
    while family:
        member = family.pop()
        if member in stats:
            ticks += sum(int(field) for field in stats[member][13 - 2 : 17 - 2])  # own, then ended children's
            family += [child for child, fields in stats.items() if int(fields[1]) == member]
    return ticks / TICKS


def processor_seconds(pid: int) -> float:
    """Return how long one process has worked so far, exact to the nanosecond; its children do not count."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def parent(pid: int) -> int:
    """Return the process that started `pid`: of a backend of PostgreSQL, the server itself."""
    return int(_all_stats()[pid][1])


def _all_stats() -> dict[int, list[str]]:
    """The fields of /proc/PID/stat from the third on: what stands before them may hold spaces."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except OSError:
                continue  # it has ended in the meantime
            found[int(folder.name)] = text.rpartition(")")[2].split()
    return found
