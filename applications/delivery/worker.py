"""The engine of one machine: one thread asks the database and stores what came of it, many threads send.

Several such processes, on any number of machines, share the work: each leases what no other has
(operations/deliveries.py).
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Final

from django.db import Error, InterfaceError, connections
from django.utils.timezone import now

from applications.delivery.senders import Senders
from applications.delivery.storing import store
from applications.operations.attempts import Attempted
from applications.operations.deliveries import Job, claim_deliveries, release_deliveries
from applications.operations.redelivery import carry_on_redelivery
from applications.operations.sending import Send, attempt, headers_of, not_sent, secrets_of
from applications.operations.webhook_secrets import SigningSecrets

logger = logging.getLogger(__name__)

CLAIMED_AT_ONCE: Final = 64  # in one transaction
LOOK_SECONDS: Final = 0.2  # between two looks for what is due, where nothing else happens
STORE_SECONDS: Final = 1.0  # between two tries while the database does not answer
RESERVED: Final = 8  # one request in so many is for receivers that are known to answer


@dataclass(frozen=True, slots=True)
class Signed:
    """A job with its headers; `at` is when its attempt begins."""

    job: Job
    headers: Mapping[str, str]
    at: datetime


class Worker:
    """Sends what is due until it is told to stop.

    `requests` are under way at most. Receivers that are not known to answer get seven of eight of them: however many
    are dead, there is always room for those that live.
    """

    def __init__(self, *, requests: int, send: Send) -> None:
        self.requests, self.send = requests, send
        self.senders = Senders[Signed](self._send, requests)
        self.came: SimpleQueue[Attempted] = SimpleQueue()
        self.to_store: list[Attempted] = []
        self.under_way: dict[int, Job] = {}  # by delivery
        self.stopping = threading.Event()
        self.redelivered_at = 0.0

    def run(self, *, grace: float, until_idle: bool = False) -> None:
        """Carry deliveries until `stop` is called; then finish what is under way, for at most `grace` seconds.

        What is not finished by then is released for other workers. `until_idle` ends when nothing is due.
        """
        while not self.stopping.is_set():
            if not self._step() and until_idle and not self.under_way:
                return
        deadline = time.monotonic() + grace
        while self.under_way and time.monotonic() < deadline:
            self._wait()
            self._asking(self._store)
        if left := list(self.under_way.values()):
            logger.warning("the worker ends, and %d requests were not finished", len(left))
            self._asking(lambda: release_deliveries(jobs=left))

    def stop(self) -> None:
        """Let `run` come to its end; from any thread, or a signal."""
        self.stopping.set()

    def _step(self) -> bool:
        """Store what came, and lease what is due; whether anything was."""
        stored = self._asking(self._store)
        found = self._asking(self._claim) if stored else None
        if stored and found is not None:
            self._asking(self._redeliver)
        elif self.stopping.wait(STORE_SECONDS):
            return False
        if not found:
            self._wait()
        return bool(found) or not self.came.empty()

    def _asking[Answer](self, ask: Callable[[], Answer]) -> Answer | None:
        """Return what `ask` does; None, with a line in the log, where the database does not answer."""
        try:
            return ask()
        except (Error, InterfaceError) as error:
            logger.error("the store does not answer: deliveries wait", exc_info=error)
            connections.close_all()
            return None

    def _claim(self) -> int:
        """Lease what is due and give it to the threads; return how many."""
        free = self.requests - len(self.under_way)
        doubtful = sum(job.is_doubtful for job in self.under_way.values())
        most_doubtful = self.requests - max(1, self.requests // RESERVED) - doubtful
        jobs = claim_deliveries(most=min(free, CLAIMED_AT_ONCE), most_doubtful=most_doubtful)
        at = now()
        # Where the database fails here, they are due again when their lease is over.
        secrets = secrets_of(jobs, at)
        for job in jobs:
            self._begin(job, at, secrets)
        return len(jobs)

    def _begin(self, job: Job, at: datetime, secrets: SigningSecrets) -> None:
        headers = headers_of(job, at, secrets)
        self.under_way[job.delivery_pk] = job
        if headers is None:
            self.came.put(not_sent(job, at, "signing"))
        else:
            self.senders.put(Signed(job, headers, at))

    def _send(self, signed: Signed) -> None:
        try:
            came = attempt(self.send, signed.job, signed.headers, signed.at)
        except Exception as error:  # a mistake of ours must not leave the delivery under way for ever
            logger.error("delivery %s could not be sent", signed.job.key, exc_info=error)
            came = not_sent(signed.job, signed.at, "internal")
        self.came.put(came)

    def _wait(self) -> None:
        """Wait for the next answer, or until it is time to look again."""
        with suppress(Empty):
            self.to_store.append(self.came.get(timeout=LOOK_SECONDS))

    def _store(self) -> bool:
        """Store all that came so far, in one transaction; what cannot be stored now is stored later."""
        with suppress(Empty):
            while len(self.to_store) < CLAIMED_AT_ONCE:
                self.to_store.append(self.came.get_nowait())
        if self.to_store:
            store(self.to_store)
            for stored in self.to_store:
                self.under_way.pop(stored.delivery_pk, None)
            self.to_store = []
        return True

    def _redeliver(self) -> bool:
        """Carry on with what somebody ordered to be sent again, a range a second."""
        if time.monotonic() - self.redelivered_at < STORE_SECONDS:
            return False
        self.redelivered_at = time.monotonic()
        return carry_on_redelivery()
