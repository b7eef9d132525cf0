"""With which code a process ends when it cannot go on, so that a supervisor can tell the reasons apart.

The numbers are those of sysexits.h. Starting again helps with some, and not with others: docs/runbook.md.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Why a process ended."""

    DATA = 65  # the database is not what this version reads
    DATABASE = 69  # it does not answer, or it refuses
    PORT = 71
    STORAGE = 74  # no place to write, or no right to
    TEMPORARY = 75  # it may be over soon: another node at work, a clock that is off
    SETTINGS = 78
