"""Tracebacks in the log: one a minute of each kind, and of the rest the line that matters."""

import logging
import threading
import time
from copy import copy
from traceback import walk_tb
from types import TracebackType

type Kind = tuple[str, str, str]  # logger, class of the exception, where it was raised

MOST_KINDS = 50  # a minute, for each process


class TracebackOncePerMinute(logging.Filter):
    """Puts the error's first line behind the message, and takes the traceback away unless it is the minute's first.

    A database that is away makes the same traceback of 5 KB for each request.
    """

    clock = staticmethod(time.monotonic)

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.minute, self.written = 0, set[Kind]()

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return the record; a shorter copy where it has an error, as other handlers get it too."""
        if not record.exc_info or (error := record.exc_info[1]) is None:
            return record
        name, shorter = type(error).__name__, copy(record)
        shorter.msg = f"{record.getMessage()}{_request_of(record)}: {name}: {_first_line(error)}"
        shorter.args = None
        if not self._is_first((record.name, name, _place(error.__traceback__))):
            shorter.exc_info = shorter.exc_text = None
        return shorter

    def _is_first(self, kind: Kind) -> bool:
        with self.lock:
            if self.minute != (minute := int(self.clock() // 60)):
                self.minute, self.written = minute, set()
            if kind in self.written or len(self.written) >= MOST_KINDS:
                return False
            self.written.add(kind)
        return True


def _request_of(record: logging.LogRecord) -> str:
    """Return the request's ID as Django's own records have it, which log a page that failed."""
    request_id = getattr(getattr(record, "request", None), "request_id", "")
    return f", request {request_id}" if request_id else ""


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _place(traceback: TracebackType | None) -> str:
    places = [f"{frame.f_code.co_filename}:{line}" for frame, line in walk_tb(traceback)]
    return places[-1] if places else ""
