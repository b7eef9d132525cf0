"""Counting what happens to applications and from where, and keeping why requests were refused.

None of it may cost the request a round trip, nor its timing say what happened, so it is gathered in memory
and written about once a second by a thread of each process. A process killed at once loses that
second of statistics, and nothing else.
"""

import atexit
import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import F
from django.utils.timezone import now

from applications.models import Application, DailyUsage, Refusal
from applications.models.address_use import Holder
from applications.models.statements.clients import NOBODY
from applications.models.usage import Reason
from applications.operations import address_use, failed_sign_ins
from applications.operations.address_use import Use
from applications.operations.failed_sign_ins import FailedSignIns, Step
from applications.rules.networks import Address

logger = logging.getLogger(__name__)

MAX_REFUSALS = 1_000  # rows a flush; what comes in beyond that is counted but not kept one by one

MAX_ADDRESSES = (
    10_000  # uses from different addresses a flush; beyond that only those known go on being counted
)

type Key = tuple[int, date, str]


@dataclass(slots=True)
class Gathered:
    """What has happened since the last flush."""

    counts: Counter[Key] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    uses: Counter[Use] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.counts or self.uses)

    def add_use(self, use: Use, count: int = 1) -> None:
        if use in self.uses or len(self.uses) < MAX_ADDRESSES:
            self.uses[use] += count


class Recorder:
    """What has happened in this process since the last flush, and the thread that writes it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.gathered = Gathered()
        self.failed_sign_ins = FailedSignIns()
        self.swept: date | None = None
        self.thread: threading.Thread | None = None
        self.wake = threading.Event()

    def add(self, application_pk: int, kind: str, refusal: Refusal | None = None) -> None:
        with self.lock:
            self.gathered.counts[(application_pk, now().date(), kind)] += 1
            # An unknown client is recorded, so that it costs what a known one does, and dropped before anything is
            # written. It takes no place from refusals that somebody wants to read.
            if (
                refusal is not None
                and application_pk != NOBODY
                and len(self.gathered.refusals) < MAX_REFUSALS
            ):
                self.gathered.refusals.append(refusal)
            self._start()

    def add_use(self, use: Use) -> None:
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
            self.gathered.refusals = [*taken.refusals, *self.gathered.refusals][:MAX_REFUSALS]
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


def record_event(application_pk: int, kind: str) -> None:
    """Count one token issued (`ISSUED`) or one refusal (its Reason) of today."""
    recorder.add(application_pk, kind)


def record_refusal(
    application_pk: int, reason: Reason, *, ip: str, request_id: str, detail: str = ""
) -> None:
    """Keep that a request was refused, and why; found again by its request id."""
    refusal = Refusal(
        application_id=application_pk,
        reason=reason,
        detail=detail,
        ip=ip,
        request_id=request_id,
        created_at=now(),
    )
    recorder.add(application_pk, reason, refusal)


def record_address_use(
    holder: Holder, pk: int, address: Address, *, secret_digest: bytes | None = None
) -> None:
    """Note that a good credential of an application, or an API key, was used from `address`.

    `secret_digest` says that it was the application's secret, and which.
    """
    recorder.add_use((holder, pk, secret_digest, address))


def record_failed_sign_in(email: str, step: Step, *, ip: str, request_id: str) -> None:
    """Count a failed sign-in; it comes into the audit log of whoever has this email, if anybody."""
    recorder.add_failed_sign_in(email, step, ip, request_id)


def flush(*, everything: bool = False) -> None:
    """Write what was gathered; kept for the next time when the store does not answer.

    `everything`, at the end: failed sign-ins too that else wait for their minute to be over.
    """
    _flush_failed_sign_ins(everything)
    taken = recorder.take()
    if not taken:
        return
    try:
        _write(taken)
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


def _write(taken: Gathered) -> None:
    """Write `taken` in parts, and take out of it what is written: the rest may be given back."""
    if taken.counts:
        _write_counts(taken.counts, taken.refusals)
        taken.counts, taken.refusals = Counter(), []
    while part := dict(islice(taken.uses.items(), address_use.MAX_USES)):
        address_use.count_uses(part)
        for use in part:
            del taken.uses[use]
    if recorder.swept != (today := now().date()):
        address_use.sweep_address_uses()
        recorder.swept = today


@transaction.atomic
def _write_counts(counts: Counter[Key], refusals: list[Refusal]) -> None:
    known = set(
        Application.objects.filter(pk__in={key[0] for key in counts}).values_list("pk", flat=True)
    )  # an application may have been deleted in the meantime
    for (application_pk, day, kind), number in sorted(counts.items()):
        if application_pk in known:
            row = {"application_id": application_pk, "day": day, "kind": kind}
            DailyUsage.objects.bulk_create([DailyUsage(**row)], ignore_conflicts=True)
            DailyUsage.objects.filter(**row).update(count=F("count") + number)
    Refusal.objects.bulk_create(
        (refusal for refusal in refusals if refusal.application_id in known), ignore_conflicts=True
    )


atexit.register(flush, everything=True)
