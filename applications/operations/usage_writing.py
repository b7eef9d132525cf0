"""Writing what operations/usage.py has gathered."""

from collections import Counter
from datetime import date
from itertools import islice

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from applications.models import APIKey, Application, Refusal, UnknownCredentials
from applications.models.usage import DailyCount, Reason, add_daily_counts
from applications.operations import address_use, refused_requests
from applications.operations.measured import count_explained
from applications.operations.purge import trim_refusals
from applications.operations.usage_gathered import Gathered

MAX_ALIKE = 50  # rows a flush of one account, reason and address; the others are counted alone
TRIM_AFTER = 1_000  # rows of one account, after which those beyond its limit are deleted


class Writer:
    """Writes for one process, and remembers when what is old was last deleted."""

    def __init__(self) -> None:
        self.swept: date | None = None
        self.written: Counter[int] = Counter()  # refusals of each account, since they were last trimmed

    def write(self, taken: Gathered) -> None:
        """Write `taken` in parts, and take out of it what is written: the rest may be given back."""
        if taken.unexplained:
            _explain(taken)
        if +taken.nobodys:
            _write_nobodys(taken.nobodys)
            taken.nobodys = Counter()
        if taken.counts or taken.refusals:
            self._write_counts(taken.counts, list(taken.refusals.values()))
            taken.counts, taken.refusals = Counter(), {}
        while part := dict(islice(taken.uses.items(), address_use.MAX_USES)):
            address_use.count_uses(part)
            for use in part:
                del taken.uses[use]
        if self.swept != (today := now().date()):
            address_use.sweep_address_uses()
            self.swept = today

    @transaction.atomic
    def _write_counts(self, counts: Counter[DailyCount], refusals: list[Refusal]) -> None:
        wanted = {key[0] for key in counts} | {row.application_id for row in refusals if row.application_id}
        found = Application.objects.filter(pk__in=wanted)  # one may have been deleted in the meantime
        known = {
            pk: (account, client)
            for pk, account, client in found.values_list("pk", "account_id", "application_id")
        }
        add_daily_counts({key: number for key, number in counts.items() if key[0] in known})
        kept = _write_refusals(refusals, known)
        self._trim(kept)

    def _trim(self, refusals: list[Refusal]) -> None:
        """Delete refusals beyond the limit of an account, once so many were written that it can be far beyond."""
        self.written.update(refusal.account_id for refusal in refusals)
        for account_pk in [pk for pk, number in self.written.items() if number >= TRIM_AFTER]:
            trim_refusals(account_pk)
            del self.written[account_pk]


def _explain(taken: Gathered) -> None:
    refusals, nobodys = refused_requests.explain(taken.unexplained, now())
    taken.nobodys[now().date()] += nobodys
    count_explained(refusals, nobodys)
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


def _write_refusals(refusals: list[Refusal], applications: dict[int, tuple[int, str]]) -> list[Refusal]:
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
    return kept
