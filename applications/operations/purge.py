"""Sweeping away what is dead: tokens (expired, revoked, orphaned), ended sessions, old refusals and deliveries."""

import time
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils.timezone import now

from applications.models import (
    AccessToken,
    Account,
    Application,
    Delivery,
    DeliveryAttempt,
    EventCount,
    Purge,
    Redelivery,
    Refusal,
    WebhookDay,
)
from applications.models.deliveries import State, database_time

BATCH = 20_000  # keys a range: short transactions, so that issuing keeps over 80 % of its speed
DELIVERIES = 2_000  # the same for deliveries, which are larger
PAUSE = 2.0  # times as long as a batch took


def record_purge() -> None:
    """Keep that all was purged just now, for metrics (config/metrics.py)."""
    Purge.objects.update_or_create(pk=1, defaults={"ended_at": now()})


def purge_tokens(*, batch: int = BATCH, pause: float = PAUSE) -> int:
    """Delete every dead token and return how many they were.

    Sweeps the primary key in ranges, resting between them; safe to end at any moment and to run twice. Tokens
    of a disabled application stay: enabling it makes them work again.
    """
    ends = AccessToken.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return 0
    deleted = 0
    for start in range(ends["first"], ends["last"] + 1, batch):
        began = time.monotonic()
        deleted += _delete(start, start + batch)
        if start + batch <= ends["last"]:
            time.sleep((time.monotonic() - began) * pause)
    return deleted


def _delete(start: int, end: int) -> int:
    return AccessToken.objects.filter(pk__gte=start, pk__lt=end).dead().delete()[0]


def purge_sessions() -> int:
    """Delete the sessions whose time is over, and the lines of people's lists that were about one; return how many."""
    deleted: int = Session.objects.filter(expire_date__lt=now()).delete()[0]
    still_there = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(still_there)).delete()
    return deleted


def purge_refusals() -> int:
    """Delete refusals older than 30 days, and beyond the newest 10,000 of an account; return how many."""
    deleted: int = Refusal.objects.all().older_than(now()).delete()[0]
    accounts = Account.objects.values_list("pk", flat=True).iterator()
    return deleted + sum(trim_refusals(account_pk) for account_pk in accounts)


def trim_refusals(account_pk: int) -> int:
    """Delete the refusals of an account beyond its newest 10,000; return how many."""
    deleted: int = Refusal.objects.all().beyond_the_newest(account_pk).delete()[0]
    return deleted


def purge_deliveries(*, batch: int = DELIVERIES, pause: float = PAUSE) -> int:
    """Delete deliveries that ended, were stored WEBHOOK_KEEP_DAYS ago and all of deleted applications; return how many.

    In ranges of the primary key, as `purge_tokens` does, with their attempts. What still waits stays.
    """
    before = database_time() - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    EventCount.objects.filter(day__lt=before.date()).delete()
    WebhookDay.objects.filter(day__lt=before.date()).delete()
    Redelivery.objects.filter(ended_at__lt=before).delete()
    ends = Delivery.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return 0
    deleted = 0
    for start in range(ends["first"], ends["last"] + 1, batch):
        began = time.monotonic()
        deleted += _delete_deliveries(start, start + batch, before)
        if start + batch <= ends["last"]:
            time.sleep((time.monotonic() - began) * pause)
    return deleted


def _delete_deliveries(start: int, end: int, before: datetime) -> int:
    still_there = Application.objects.filter(pk=OuterRef("application"))
    is_old = ~Q(state=State.WAITING) & Q(created_at__lt=before)
    gone = Delivery.objects.filter(pk__gte=start, pk__lt=end).filter(is_old | ~Exists(still_there))
    pks = list(gone.values_list("pk", flat=True))
    DeliveryAttempt.objects.filter(delivery__in=pks).delete()
    return Delivery.objects.filter(pk__in=pks).delete()[0]
