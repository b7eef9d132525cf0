"""People and API keys of the sample: colleagues who joined by invitations, and what they did since."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.utils.timezone import now

from applications.models import Account, APIKey, Invitation, Membership, Scope, User
from applications.models.audit import Action, ActorKind
from applications.models.invitations import WORKS_FOR
from applications.models.memberships import Role
from applications.operations.actors import Actor
from applications.operations.api_keys import create_api_key
from applications.operations.audit import record
from applications.operations.sample_kinds import COLLEAGUES, INVITED, KEYS, OWNERS_ADDRESS, Colleague, Key
from applications.rules.credentials import digest, new_credential
from applications.rules.names import Name

type Act = tuple[timedelta, Callable[[Actor], object]]  # how long ago, and what is done by the owner

AHEAD = timedelta(hours=5)  # of joining, the invitation
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def acts_of_people(account: Account) -> list[Act]:
    """Return what brings the colleagues into the account; nobody is mailed, and nobody comes in twice."""
    members = set(account.members.values_list("email", flat=True))
    acts: list[Act] = []
    for colleague in COLLEAGUES:
        if colleague.email not in members:
            acts.append((colleague.joined + AHEAD, _inviting(account, colleague.email, colleague.role)))
            acts.append((colleague.joined, _joining(account, colleague)))
            acts.append((colleague.seen, _signing_in(account, colleague)))
    email, role, ago = INVITED
    if not account.invitations.pending().filter(email=email).exists():
        acts.append((ago, _open_invitation(account, email, role, ago)))
    return acts


def _inviting(account: Account, email: str, role: Role) -> Callable[[Actor], object]:
    return lambda actor: record(
        actor, account, Action.INVITATION_CREATED, target=email, details={"role": str(role)}
    )


def _open_invitation(account: Account, email: str, role: Role, ago: timedelta) -> Callable[[Actor], object]:
    def invite(actor: Actor) -> None:
        sent = now() - ago
        Invitation.objects.create(
            account=account,
            email=email,
            role=role,
            digest=digest(new_credential()),
            created_at=sent,
            created_by=actor.name,
            sent_at=sent,
            expires_at=sent + WORKS_FOR,
        )
        _inviting(account, email, role)(actor)

    return invite


def _joining(account: Account, colleague: Colleague) -> Callable[[Actor], object]:
    def join(owner: Actor) -> None:
        user = User.objects.filter(email=colleague.email).first() or _person(colleague)
        Membership.objects.create(
            account=account, user=user, role=colleague.role, created_at=now() - colleague.joined
        )
        details = {"role": str(colleague.role), "invited_by": owner.name}
        record(by(colleague, owner), account, Action.MEMBER_JOINED, target=user.email, details=details)

    return join


def _signing_in(account: Account, colleague: Colleague) -> Callable[[Actor], object]:
    details = {"by": ["password"]}
    return lambda owner: record(
        by(colleague, owner), account, Action.SIGNED_IN, target=colleague.name, details=details
    )


def _person(colleague: Colleague) -> User:
    """Return a new person, who cannot sign in, with a session that has no key to anything."""
    user: User = User.objects.create_user(colleague.email, None, name=colleague.name)
    session = UserSession.objects.create(
        user=user, session_key=new_credential(), ip=OWNERS_ADDRESS, user_agent=BROWSER
    )
    seen = now() - colleague.seen
    UserSession.objects.filter(pk=session.pk).update(created_at=seen, last_seen_at=seen)
    return user


def by(colleague: Colleague, owner: Actor) -> Actor:
    """Return a colleague who acts at the moment that is the owner's."""
    return replace(owner, kind=ActorKind.USER, name=colleague.email, ip=OWNERS_ADDRESS)


def acts_of_keys(account: Account) -> list[Act]:
    """Return what makes the API keys, and revokes one."""
    acts: list[Act] = []
    for key in KEYS:
        acts.append((key.age, _creating(account, key)))
        if key.revoked is not None:
            acts.append((key.revoked, _revoking(account, key, key.revoked)))
    return acts


def _creating(account: Account, key: Key) -> Callable[[Actor], object]:
    def create(actor: Actor) -> None:
        scopes = Scope.objects.available().filter(name__in=key.scopes.split()) if key.scopes else None
        made, _value = create_api_key(account=account, name=Name(key.name), scopes=scopes, actor=actor)
        moment = now()
        used = moment - (key.revoked or timedelta()) - (key.used - (key.revoked or timedelta()))
        APIKey.objects.filter(pk=made.pk).update(
            created_at=moment - key.age, last_used_at=used, last_used_ip="198.51.100.40"
        )

    return create


def _revoking(account: Account, key: Key, ago: timedelta) -> Callable[[Actor], object]:
    def revoke(actor: Actor) -> None:
        made = account.api_keys.live().filter(name=key.name).first()
        if made is not None:
            APIKey.objects.filter(pk=made.pk).update(revoked_at=now() - ago)
            record(actor, account, Action.API_KEY_REVOKED, target=str(made))

    return revoke
