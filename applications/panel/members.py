"""What the page of members shows: each with role, second factor and when they were last seen; open invitations."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Max

from applications.models import Account, Membership, User
from applications.operations.second_factors import SECOND_FACTORS


@dataclass(frozen=True, slots=True)
class Made:
    """What a member made and what goes on working when the member is gone."""

    applications: int
    api_keys: int


@dataclass(frozen=True, slots=True)
class Row:
    """A member as shown; `factors` are the types of their second factors."""

    membership: Membership
    factors: frozenset[str]
    last_seen: datetime | None
    made: Made

    @property
    def has_passkey(self) -> bool:
        """Whether a passkey is among them."""
        return Authenticator.Type.WEBAUTHN in self.factors


def rows_of(account: Account, memberships: Iterable[Membership]) -> list[Row]:
    """Return the members as they are shown: as many queries for one as for a page of them."""
    shown = list(memberships)
    users = [membership.user for membership in shown]
    factors, seen, made = _factors(users), _last_seen(users), _made(account, users)
    return [
        Row(
            membership=membership,
            factors=factors.get(membership.user_id, frozenset()),
            last_seen=seen.get(membership.user_id),
            made=made[membership.user.email],
        )
        for membership in shown
    ]


def without_second_factor(account: Account) -> int:
    """Return how many members have no second factor."""
    having = Authenticator.objects.filter(type__in=SECOND_FACTORS).values("user")
    return Membership.objects.filter(account=account).exclude(user__in=having).count()


def people_named(emails: set[str]) -> dict[str, str]:
    """Return the names of the people of these emails."""
    return {user.email: str(user) for user in User.objects.filter(email__in=emails)}


def _factors(users: Sequence[User]) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    kinds = Authenticator.objects.filter(user__in=users, type__in=SECOND_FACTORS)
    for user, kind in kinds.values_list("user", "type"):
        found[user] = found.get(user, frozenset()) | {kind}
    return found


def _last_seen(users: Sequence[User]) -> dict[int, datetime]:
    """When each was last signed in: by the sessions that there are, and the last time of signing in."""
    sessions = UserSession.objects.filter(user__in=users).values_list("user").annotate(Max("last_seen_at"))
    latest = {user.pk: user.last_login for user in users if user.last_login}
    for user, moment in sessions:
        latest[user] = max(moment, latest.get(user, moment))
    return latest


def _made(account: Account, users: Sequence[User]) -> dict[str, Made]:
    emails = [user.email for user in users]
    applications = account.applications.filter(created_by__in=emails)
    keys = account.api_keys.live().filter(created_by__in=emails)
    of_applications = Counter(applications.values_list("created_by", flat=True))
    of_keys = Counter(keys.values_list("created_by", flat=True))
    return {email: Made(of_applications[email], of_keys[email]) for email in emails}
