"""Before a server ends it asks to be left: not ready any more, and no connection outlives its answer.

config/serving.py makes the file that says so, waits, and only then tells the server to end (docs/decisions/0042).
"""

import os

DRAINING_FILE = "LATCHKEY_DRAINING_FILE"  # in the environment of the server's processes: the file's name
NOT_READY = b'{"status": "draining", "problems": ["This server is about to end."]}'  # for /health/ready

file = os.environ.get(DRAINING_FILE)


def is_draining() -> bool:
    """Whether this server is about to end: one look at the file system, about a microsecond."""
    return file is not None and os.access(file, os.F_OK)
