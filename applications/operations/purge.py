"""Sweeping away what is dead: tokens (expired, revoked, orphaned), ended sessions, old refusals and deliveries."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now

from applications.models import (
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
from applications.models.statements.purging import dead_tokens, delete_tokens
from applications.operations.sweeping import BATCH, PAUSE, sweep, sweep_rows

DELIVERIES = 2_000  # rows a transaction: they are larger than others


def record_purge() -> None:
    """Keep that all was purged just now, for metrics (config/metrics.py)."""
    Purge.objects.update_or_create(pk=1, defaults={"ended_at": now()})


def purge_tokens(*, batch: int = BATCH, pause: float = PAUSE) -> int:
    """Delete every token that ended TOKEN_KEEP_DAYS ago, was revoked with all others, or is nobody's; return how many.

    Tokens of a disabled application stay: enabling it makes them work again.
    """
    ended = now() - timedelta(days=settings.TOKEN_KEEP_DAYS)
    return sweep(
        lambda after, most: dead_tokens(ended, after=after or 0, most=most),
        delete_tokens,
        batch=batch,
        pause=pause,
    )


def purge_sessions() -> int:
    """Delete sessions that were over SESSION_KEEP_DAYS ago, and the lines of people's lists; return how many."""
    over = Session.objects.filter(expire_date__lt=now() - timedelta(days=settings.SESSION_KEEP_DAYS))
    deleted = sweep_rows(over)
    still_there = Session.objects.filter(session_key=OuterRef("session_key"))
    sweep_rows(UserSession.objects.filter(~Exists(still_there)))
    return deleted


def purge_refusals(*, batch: int = BATCH, pause: float = PAUSE) -> int:
    """Delete refusals of REFUSAL_KEEP_DAYS ago, and beyond the newest 10,000 of an account; return how many."""
    moment = now() - timedelta(days=settings.REFUSAL_KEEP_DAYS)
    deleted = sweep_rows(Refusal.objects.all().older_than(moment), batch=batch, pause=pause)
    numerous = list(Refusal.objects.all().numerous())
    return deleted + sum(trim_refusals(account_pk) for account_pk in numerous)


def trim_refusals(account_pk: int) -> int:
    """Delete the refusals of an account beyond its newest 10,000; return how many."""
    return sweep_rows(Refusal.objects.all().beyond_the_newest(account_pk))


def purge_deliveries(*, batch: int = DELIVERIES, pause: float = PAUSE) -> int:
    """Delete deliveries that ended, were stored WEBHOOK_KEEP_DAYS ago and all of deleted applications; return how many.

    With their attempts. What still waits stays.
    """
    before = database_time() - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    for counts in (EventCount, WebhookDay):
        sweep_rows(counts.objects.filter(day__lt=before.date()), batch=batch, pause=pause)
    sweep_rows(Redelivery.objects.filter(ended_at__lt=before), batch=batch, pause=pause)
    still_there = Application.objects.filter(pk=OuterRef("application"))
    is_old = ~Q(state=State.WAITING) & Q(created_at__lt=before)
    gone = Delivery.objects.filter(is_old | ~Exists(still_there))

    def find(after: int | None, most: int) -> list[int]:
        behind = gone.filter(pk__gt=after or 0).order_by("pk")
        return list(behind.values_list("pk", flat=True)[:most])

    return sweep(find, _delete_deliveries, batch=batch, pause=pause)


def _delete_deliveries(pks: list[int]) -> int:
    DeliveryAttempt.objects.filter(delivery__in=pks).delete()
    return Delivery.objects.filter(pk__in=pks).delete()[0]
