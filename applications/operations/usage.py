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

from applications.models import APIKey, Application, Refusal, UnknownCredentials
from applications.models.address_use import Holder
from applications.models.statements.clients import NOBODY
from applications.models.usage import DailyCount, Reason, add_daily_counts
from applications.operations import address_use, failed_sign_ins, refused_requests
from applications.operations.address_use import Purpose, Use
from applications.operations.failed_sign_ins import FailedSignIns, Step
from applications.operations.purge import trim_refusals
from applications.operations.refused_requests import RefusedRequest, describe
from applications.rules.networks import Address

logger = logging.getLogger(__name__)

MAX_REFUSALS = 1_000  # rows a flush; what comes in beyond that is counted but not kept one by one

MAX_ALIKE = 50  # rows a flush of one account, reason and address; the others are counted alone
TRIM_AFTER = 1_000  # rows of one account, after which those beyond its limit are deleted

MAX_ADDRESSES = (
    10_000  # uses from different addresses a flush; beyond that only those known go on being counted
)


@dataclass(slots=True)
class Gathered:
    """What has happened since the last flush."""

    counts: Counter[DailyCount] = field(default_factory=Counter)
    refusals: dict[str, Refusal] = field(default_factory=dict)  # by request id
    unexplained: list[RefusedRequest] = field(default_factory=list)
    nobodys: Counter[date] = field(default_factory=Counter)  # refused requests whose credentials nobody has
    uses: Counter[Use] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.counts or self.refusals or self.unexplained or +self.nobodys or self.uses)

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
        self.written: Counter[int] = Counter()  # refusals of each account, since they were last trimmed
        self.thread: threading.Thread | None = None
        self.wake = threading.Event()

    def add(self, application_pk: int | None, kind: str, refusal: Refusal | None = None) -> None:
        with self.lock:
            if application_pk is not None:  # an API key has no figures of its own
                self.gathered.counts[(application_pk, now().date(), kind)] += 1
            # An unknown client is recorded, so that it costs what a known one does, and dropped before anything is
            # written. It takes no place from refusals that somebody wants to read.
            if (
                refusal is not None
                and application_pk != NOBODY
                and len(self.gathered.refusals) < MAX_REFUSALS
            ):
                self.gathered.refusals[refusal.request_id] = refusal
            self._start()

    def add_refused(self, request: RefusedRequest) -> None:
        with self.lock:
            if (refusal := self.gathered.refusals.get(request.request_id)) is not None:
                describe(refusal, request)
            elif request.sent and len(self.gathered.unexplained) < MAX_REFUSALS:
                self.gathered.unexplained.append(request)
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
            self.gathered.refusals = dict(
                islice((taken.refusals | self.gathered.refusals).items(), MAX_REFUSALS)
            )
            self.gathered.nobodys.update(taken.nobodys)
            self.gathered.unexplained = [*taken.unexplained, *self.gathered.unexplained][:MAX_REFUSALS]
            for use, count in taken.uses.items():
                self.gathered.add_use(use, count)

    def trim(self, refusals: list[Refusal]) -> None:
        """Delete refusals beyond the limit of an account, once so many were written that it can be far beyond."""
        self.written.update(refusal.account_id for refusal in refusals)
        for account_pk in [pk for pk, number in self.written.items() if number >= TRIM_AFTER]:
            trim_refusals(account_pk)
            del self.written[account_pk]

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
    if taken.unexplained:
        _explain(taken)
    if +taken.nobodys:
        _write_nobodys(taken.nobodys)
        taken.nobodys = Counter()
    if taken.counts or taken.refusals:
        _write_counts(taken.counts, list(taken.refusals.values()))
        taken.counts, taken.refusals = Counter(), {}
    while part := dict(islice(taken.uses.items(), address_use.MAX_USES)):
        address_use.count_uses(part)
        for use in part:
            del taken.uses[use]
    if recorder.swept != (today := now().date()):
        address_use.sweep_address_uses()
        recorder.swept = today


def _explain(taken: Gathered) -> None:
    refusals, nobodys = refused_requests.explain(taken.unexplained, now())
    taken.nobodys[now().date()] += nobodys
    for refusal in refusals:
        taken.refusals[refusal.request_id] = refusal
        if refusal.application_id is not None:
            taken.counts[(refusal.application_id, refusal.created_at.date(), refusal.reason)] += 1
    taken.unexplained = []


@transaction.atomic
def _write_nobodys(counts: Counter[date]) -> None:
    for day, number in counts.items():
        UnknownCredentials.objects.bulk_create([UnknownCredentials(day=day)], ignore_conflicts=True)
        UnknownCredentials.objects.filter(day=day).update(count=F("count") + number)


@transaction.atomic
def _write_counts(counts: Counter[DailyCount], refusals: list[Refusal]) -> None:
    wanted = {key[0] for key in counts} | {row.application_id for row in refusals if row.application_id}
    found = Application.objects.filter(pk__in=wanted)  # one may have been deleted in the meantime
    known = {
        pk: (account, client)
        for pk, account, client in found.values_list("pk", "account_id", "application_id")
    }
    add_daily_counts({key: number for key, number in counts.items() if key[0] in known})
    _write_refusals(refusals, known)


def _write_refusals(refusals: list[Refusal], applications: dict[int, tuple[int, str]]) -> None:
    keys = {row.api_key_id for row in refusals if row.api_key_id is not None}
    accounts = dict(APIKey.objects.filter(pk__in=keys).values_list("pk", "account_id")) if keys else {}
    alike, kept = Counter[tuple[int, str, str | None]](), list[Refusal]()
    for refusal in refusals:
        if refusal.application_id in applications:
            refusal.account_id, refusal.client_id = applications[refusal.application_id]
        elif refusal.api_key_id in accounts:
            refusal.account_id = accounts[refusal.api_key_id]
        elif refusal.reason != Reason.DELETED:  # it was deleted a moment ago
            continue
        alike[kind := (refusal.account_id, refusal.reason, refusal.ip)] += 1
        if alike[kind] <= MAX_ALIKE:
            kept.append(refusal)
    Refusal.objects.bulk_create(kept, ignore_conflicts=True)
    recorder.trim(kept)


atexit.register(flush, everything=True)
