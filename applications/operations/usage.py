"""Counting what happens to applications and from where, and keeping why requests were refused.

None of it may cost the request a round trip, nor its timing say what happened, so it is gathered in memory
and written about once a second by a thread of each process. A process killed at once loses that
second of statistics, and nothing else.
"""

import atexit
import logging
import threading
from itertools import islice

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.utils.timezone import now

from applications import observed
from applications.models import Refusal
from applications.models.address_use import Holder
from applications.models.statements.clients import NOBODY
from applications.models.usage import Reason
from applications.operations import failed_sign_ins
from applications.operations.address_use import Purpose, Use
from applications.operations.failed_sign_ins import FailedSignIns, Step
from applications.operations.measured import count_event, count_lost
from applications.operations.refused_requests import RefusedRequest, describe
from applications.operations.usage_gathered import Gathered
from applications.operations.usage_writing import Writer
from applications.rules.networks import Address

logger = logging.getLogger(__name__)

MAX_REFUSALS = 1_000  # rows a flush; what comes in beyond that is counted but not kept one by one


class Recorder:
    """What has happened in this process since the last flush, and the thread that writes it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.gathered = Gathered()
        self.failed_sign_ins = FailedSignIns()
        self.writer = Writer()
        self.thread: threading.Thread | None = None
        self.wake = threading.Event()

    def add(self, application_pk: int | None, kind: str, refusal: Refusal | None = None) -> None:
        count_event(application_pk, kind, is_kept=refusal is not None)
        with self.lock:
            if application_pk is not None:  # an API key has no figures of its own
                self.gathered.counts[(application_pk, now().date(), kind)] += 1
            # An unknown client is recorded, so that it costs what a known one does, and dropped before anything is
            # written. It takes no place from refusals that somebody wants to read.
            if refusal is not None and application_pk != NOBODY:
                if len(self.gathered.refusals) < MAX_REFUSALS:
                    self.gathered.refusals[refusal.request_id] = refusal
                else:
                    count_lost("refusals")
            self._start()

    def add_refused(self, request: RefusedRequest) -> None:
        with self.lock:
            if (refusal := self.gathered.refusals.get(request.request_id)) is not None:
                describe(refusal, request)
            elif request.sent and len(self.gathered.unexplained) < MAX_REFUSALS:
                self.gathered.unexplained.append(request)
            elif request.sent:
                count_lost("refusals")
            self._start()

    def add_use(self, use: Use) -> None:
        if use[-1] is not None:  # a token, and what for
            observed.count(observed.Event.TOKENS_CHECKED)
        with self.lock:
            self.gathered.add_use(use)
            self._start()

    def add_failed_sign_in(self, email: str, step: Step, ip: str, request_id: str) -> None:
        with self.lock:
            self.failed_sign_ins.add(email, step, ip, request_id)
            self._start()

    def take(self) -> Gathered:
        with self.lock:
            taken, self.gathered = self.gathered, Gathered()
        for key in [key for key in taken.counts if key[0] == NOBODY]:
            del taken.counts[key]
        return taken

    def give_back(self, taken: Gathered) -> None:
        with self.lock:
            self.gathered.counts.update(taken.counts)
            refusals = taken.refusals | self.gathered.refusals
            unexplained = [*taken.unexplained, *self.gathered.unexplained]
            self.gathered.refusals = dict(islice(refusals.items(), MAX_REFUSALS))
            self.gathered.nobodys.update(taken.nobodys)
            self.gathered.unexplained = unexplained[:MAX_REFUSALS]
            count_lost("refusals", sum(max(0, len(kept) - MAX_REFUSALS) for kept in (refusals, unexplained)))
            for use, count in taken.uses.items():
                self.gathered.add_use(use, count)

    def _start(self) -> None:
        if self.thread is None and settings.USAGE_FLUSH_SECONDS:
            # Started at the first use, so that a server which forks has one in each process.
            self.thread = threading.Thread(target=self._run, name="usage", daemon=True)
            self.thread.start()

    def _run(self) -> None:
        while not self.wake.wait(settings.USAGE_FLUSH_SECONDS):
            flush()
            close_old_connections()
            connection.close()


recorder = Recorder()
flushing = threading.Lock()  # held by the one flush that is under way


def record_event(application_pk: int, kind: str) -> None:
    """Count one token issued (`ISSUED`) or one refusal (its Reason) of today."""
    recorder.add(application_pk, kind)


def record_refusal(
    application_pk: int | None,
    reason: Reason,
    *,
    ip: str,
    request_id: str,
    detail: str = "",
    api_key_pk: int | None = None,
) -> None:
    """Keep that a request of an application, or of an API key, was refused, and why; found by its request id."""
    refusal = Refusal(
        application_id=application_pk,
        api_key_id=api_key_pk,
        reason=reason,
        detail=detail,
        ip=ip,
        request_id=request_id,
        created_at=now(),
    )
    recorder.add(application_pk, reason, refusal)


def record_refused_request(request: RefusedRequest) -> None:
    """Keep what a refused request was like; where no operation knew the reason, it is found when this is written."""
    recorder.add_refused(request)


def record_address_use(
    holder: Holder,
    pk: int,
    address: Address | None,
    *,
    secret_digest: bytes | None = None,
    purpose: Purpose = None,
) -> None:
    """Note that a good credential of an application, or an API key, was used from `address` (None: not known).

    `secret_digest` says that it was the application's secret, and which; `purpose`, for which scopes its token was.
    """
    recorder.add_use((holder, pk, secret_digest, address, purpose))


def record_failed_sign_in(email: str, step: Step, *, ip: str, request_id: str) -> None:
    """Count a failed sign-in; it comes into the audit log of whoever has this email, if anybody."""
    recorder.add_failed_sign_in(email, step, ip, request_id)


def flush(*, everything: bool = False) -> None:
    """Write what was gathered; kept for the next time when the store does not answer.

    `everything`, at the end: failed sign-ins too that else wait for their minute to be over. The last one waits for
    one that is under way, which would end with the process.
    """
    with flushing:
        _flush_failed_sign_ins(everything)
        if not (taken := recorder.take()):
            return
        try:
            recorder.writer.write(taken)
        except Error:
            logger.warning("usage could not be written, and is kept for the next time", exc_info=True)
            recorder.give_back(taken)


def _flush_failed_sign_ins(everything: bool) -> None:
    with recorder.lock:
        taken = recorder.failed_sign_ins.take(everything=everything)
    try:
        if taken:
            failed_sign_ins.write(taken)
    except Error:
        logger.warning("failed sign-ins could not be written, and are kept for the next time", exc_info=True)
        with recorder.lock:
            recorder.failed_sign_ins.give_back(taken)


atexit.register(flush, everything=True)
