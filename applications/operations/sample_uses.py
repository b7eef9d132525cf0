"""Figures of the sample: tokens, calls and checks of 30 days, as the recorder would have counted them."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.utils.timezone import now

from applications.models import (
    AccessToken,
    AddressUse,
    Application,
    ApplicationSecret,
    DailyUsage,
    GrantedScope,
    ScopeUse,
    SecretUse,
)
from applications.models.applications import Lifetime
from applications.models.secret_use import HOUR, SPAN, slot_of
from applications.models.usage import CHECKED, ISSUED
from applications.operations.sample_kinds import ADDRESSES, Kind
from applications.rules.credentials import hint, new_credential, token_key

DAYS = 30
CHECKS = 12  # calls of the API with each token, on average
WEEKEND = 0.35  # of what a working day has


def add_uses(application: Application, kind: Kind, chance: random.Random) -> None:
    """Store what the application did until now."""
    AccessToken.objects.bulk_create(_tokens(application, kind, chance))
    days = list(_usage(application, kind, chance))
    DailyUsage.objects.bulk_create(days)
    AddressUse.objects.bulk_create(_address_uses(application, days))
    GrantedScope.objects.filter(application=application).update(recorded_since=now() - kind.age)
    ScopeUse.objects.bulk_create(_scope_uses(application, kind))
    _note_last_use(application, kind)


def _tokens(application: Application, kind: Kind, chance: random.Random) -> Iterator[AccessToken]:
    span = Lifetime(kind.lifetime).span
    oldest = (span or timedelta(days=200)) * 0.95
    for age in sorted((chance.random() for _number in range(kind.live)), reverse=True):
        yield _token(application, now() - oldest * age, span, chance)


def _token(
    application: Application, issued: datetime, span: timedelta | None, chance: random.Random
) -> AccessToken:
    value, address = new_credential(), chance.choice(ADDRESSES)
    used = issued + (now() - issued) * chance.random()
    return AccessToken(
        key=token_key(value),
        hint=hint(value),
        application=application,
        generation=application.generation,
        scope=application.scope,
        issued_at=issued,
        issued_ip=address,
        expires_at=issued + span if span else None,
        last_used_at=used,
        last_used_ip=address,
    )


def _usage(application: Application, kind: Kind, chance: random.Random) -> Iterator[DailyUsage]:
    for back in range(DAYS) if kind.daily and kind.enabled else ():
        day = (now() - timedelta(days=back)).date()
        share = (WEEKEND if day.weekday() >= 5 else 1.0) * chance.uniform(0.8, 1.1)
        for of, count in ((ISSUED, kind.daily * share), (CHECKED, (kind.daily * CHECKS + 9) * share)):
            yield DailyUsage(application=application, day=day, kind=of, count=int(count))


def _address_uses(application: Application, days: list[DailyUsage]) -> Iterator[AddressUse]:
    """Yield from where the counted requests came: token requests with the secret, checks with tokens."""
    secrets = list(application.secrets.order_by("created_at"))
    for row in days:
        third, sixth = row.count // 3, row.count // 6
        for ip, count in zip(ADDRESSES, (row.count - third - sixth, third, sixth), strict=False):
            if count:
                yield AddressUse(
                    application=application,
                    secret=_secret_of(row.day, secrets) if row.kind == ISSUED else None,
                    ip=ip,
                    day=row.day,
                    count=count,
                    last_at=_last_moment(row.day),
                )


def _secret_of(day: date, secrets: list[ApplicationSecret]) -> ApplicationSecret:
    """Return the secret that was the newest on a day."""
    return [secret for secret in secrets if secret.created_at.date() <= day][-1]


def _last_moment(day: date) -> datetime:
    """Return the last moment of a day on which it was used: of today, a while ago."""
    evening = datetime(day.year, day.month, day.day, 21, 40, tzinfo=UTC)
    return min(evening, now() - timedelta(minutes=9))


def _scope_uses(application: Application, kind: Kind) -> Iterator[ScopeUse]:
    """Yield when each scope was used; of the unused ones the first was used long ago, the others never."""
    if kind.used is None:
        return
    unused = kind.unused.split()
    for place, name in enumerate(name for name in application.scope_names if name not in unused):
        yield ScopeUse(
            application=application, scope=name, last_at=now() - kind.used - timedelta(hours=place * 5)
        )
    for name in unused[:1]:
        yield ScopeUse(application=application, scope=name, last_at=now() - timedelta(days=141))


def _note_last_use(application: Application, kind: Kind) -> None:
    """Note it on the application, and on the secret that was the newest then."""
    if kind.used is None:
        return
    used = {"last_used_at": now() - kind.used, "last_used_ip": ADDRESSES[0]}
    Application.objects.filter(pk=application.pk).update(**used)
    made_before = application.secrets.filter(created_at__lte=used["last_used_at"])
    newest = made_before.order_by("-created_at").values("pk")[:1]
    ApplicationSecret.objects.filter(pk__in=newest).update(**used)
    if kind.used < HOUR:
        _use(ApplicationSecret.objects.get(pk__in=newest), kind.used, ADDRESSES[0], 1 + kind.daily // 24)


def add_rotation(application: Application) -> None:
    """Say that both of its secrets are in use: the old one by a single machine."""
    _new, old = application.secrets.order_by("-created_at")
    _use(old, timedelta(minutes=27), ADDRESSES[1], 12)
    moment = now() - timedelta(minutes=27)
    AddressUse.objects.create(
        application=application, secret=old, ip=ADDRESSES[1], day=moment.date(), count=12, last_at=moment
    )


def _use(secret: ApplicationSecret, last: timedelta, ip: str, calls: int) -> None:
    """Say that a secret was used `calls` times in the last hour, the last time so long ago."""
    moment = now()
    ApplicationSecret.objects.filter(pk=secret.pk).update(last_used_at=moment - last, last_used_ip=ip)
    slots = [slot_of(moment - last - SPAN * back) for back in range(int((HOUR - last) / SPAN))]
    SecretUse.objects.bulk_create(
        SecretUse(secret=secret, slot=slot, began_at=began, count=count)
        for place, (slot, began) in enumerate(slots)
        if (count := calls // len(slots) + (calls % len(slots) if place == 0 else 0))
    )
