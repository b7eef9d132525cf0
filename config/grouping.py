"""Connections to PostgreSQL by which the event loop asks for all requests that wait, each a statement at a time.

While a statement runs, requests gather, and all of one kind are the next statement. So a request waits for the
statement that runs when it comes and for its own, and a commit is shared by all whose tokens it stores
(docs/decisions/0033).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.timezone import now
from psycopg import Connection, OperationalError, pq
from psycopg.errors import LockNotAvailable, QueryCanceled, error_from_result

from applications import observed
from applications.models.statements.grouped import Grouped
from applications.waits.circuit import Circuit
from applications.waits.deadlines import GRACE_SECONDS, Stalled, database
from applications.waits.limits import statement_seconds

logger = logging.getLogger(__name__)

# What was found, and the moment of asking; None where nothing was found or nobody could be asked.
type Reply = tuple[Any, datetime] | None
type Then = Callable[[Reply | Stalled], None]  # is called once
type Asked = tuple[Any, Then]

MOST = 256  # questions of one statement
# A statement with arrays would be planned anew each time, which takes longer than to run it. The plan that is kept is
# to look each row up in its index: made while tables are small or their statistics old, it could be to read them whole.
PLANNING = (
    b"plan_cache_mode = force_generic_plan",
    b"enable_seqscan = off",
    b"enable_hashjoin = off",
    b"enable_mergejoin = off",
    b"enable_material = off",
)
SECONDS_BETWEEN_TRIES = 1.0  # to connect


class Grouping:
    """Asks what waits, kind by kind in the order in which they came, as long as there is a connection."""

    def __init__(self, kinds: list[Grouped[Any, Any]], beside: Executor) -> None:
        self.names = {kind: b"grouped_%d" % number for number, kind in enumerate(kinds)}
        self.stalled = {kind: Circuit() for kind in kinds}  # open: it waits for a lock that somebody holds
        self.beside = beside  # connects, which takes its time
        self.connection: Connection[Any] | None = None
        self.socket = -1  # of the connection; libpq forgets it when it is lost
        self.opened = self.tried = -SECONDS_BETWEEN_TRIES
        self.waiting: dict[Grouped[Any, Any], list[Asked]] = {}
        self.running: tuple[Grouped[Any, Any], list[Asked], datetime] | None = None
        self.sent = 0.0  # when the running statement was
        self.result: pq.abc.PGresult | None = None
        self.limit: asyncio.TimerHandle | None = None

    def ask[Question](self, kind: Grouped[Question, Any], question: Question, then: Then) -> None:
        """Ask after this, so that whatever was answered before holds, and let `then` have what was found."""
        loop = asyncio.get_running_loop()
        if self.connection is None:
            self._connect(loop)
            then(None)
        elif database.is_open or not self.stalled[kind].allows():
            then(None)  # a thread knows what to answer, and asks again when it is time
        else:
            if not self.waiting and self.running is None:
                loop.call_soon(self._send)  # after those requests that have been read already
            self.waiting.setdefault(kind, []).append((question, then))

    # --- One statement ---------------------------------------------------------------------------

    def _send(self) -> None:
        if self.connection is None or self.running is not None or not self.waiting:
            return
        if time.monotonic() - self.opened > settings.DATABASES["default"]["CONN_MAX_AGE"]:
            self._lose("it is old")
            return
        kind = next(iter(self.waiting))
        gathered = self.waiting.pop(kind)
        asked, moment = gathered[:MOST], now()
        if len(gathered) > MOST:
            self.waiting[kind] = gathered[MOST:]
        self.running, self.sent = (kind, asked, moment), time.perf_counter()
        limit = statement_seconds() + GRACE_SECONDS
        self.limit = asyncio.get_running_loop().call_later(limit, self._give_up)
        try:
            parameters = kind.parameters([question for question, _then in asked], moment)
            binary = [pq.Format.BINARY] * len(parameters)
            self.connection.pgconn.send_query_prepared(self.names[kind], parameters, binary, pq.Format.BINARY)
            self._flush()
        except Exception as error:  # whatever it is, nobody must wait for ever
            self._lose(error)

    def _flush(self) -> None:
        """Send what libpq holds, the rest once the socket takes it."""
        if self.connection is not None:
            loop = asyncio.get_running_loop()
            if self.connection.pgconn.flush():
                loop.add_writer(self.socket, self._flush)
            else:
                loop.remove_writer(self.socket)

    def _receive(self) -> None:
        try:
            while self.connection is not None and not self._is_busy(self.connection.pgconn):
                if (result := self.connection.pgconn.get_result()) is None:
                    self._finish()
                    return
                self.result = result
        except OperationalError as error:
            self._lose(error)

    def _is_busy(self, libpq: pq.abc.PGconn) -> bool:
        libpq.consume_input()
        return bool(libpq.is_busy())

    def _finish(self) -> None:
        if self.running is None or self.result is None:
            return
        (kind, asked, moment), result = self.running, self.result
        self.running = self.result = None
        observed.statements.append((kind.statement, time.perf_counter() - self.sent))
        if self.limit is not None:
            self.limit.cancel()
        failed = None if result.status == pq.ExecStatus.TUPLES_OK else error_from_result(result)
        if isinstance(failed, QueryCanceled | LockNotAvailable):
            self._stall(kind, asked, failed)
            return
        self._send()  # so that the database works while these are answered
        try:
            if failed is not None:
                raise failed
            self.stalled[kind].succeeded()
            answers = kind.read([question for question, _then in asked], result, moment)
        except Exception as error:  # whatever it is, nobody must wait for ever
            logger.warning("a statement for %d requests failed", len(asked), exc_info=error)
            _nothing_for(asked)
        else:
            for (_question, then), found in zip(asked, answers, strict=True):
                _tell(then, None if found is None else (found, moment))

    def _stall(self, kind: Grouped[Any, Any], asked: list[Asked], error: Exception) -> None:
        """Refuse whoever asked, and whoever came meanwhile: a second wait, or one in a thread, would be too long."""
        self.stalled[kind].failed()
        logger.warning("a statement for %d requests waited for a lock", len(asked), exc_info=error)
        for _question, then in [*asked, *self.waiting.pop(kind, [])]:
            _tell(then, Stalled("Somebody holds a lock."))
        self._send()

    # --- The connection --------------------------------------------------------------------------

    def _connect(self, loop: asyncio.AbstractEventLoop) -> None:
        if time.monotonic() - self.tried > SECONDS_BETWEEN_TRIES:
            self.tried = float("inf")  # one try at a time
            loop.run_in_executor(self.beside, self._open).add_done_callback(self._have)

    def _open(self) -> Connection[Any]:
        """Connect as Django does, and prepare the statements; raise what psycopg or Django raises."""
        database: Any = connections.create_connection(DEFAULT_DB_ALIAS)
        connection: Connection[Any] = database.get_new_connection(database.get_connection_params())
        libpq = connection.pgconn
        results = [libpq.exec_(b"SET " + setting) for setting in PLANNING]
        results += [
            libpq.prepare(name, kind.statement.encode(), kind.types) for kind, name in self.names.items()
        ]
        for result in results:
            if result.status != pq.ExecStatus.COMMAND_OK:
                connection.close()
                raise error_from_result(result)
        libpq.nonblocking = 1
        return connection

    def _have(self, opening: asyncio.Future[Connection[Any]]) -> None:
        self.tried = time.monotonic()
        if error := opening.exception():
            logger.warning("no connection for grouped statements: %s", error)
            return
        self.connection, self.opened = opening.result(), time.monotonic()
        self.socket = self.connection.pgconn.socket
        asyncio.get_running_loop().add_reader(self.socket, self._receive)

    def _give_up(self) -> None:
        """Conclude that the database is frozen or cut off: one that runs ends statements by itself."""
        database.failed()
        self._lose("it does not answer")

    def _lose(self, why: object) -> None:
        """Give up the connection: whoever waits is answered by a thread, with a statement of their own."""
        if self.connection is None:
            return
        logger.warning("the connection for grouped statements is closed: %s", why)
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.socket)
        loop.remove_writer(self.socket)
        self.connection.close()
        asked = [*(self.running[1] if self.running else []), *chain.from_iterable(self.waiting.values())]
        self.connection = self.running = self.result = None
        self.waiting = {}
        if self.limit is not None:
            self.limit.cancel()
        _nothing_for(asked)


def _nothing_for(asked: list[Asked]) -> None:
    for _question, then in asked:
        _tell(then, None)


def _tell(then: Then, reply: Reply | Stalled) -> None:
    """Hand over an answer; whatever goes wrong with it, the others of its group are to have theirs."""
    try:
        then(reply)
    except Exception:
        logger.exception("what was found for a request could not be handed over")
