"""Sweeping away what is dead: tokens (expired, revoked, of no application), ended sessions, old refusals."""

import time

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, Max, Min, OuterRef
from django.utils.timezone import now

from applications.models import AccessToken, Account, Refusal

BATCH = 20_000  # keys a range: short transactions, so that issuing keeps over 80 % of its speed
PAUSE = 2.0  # times as long as a batch took


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
