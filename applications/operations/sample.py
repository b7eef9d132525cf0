"""A sample to look at: applications, tokens and 30 days of history, made through the operations themselves."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from django.db import transaction
from django.utils.timezone import now

from applications.models import AccessToken, Account, Application, DailyUsage, Refusal, Scope
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.models.memberships import Role
from applications.models.refusals import CredentialKind
from applications.models.secrets import Overlap
from applications.models.usage import ISSUED, Reason
from applications.operations.actors import Actor
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.operations.applications import create_application, switch_application, update_application
from applications.operations.message_settings import update_message_settings
from applications.operations.secrets import reset_secret
from applications.rules.credentials import hint, new_credential, token_key
from applications.rules.names import Name, Note
from applications.rules.networks import NetworkText

DAYS = 30
AGE = timedelta(days=257)  # of the applications
OWNERS_ADDRESS = "192.0.2.44"
LIST = [
    Line(NetworkText("198.51.100.0/24"), Note("Data centre")),
    Line(NetworkText("203.0.113.7"), Note("Office")),
    Line(NetworkText("2001:db8:40::/48"), Note("Data centre")),
]
OUTSIDE = "192.0.2.77"  # an address that no list of the sample has
ADDRESSES = ("198.51.100.23", "198.51.100.24", "203.0.113.7", "2001:db8:40::12")  # documentation ranges


@dataclass(frozen=True, slots=True)
class Kind:
    """One application of the sample: how many tokens live, how many it asks for a day, when it was used last."""

    name: str
    lifetime: str
    scopes: str
    live: int
    daily: int
    used: timedelta | None
    enabled: bool = True
    two_secrets: bool = False
    has_list: bool = False  # of allowed IPs


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is refused now and then, and what its client was answered."""

    reason: Reason
    credential: CredentialKind
    request: str
    status: int
    error: str
    detail: str = ""


TOKEN_REQUEST, CHECK = "POST /oauth/token", "GET /oauth/verify"
REFUSED = (
    Refused(Reason.WRONG_SECRET, CredentialKind.SECRET, TOKEN_REQUEST, 401, "invalid_client"),
    Refused(Reason.ADDRESS, CredentialKind.SECRET, TOKEN_REQUEST, 401, "invalid_client"),
    Refused(Reason.SCOPE, CredentialKind.SECRET, TOKEN_REQUEST, 400, "invalid_scope", "originators"),
    Refused(Reason.TOKEN_EXPIRED, CredentialKind.TOKEN, CHECK, 401, "invalid_token", "9c1e"),
    Refused(Reason.HEADER, CredentialKind.TOKEN, "GET /account", 401, "invalid_credentials", "Authentication: Bearer"),
    Refused(Reason.BODY, CredentialKind.SECRET, TOKEN_REQUEST, 415, "invalid_request", "application/json"),
)  # fmt: skip

SAMPLE = (
    Kind("Staging sandbox", "1 day", "*", 0, 0, None),
    Kind("Campaign studio", "1 day", "sms viber templates reports groups optouts shortlinks", 0, 90,
         timedelta(days=73), enabled=False),
    Kind("Legacy CRM sync", "never", "groups optouts numbers", 1, 0, timedelta(days=52), two_secrets=True),
    Kind("", "1 week", "reports", 2, 1, timedelta(days=1)),
    Kind("Warehouse scanner", "1 week", "sms", 4, 2, timedelta(hours=3)),
    Kind("Driver two-way chat", "1 week", "sms whatsapp conversations", 6, 3, timedelta(hours=1)),
    Kind("Booking reminders", "1 day", "sms viber whatsapp templates reports", 9, 240, timedelta(minutes=12),
         has_list=True),
    Kind("Order notifications", "1 day", "sms viber reports shortlinks", 18, 1100, timedelta(minutes=2)),
    Kind("OTP sign-in", "1 day", "sms", 231, 2600, timedelta(seconds=20), has_list=True),
)  # fmt: skip


@transaction.atomic
def seed_sample(*, account: Account, actor: Actor) -> list[Application]:
    """Return the sample applications, made anew at each call; the same figures each time."""
    chance, began = random.Random(7), now() - AGE
    made = [
        _make(kind, account, replace(actor, at=began + timedelta(minutes=place)), chance)
        for place, kind in enumerate(SAMPLE)
    ]
    _tell({kind.name: application for kind, application in zip(SAMPLE, made, strict=True)}, account, actor)
    _refuse(made, chance)
    return made


def _tell(made: dict[str, Application], account: Account, actor: Actor) -> None:
    """Change what was made, as its owner did over the months: in the order of time, for so the audit log is read."""
    owner = account.memberships.filter(role=Role.OWNER).select_related("user").first()
    person = Actor(ActorKind.USER, owner.user.email, OWNERS_ADDRESS) if owner else actor

    def then(**ago: int) -> Actor:
        return replace(person, at=now() - timedelta(**ago), request_id=str(uuid.uuid4()))

    for kind in SAMPLE:
        if not kind.enabled:
            switch_application(application=made[kind.name], enabled=False, actor=then(days=70))
    reminders = made["Booking reminders"]
    quiet = {"sms_quiet_start": "21:30", "sms_quiet_stop": "08:00"}
    update_message_settings(application=reminders, changes=quiet, actor=then(days=12))
    update_message_settings(application=reminders, changes={"sms_remove_emojis": True}, actor=then(days=12))
    orders = made["Order notifications"]
    kept = orders.scopes.exclude(name="viber")
    update_application(
        application=orders,
        name=Name(orders.name),
        lifetime=Lifetime(orders.lifetime),
        scopes=kept,
        actor=then(days=5),
    )
    for kind in SAMPLE:
        if kind.two_secrets:
            reset_secret(application=made[kind.name], overlap=Overlap.WEEK, actor=then(hours=2))


def _make(kind: Kind, account: Account, actor: Actor, chance: random.Random) -> Application:
    available = Scope.objects.available()
    scopes = available if kind.scopes == "*" else available.filter(name__in=kind.scopes.split())
    application, _secret = create_application(
        account=account, name=Name(kind.name), lifetime=Lifetime(kind.lifetime), scopes=scopes, actor=actor
    )
    AccessToken.objects.bulk_create(_tokens(application, kind, chance))
    DailyUsage.objects.bulk_create(_usage(application, kind, chance))
    _date(application, kind)
    if kind.has_list:
        change_allowed_ips(account=account, application=application, add=LIST, actor=actor)
    return application


def _date(application: Application, kind: Kind) -> None:
    moment = now()
    used = moment - kind.used if kind.used else None
    address = ADDRESSES[0] if used else None
    stored = Application.objects.filter(pk=application.pk)
    stored.update(created_at=moment - AGE, last_used_at=used, last_used_ip=address)
    application.secrets.update(created_at=moment - AGE, last_used_at=used, last_used_ip=address)


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
    for back in range(DAYS) if kind.daily else ():
        day = (now() - timedelta(days=back)).date()
        share = (0.35 if day.weekday() >= 5 else 1.0) * chance.uniform(0.8, 1.1)
        yield DailyUsage(application=application, day=day, kind=ISSUED, count=int(kind.daily * share))


def _refuse(applications: list[Application], chance: random.Random) -> None:
    of_each = [
        _refusals(application, kind, chance) for application, kind in zip(applications, SAMPLE, strict=True)
    ]
    # The newest gets the highest key, as when they are written one by one.
    refusals = sorted(chain.from_iterable(of_each), key=lambda refusal: refusal.created_at)
    Refusal.objects.bulk_create(refusals)
    DailyUsage.objects.bulk_create(_counted(refusals))


def _refusals(application: Application, kind: Kind, chance: random.Random) -> Iterator[Refusal]:
    """Yield what the bars of the Overview count, so that each leads to as many rows as it says."""
    possible = [refused for refused in REFUSED if refused.reason is not Reason.ADDRESS or kind.has_list]
    for hour in range(DAYS * 24) if kind.daily and kind.enabled else ():
        if chance.random() < min(0.5, kind.daily / 20_000):
            moment = now() - timedelta(hours=hour, minutes=chance.uniform(1, 59))
            yield _refusal(application, chance.choice(possible), moment, chance)


def _refusal(application: Application, refused: Refused, moment: datetime, chance: random.Random) -> Refusal:
    return Refusal(
        account=application.account,
        application=application,
        client_id=application.application_id,
        credential=refused.credential,
        reason=refused.reason,
        detail=refused.detail,
        method=refused.request.split()[0],
        path=refused.request.split()[1],
        status=refused.status,
        error=refused.error,
        ip=OUTSIDE if refused.reason is Reason.ADDRESS else chance.choice(ADDRESSES),
        request_id=str(uuid.uuid4()),
        created_at=moment,
    )


def _counted(refusals: list[Refusal]) -> Iterator[DailyUsage]:
    counts = Counter((row.application, row.created_at.date(), row.reason) for row in refusals)
    for (application, day, reason), count in counts.items():
        if application is not None:
            yield DailyUsage(application=application, day=day, kind=reason, count=count)
