"""Logs: one JSON object a line on standard error, with nothing in it that opens anything."""

import logging
import re
import threading
import time
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from config.tracebacks import TracebackOncePerMinute

# What can open something, whatever the line is about. One pass over each value, and no part of the pattern can
# be matched in two ways, so that a long line costs no more than its length.
CREDENTIAL = re.compile(
    r"""
    (?P<scheme> \b(?:basic|bearer)(?:[\s+]|%20)+ ) [^\s"',;<>]+     # the header of RFC 6749 or 6750
    | (?P<name> \b(?:password\d?|passwd|client_secret|application_secret|secret|access_token|api_key|code
               |csrfmiddlewaretoken|csrftoken|sessionid)["']?\s?[:=]\s?\[? ) (?:"[^"]*|'[^']*|[^\s"'&;,<>]+)
    | (?P<address> [a-z]:// ) [^\s/@:]*:[^\s/@]+(?=@)                # the password of a database or mail server
    | whsec_[\w+/=-]+                                               # signing secrets of webhooks
    | otpauth(?::|%3A)[^\s"'<>]*                                    # what an authenticator app scans
    | (?:argon2|pbkdf2_|md5\$)[^\s"')]*                             # passwords at rest
    | [a-z0-9]{32,}={0,2}   # credentials, their digests and base64, sessions, CSRF tokens, seeds, keys of mailed links
    | (?<![\w.:+-])\d{8}(?![\w.:]|-[0-9a-f]{4}-)                     # recovery codes, not the beginning of a request ID
    """,
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
# Random values of base64's alphabet for URLs, which "-" and "_" divide into shorter words.
RANDOM = re.compile(r"[\w-]{32,}", re.ASCII)

# Their DEBUG lines hold a page's whole context, the parameters of SQL (digests, seeds) and what passkeys are made of.
NEVER_AT_DEBUG = ("django.template", "django.db.backends", "fido2")


def without_credentials(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace all that has the shape of a credential, tracebacks included."""
    return {name: redacted(str(value)) for name, value in event.items()}


def redacted(text: str) -> str:
    """Return `text` with "…" in place of each secret, token, key, password, seed and code in it."""
    return RANDOM.sub(_unless_a_word, CREDENTIAL.sub(_named, text))


def _named(match: re.Match[str]) -> str:
    return (match["scheme"] or match["name"] or match["address"] or "") + "…"


def _unless_a_word(match: re.Match[str]) -> str:
    """Keep names of functions and request IDs: a random value has digits and letters in both cases."""
    text = match[0]
    is_random = text not in (text.lower(), text.upper()) and any(letter.isdigit() for letter in text)
    return "…" if is_random else text


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
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": _json_lines()},
        "filters": {"once_a_minute": {"()": OncePerMinute}, "tracebacks": {"()": TracebackOncePerMinute}},
        "handlers": {"standard_error": STANDARD_ERROR},
        "root": {"handlers": ["standard_error"], "level": level},
        "loggers": _loggers(level),
    }


STANDARD_ERROR = {"class": "logging.StreamHandler", "formatter": "json", "filters": ["tracebacks"]}


def _json_lines() -> dict[str, Any]:
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
    return {"()": structlog.stdlib.ProcessorFormatter, "foreign_pre_chain": before, "processors": after}


def _loggers(level: str) -> dict[str, Any]:
    return {
        "django": {"level": level},
        "django.server": {"handlers": [], "propagate": True},
        # Its own page of a 404 or 403 is the answer; a line for each would drown the rest.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"filters": ["once_a_minute"]},
        "applications.oauth.verify": {"filters": ["once_a_minute"]},
        **{name: {"level": "INFO"} for name in NEVER_AT_DEBUG if level == "DEBUG"},
    }
