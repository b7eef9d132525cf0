"""A sample to look at: an account with people, applications, API keys and 30 days of history, in one story.

Made through the operations themselves wherever they can say that something happened in the past.
"""

import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from applications.models import (
    Account,
    APIKey,
    Application,
    DailyUsage,
    Refusal,
    Scope,
)
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.models.findings import Finding
from applications.models.memberships import Role
from applications.models.secrets import Overlap
from applications.models.usage import Reason
from applications.operations.actors import Actor
from applications.operations.allowed_ips import change_allowed_ips
from applications.operations.applications import create_application, switch_application, update_application
from applications.operations.findings import keep_finding
from applications.operations.message_settings import update_message_settings
from applications.operations.sample_kinds import (
    ADDRESSES,
    COLLEAGUES,
    KEY_REVOKED,
    LIST,
    OLD_SECRET,
    OUTSIDE,
    OWNERS_ADDRESS,
    REFUSED,
    SAMPLE,
    Kind,
    Refused,
)
from applications.operations.sample_people import Act, acts_of_keys, acts_of_people, by
from applications.operations.sample_uses import DAYS, add_rotation, add_uses
from applications.operations.secrets import reset_secret
from applications.rules.names import Name

ORDERS_RESET = timedelta(days=9)  # ago; one machine still sends the secret of before


class Made(dict[str, Application]):
    """The applications of the sample, by name."""


@transaction.atomic
def seed_sample(*, account: Account, actor: Actor) -> list[Application]:
    """Return the sample applications, made anew at each call; the same figures each time."""
    chance, made = random.Random(7), Made()
    acts: list[Act] = [
        (kind.age - timedelta(minutes=place), _creating(made, kind, account))
        for place, kind in enumerate(SAMPLE)
    ]
    acts += [*acts_of_people(account), *acts_of_keys(account), *_changes(made)]
    owner = _owner(account, actor)
    for ago, act in sorted(acts, key=lambda each: each[0], reverse=True):  # as the audit log is read
        act(replace(owner, at=now() - ago, request_id=str(uuid.uuid4())))
    for kind in SAMPLE:
        made[kind.name].refresh_from_db()
        add_uses(made[kind.name], kind, chance)
    add_rotation(made["Driver two-way chat"])
    _refuse(made, account, chance)
    return [made[kind.name] for kind in SAMPLE]


def _owner(account: Account, actor: Actor) -> Actor:
    owner = account.memberships.filter(role=Role.OWNER).select_related("user").first()
    return Actor(ActorKind.USER, owner.user.email, OWNERS_ADDRESS) if owner else actor


def _creating(made: Made, kind: Kind, account: Account) -> Callable[[Actor], object]:
    def create(actor: Actor) -> None:
        available = Scope.objects.available()
        scopes = available if kind.scopes == "*" else available.filter(name__in=kind.scopes.split())
        name, lifetime = Name(kind.name), Lifetime(kind.lifetime)
        application, _secret = create_application(
            account=account, name=name, lifetime=lifetime, scopes=scopes, actor=actor
        )
        Application.objects.filter(pk=application.pk).update(created_at=actor.at or now())
        application.secrets.update(created_at=actor.at or now())
        if kind.has_list:
            change_allowed_ips(account=account, application=application, add=LIST, actor=actor)
        made[kind.name] = application

    return create


def _changes(made: Made) -> list[Act]:
    """Return what was changed over the months, each so long ago."""
    quiet = {"sms_quiet_start": "21:30", "sms_quiet_stop": "08:00"}
    code = {"otp_template": "Your code for Marlowe is {{pin}}", "otp_sender": "Marlowe", "otp_ttl": 300}
    return [
        (timedelta(days=250), _settings(made, "OTP sign-in", code)),
        (timedelta(days=240), _settings(made, "Order notifications", {"sms_sender": "Marlowe"})),
        (timedelta(days=70), lambda actor: _disable(made["Campaign studio"], actor)),
        (timedelta(days=20), lambda actor: _keep(made["Staging sandbox"], actor)),
        (timedelta(days=12), _settings(made, "Booking reminders", quiet)),
        (timedelta(days=12), _settings(made, "Booking reminders", {"sms_remove_emojis": True})),
        (ORDERS_RESET, lambda actor: _reset(made["Order notifications"], Overlap.NOW, actor)),
        (timedelta(days=5), lambda actor: _take_away(made["Order notifications"], "viber", actor)),
        (timedelta(hours=26), lambda actor: _reset(made["Driver two-way chat"], Overlap.WEEK, actor)),
        (timedelta(hours=2), lambda actor: _reset(made["Legacy CRM sync"], Overlap.WEEK, actor)),
    ]


def _settings(made: Made, name: str, changes: Mapping[str, Any]) -> Callable[[Actor], object]:
    return lambda actor: update_message_settings(application=made[name], changes=changes, actor=actor)


def _disable(application: Application, actor: Actor) -> None:
    switch_application(application=application, enabled=False, actor=actor)


def _reset(application: Application, overlap: Overlap, actor: Actor) -> None:
    reset_secret(application=application, overlap=overlap, actor=actor)


def _keep(application: Application, owner: Actor) -> None:
    keep_finding(subject=application, kind=Finding.NO_ALLOWED_IPS, actor=by(COLLEAGUES[0], owner))


def _take_away(application: Application, scope: str, actor: Actor) -> None:
    update_application(
        application=application,
        name=Name(application.name),
        lifetime=Lifetime(application.lifetime),
        scopes=application.scopes.exclude(name=scope),
        actor=actor,
    )


# --- Refusals -----------------------------------------------------------------------------------


def _refuse(made: Made, account: Account, chance: random.Random) -> None:
    of_each = [_refusals(made[kind.name], kind, chance) for kind in SAMPLE]
    late = [*_of_old_secret(made["Order notifications"]), *_of_revoked_key(account)]
    # The newest gets the highest key, as when they are written one by one.
    refusals = sorted(chain(late, *of_each), key=lambda refusal: refusal.created_at)
    Refusal.objects.bulk_create(refusals)
    DailyUsage.objects.bulk_create(_counted(refusals))


def _refusals(application: Application, kind: Kind, chance: random.Random) -> Iterator[Refusal]:
    """Yield what the bars of the Overview count, so that each leads to as many rows as it says."""
    possible = [refused for refused in REFUSED if refused.reason is not Reason.ADDRESS or kind.has_list]
    for hour in range(DAYS * 24) if kind.daily and kind.enabled else ():
        if chance.random() < min(0.5, kind.daily / 20_000):
            refused, minutes = chance.choice(possible), chance.uniform(1, 59)
            ip = OUTSIDE if refused.reason is Reason.ADDRESS else chance.choice(ADDRESSES)
            moment = now() - timedelta(hours=hour, minutes=minutes)
            yield _refusal(application.account, application, refused, moment, ip, refused.detail)


def _of_old_secret(application: Application) -> Iterator[Refusal]:
    """Yield the requests of the machine that nobody told of the new secret."""
    old = application.secrets.order_by("pk").first()
    for back in range(1, ORDERS_RESET.days):
        moment = now() - timedelta(days=back, minutes=7 * back)
        yield _refusal(
            application.account, application, OLD_SECRET, moment, ADDRESSES[1], old.hint if old else ""
        )


def _of_revoked_key(account: Account) -> Iterator[Refusal]:
    key = account.api_keys.exclude(revoked_at=None).first()
    for back in (1, 3, 4) if key else ():
        moment = now() - timedelta(days=back, hours=2)
        yield _refusal(account, None, KEY_REVOKED, moment, "203.0.113.40", key.hint if key else "", key)


def _refusal(
    account: Account,
    application: Application | None,
    refused: Refused,
    moment: datetime,
    ip: str,
    detail: str,
    api_key: APIKey | None = None,
) -> Refusal:
    return Refusal(
        account=account,
        application=application,
        api_key=api_key,
        client_id=application.application_id if application else "",
        credential=refused.credential,
        reason=refused.reason,
        detail=detail,
        method=refused.request.split()[0],
        path=refused.request.split()[1],
        status=refused.status,
        error=refused.error,
        ip=ip,
        request_id=str(uuid.uuid4()),
        created_at=moment,
    )


def _counted(refusals: list[Refusal]) -> Iterator[DailyUsage]:
    counts = Counter((row.application, row.created_at.date(), row.reason) for row in refusals)
    for (application, day, reason), count in counts.items():
        if application is not None:
            yield DailyUsage(application=application, day=day, kind=reason, count=count)
