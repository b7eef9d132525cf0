"""The frequent requests, answered on the event loop where all is well with them (docs/decisions/0033).

Each endpoint says what it asks of the store, and makes an answer of what the store says: functions of its own file,
which its view uses too. Whatever is not well (a refusal, nothing found, a failure) a thread looks at anew, as if the
request had just come: so refusals, their reasons and their records have one home, the view. Only who has waited for a
lock in vain (Stalled) is refused at once.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.db import Error, close_old_connections
from django.http import HttpRequest
from django.utils.http import parse_header_parameters

from applications.api.account import account_asked
from applications.api.previews import preview_asked
from applications.models.statements.grouped import (
    FIND_CLIENTS_AND_TOKENS,
    FIND_TOKENS,
    FIND_TOKENS_AND_SMS_SETTINGS,
    INSERT_TOKENS,
    Grouped,
)
from applications.oauth.introspect import introspect_asked
from applications.oauth.token import token_asked
from applications.oauth.verify import verify_asked
from applications.operations.last_used import Run
from applications.waits.deadlines import Stalled
from config.answer_headers import headers_of_each
from config.exchanges import Answer
from config.framing import check_framing
from config.grouping import Grouping, Reply
from config.request_ids import enter

logger = logging.getLogger(__name__)

# Makes the headers and the body of the answer 200.
type Tell[Found] = Callable[[Found, datetime, Run], tuple[dict[str, str], bytes]]

# Takes the answer to a request that is well; None where a thread has to look at it.
type Then = Callable[[Answer | Stalled | None], None]

MAX_LENGTH = 2048  # of the body and the query together: reading a long one would stop the loop
media_type = lru_cache(maxsize=64)(parse_header_parameters)


class ReadRequest(HttpRequest):
    """A request whose body is there: what the endpoints read of Django's, and nothing that takes time to make."""

    body = b""  # in place of what reads the body of Django's

    def __init__(self, environ: WSGIEnvironment) -> None:  # Django's own makes what no API request needs
        self.META = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = self.path_info = environ["PATH_INFO"]
        self.body = environ["wsgi.input"].getvalue()
        self.content_type, self.content_params = media_type(environ.get("CONTENT_TYPE", ""))

    def _get_scheme(self) -> str:
        scheme: str = self.META["wsgi.url_scheme"]
        return scheme


@dataclass(frozen=True, slots=True)
class Frequent[Question, Found]:
    """An endpoint: its method, the connection that it asks by, the statement that it needs, and its function.

    `is_counted`: there is a limit to its requests (settings.RATE_LIMIT), and a thread counts them.
    """

    method: str
    connection: Grouping
    statement: Grouped[Question, Found]
    asked: Callable[[HttpRequest], tuple[Question, Tell[Found]]]
    is_counted: bool = False


beside = ThreadPoolExecutor(1, thread_name_prefix="beside")
# Two connections, so that what only looks never waits for the disk.
storing = Grouping([INSERT_TOKENS], beside)
looking = Grouping([FIND_TOKENS, FIND_CLIENTS_AND_TOKENS, FIND_TOKENS_AND_SMS_SETTINGS], beside)

FREQUENT: dict[str, Frequent[Any, Any]] = {
    "/oauth/token": Frequent("POST", storing, INSERT_TOKENS, token_asked),
    "/oauth/verify": Frequent("GET", looking, FIND_TOKENS, verify_asked),
    "/oauth/introspect": Frequent("POST", looking, FIND_CLIENTS_AND_TOKENS, introspect_asked),
    "/account": Frequent("GET", looking, FIND_TOKENS, account_asked, is_counted=True),
    "/messages/preview": Frequent(
        "POST", looking, FIND_TOKENS_AND_SMS_SETTINGS, preview_asked, is_counted=True
    ),
}

# Where the database takes arrays, statements are prepared, and connections stay. Traces are made around threads alone.
GROUPED = (
    settings.POSTGRESQL
    and settings.DATABASES["default"]["CONN_MAX_AGE"]
    and settings.DATABASE_PREPARE
    and not settings.TRACES
)


def frequent(environ: WSGIEnvironment) -> Frequent[Any, Any] | None:
    """Return the endpoint that may answer a request on the event loop."""
    found = FREQUENT.get(environ["PATH_INFO"])
    if found is None or found.method != environ["REQUEST_METHOD"] or not GROUPED:
        return None
    if len(environ["QUERY_STRING"]) + int(environ.get("CONTENT_LENGTH", "0")) > MAX_LENGTH:
        return None
    return None if found.is_counted and settings.RATE_LIMIT else found


def answer(endpoint: Frequent[Any, Any], environ: WSGIEnvironment, then: Then) -> None:
    """Answer a request by what the store says, and let `then` have the answer, once."""
    started = time.perf_counter()
    try:
        request = ReadRequest(environ)
        enter(request)
        check_framing(request)
        question, tell = endpoint.asked(request)
    except Exception:  # whatever it is, a thread finds the same, answers it and says so in the log
        then(None)
        return

    def told(reply: Reply | Stalled) -> None:
        then(reply if isinstance(reply, Stalled) else _answer(request, tell, reply, started))

    endpoint.connection.ask(endpoint.statement, question, told)


def _answer(request: HttpRequest, tell: Tell[Any], reply: Reply, started: float) -> Answer | None:
    if reply is None:
        return None
    try:
        headers, body = tell(*reply, _beside)
        headers = headers_of_each(request, len(body), started) | headers
    except Exception:  # as above
        return None
    return 200, list(headers.items()), body


def _beside(write: Callable[[], object]) -> None:
    beside.submit(_write, write)


def _write(write: Callable[[], object]) -> None:
    try:
        write()
    except Error:
        logger.warning("the last use of a credential could not be written", exc_info=True)
    finally:
        close_old_connections()
