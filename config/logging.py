"""Logs: one JSON object a line on standard error, with nothing in it that opens anything."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# IDs, secrets, tokens and keys all have this shape; whatever the line is about, none is written.
CREDENTIAL = re.compile(r"\b[0-9a-fA-F]{40}\b")


def without_credentials(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace all that has the shape of a credential, tracebacks included."""
    return {name: CREDENTIAL.sub("…", str(value)) for name, value in event.items()}


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
        "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["standard_error"], "level": level},
        "loggers": {
            "django": {"level": level},
            "django.server": {"handlers": [], "propagate": True},
            # Its own page of a 404 or 403 is the answer; a line for each would drown the rest.
            "django.request": {"level": "ERROR"},
        },
    }
