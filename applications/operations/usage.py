"""Counting what happens to applications, and keeping why requests were refused.

Neither may cost the request a round trip, nor its timing say what happened, so both are gathered in memory
and written about once a second by a thread of each process. A process killed at once loses that
second of statistics, and nothing else.
"""

import atexit
import logging
import threading
from collections import Counter
from datetime import date

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F
from django.utils.timezone import now

from applications.models import Application, DailyUsage, Refusal
from applications.models.usage import Reason

logger = logging.getLogger(__name__)

MOST_REFUSALS = 1_000  # rows a flush; what comes in beyond that is counted but not kept one by one

type Key = tuple[int, date, str]


class Recorder:
    """What has happened in this process since the last flush."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[Key] = Counter()
        self.refusals: list[Refusal] = []
        self.thread: threading.Thread | None = None
        self.wake = threading.Event()

    def add(self, application_pk: int, kind: str, refusal: Refusal | None = None) -> None:
        with self.lock:
            self.counts[(application_pk, now().date(), kind)] += 1
            if refusal is not None and len(self.refusals) < MOST_REFUSALS:
                self.refusals.append(refusal)
            if self.thread is None and settings.USAGE_FLUSH_SECONDS:
                # Started at the first use, so that a server which forks has one in each process.
                self.thread = threading.Thread(target=self._run, name="usage", daemon=True)
                self.thread.start()

    def take(self) -> tuple[Counter[Key], list[Refusal]]:
        with self.lock:
            taken = self.counts, self.refusals
            self.counts, self.refusals = Counter(), []
        return taken

    def give_back(self, counts: Counter[Key], refusals: list[Refusal]) -> None:
        with self.lock:
            self.counts.update(counts)
            self.refusals = [*refusals, *self.refusals][:MOST_REFUSALS]

    def _run(self) -> None:
        while not self.wake.wait(settings.USAGE_FLUSH_SECONDS):
            flush()
            close_old_connections()
            connection.close()


recorder = Recorder()


def count(application_pk: int, kind: str) -> None:
    """Count one token issued (`ISSUED`) or one refusal (its Reason) of today."""
    recorder.add(application_pk, kind)


def refuse(application: Application, reason: Reason, *, ip: str, request_id: str, detail: str = "") -> None:
    """Keep that a request was refused, and why; found again by its request id."""
    refusal = Refusal(
        application_id=application.pk,
        reason=reason,
        detail=detail,
        ip=ip,
        request_id=request_id,
        created_at=now(),
    )
    recorder.add(application.pk, reason, refusal)


def flush() -> None:
    """Write what was gathered; kept for the next time when the store does not answer."""
    counts, refusals = recorder.take()
    if not counts:
        return
    try:
        _write(counts, refusals)
    except DatabaseError:
        logger.warning("usage could not be written, and is kept for the next time", exc_info=True)
        recorder.give_back(counts, refusals)


@transaction.atomic
def _write(counts: Counter[Key], refusals: list[Refusal]) -> None:
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


atexit.register(flush)
