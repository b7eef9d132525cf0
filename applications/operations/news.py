"""Mails that tell people what was done: members about their account, and persons about their own sign-in.

A mail belongs to a row of the audit log. So it is decided once, where the row is written, and tells what was done in
the panel, by the API, by a command and by the operator alike (docs/decisions/0027).

A new kind of mail is one line in `MailKind` and one template, templates/emails/news/<value>.txt, with the parts
`subject`, `text`, `link` and `advice`. Then either KINDS says which action of the audit log is told so, or an operation
calls `tell`.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.timezone import now

from applications.models import Account, AuditEvent, User
from applications.models.applications import Lifetime
from applications.models.audit import Action
from applications.models.mails import MailKind
from applications.operations.actors import Actor
from applications.operations.news_mails import send_news, send_personal_news

KINDS: Mapping[str, MailKind] = {
    Action.SECRET_RESET: MailKind.SECRET,
    Action.SECRET_RETIRED: MailKind.SECRET,
    Action.API_KEY_CREATED: MailKind.API_KEY,
    Action.API_KEY_REVOKED: MailKind.API_KEY,
    Action.INVITATION_CREATED: MailKind.MEMBERS,
    Action.MEMBER_ADDED: MailKind.MEMBERS,
    Action.MEMBER_CHANGED: MailKind.MEMBERS,
    Action.MEMBER_JOINED: MailKind.MEMBERS,
    Action.MEMBER_LEFT: MailKind.MEMBERS,
    Action.MEMBER_REMOVED: MailKind.MEMBERS,
    Action.SECOND_FACTOR_REMOVED: MailKind.SECOND_FACTOR,
    Action.PASSKEY_REMOVED: MailKind.SECOND_FACTOR,
    Action.CREDENTIAL_FOUND: MailKind.FOUND,
}
# Whoever it was done to is told too, whatever they have chosen.
ABOUT_A_PERSON = frozenset({Action.MEMBER_ADDED, Action.MEMBER_CHANGED, Action.MEMBER_REMOVED})
# What people are told about their own sign-in; the rest of what they do to sign in is told to nobody.
PERSONAL = frozenset(
    {
        Action.PASSWORD_CHANGED,
        Action.PASSWORD_RESET,
        Action.SECOND_FACTOR_ADDED,
        Action.SECOND_FACTOR_REMOVED,
        Action.PASSKEY_ADDED,
        Action.PASSKEY_REMOVED,
        Action.RECOVERY_CODES_MADE,
        Action.RECOVERY_CODES_REMOVED,
    }
)


def tell(
    account: Account,
    kind: MailKind,
    facts: Mapping[str, Any],
    *,
    by: Actor | None = None,
    person: str = "",
) -> None:
    """Mail the members who get this kind, once the transaction is stored and after the answer. Never raises for it.

    facts    what the template of the kind names: texts, numbers, lists, times; never a secret
    by       who did it: told only if they have chosen to be, and named in the mail with address and time
    person   an email that is told too, whatever it has chosen
    At most MAILS_AN_HOUR of a kind are sent about an account within an hour; the last one says so.
    """
    send = partial(send_news.enqueue, account_pk=account.pk, kind=str(kind), person=person)
    transaction.on_commit(partial(send, facts=_facts(facts, by)), robust=True)


def tell_of_row(account: Account, event: AuditEvent, actor: Actor) -> None:
    """Mail what a row of the audit log says, where it is of a kind that is told. A sample of the past is not."""
    kind = _kind_of(event)
    if kind is None or actor.at is not None:
        return
    facts = {name: getattr(event, name) for name in ("action", "target", "application_id", "details")}
    person = event.target if event.action in ABOUT_A_PERSON else ""
    tell(account, kind, facts, by=actor, person=person)


def tell_person(person: User, action: Action, *, by: Actor, device: str = "", to: str = "") -> None:
    """Mail a person what was done to their own sign-in, as `tell` does; nobody can switch this off.

    `device` is the User-Agent of a browser that is new; `to` another address than the person's, such as the one
    before a change. The words are in templates/emails/news/person.txt.
    """
    facts = _facts({"action": action, "device": device}, by)
    send = partial(send_personal_news.enqueue, person_pk=person.pk, to=to or person.email)
    transaction.on_commit(partial(send, facts=facts), robust=True)


def _kind_of(event: AuditEvent) -> MailKind | None:
    made_or_changed = event.action in (Action.APPLICATION_CREATED, Action.APPLICATION_CHANGED)
    if made_or_changed and _is_never(event.details.get("lifetime")):
        return MailKind.NEVER
    return KINDS.get(event.action)


def _is_never(lifetime: Any) -> bool:
    """Whether a row tells of tokens without an end: its lifetime, or the pair of before and after."""
    return bool((lifetime[-1] if isinstance(lifetime, list) else lifetime) == Lifetime.NEVER)


def _facts(facts: Mapping[str, Any], by: Actor | None) -> dict[str, Any]:
    """Return the facts as a task takes them."""
    about = {"kind": by.kind, "name": by.name, "ip": by.ip, "request_id": by.request_id} if by else {}
    found = {**facts, "by": about, "at": now().timestamp()}
    plain: dict[str, Any] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return plain
