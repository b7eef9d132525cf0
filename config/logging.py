"""Logs: one JSON object a line on standard error, with nothing in it that opens anything."""

import logging
import re
import threading
import time
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# IDs, secrets, tokens and keys all have this shape; whatever the line is about, none is written.
CREDENTIAL = re.compile(r"\b[0-9a-fA-F]{40}\b")


def without_credentials(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace all that has the shape of a credential, tracebacks included."""
    return {name: CREDENTIAL.sub("…", str(value)) for name, value in event.items()}


class OncePerMinute(logging.Filter):
    """Lets a message pass once a minute, short and without a traceback, and a few different ones a minute at most.

    For what any stranger can make this server say, as often as they like and in ever new words. Each process keeps
    its own count.
    """

    clock = staticmethod(time.monotonic)

    def __init__(self, most: int = 20, letters: int = 400) -> None:
        super().__init__()
        self.most, self.letters = most, letters
        self.lock = threading.Lock()
        self.minute, self.passed = 0, set[str]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record, and return whether it is to be written."""
        text = record.getMessage()[: self.letters]
        record.msg, record.args, record.exc_info = text, None, None
        with self.lock:
            if self.minute != (minute := int(self.clock() // 60)):
                self.minute, self.passed = minute, set()
            if text in self.passed or len(self.passed) >= self.most:
                return False
            self.passed.add(text)
        return True


def logging_to(level: str) -> dict[str, Any]:
    """Return the LOGGING setting: everything from `level` on, through structlog's formatter."""
    before = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        without_credentials,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": before,
                "processors": after,
            }
        },
        "filters": {"once_a_minute": {"()": OncePerMinute}},
        "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["standard_error"], "level": level},
        "loggers": {
            "django": {"level": level},
            "django.server": {"handlers": [], "propagate": True},
            # Its own page of a 404 or 403 is the answer; a line for each would drown the rest.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"filters": ["once_a_minute"]},
            "applications.oauth.verify": {"filters": ["once_a_minute"]},
        },
    }
