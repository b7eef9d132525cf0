"""What is known around a refused request: names, moments, and who changed what before it."""

from datetime import datetime

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from applications.models import AuditEvent, Refusal, User
from applications.models.audit import ActorKind
from applications.models.refusals import CredentialKind
from applications.rules.names import isolated

# What was wrong, and what to do about it.
type Words = tuple[str, str]

# Where each kind of credential belongs.
HEADERS = {
    CredentialKind.TOKEN: "Authorization",
    CredentialKind.API_KEY: "X-API-KEY",
    CredentialKind.SECRET: "Authorization",
}


def name_of(refusal: Refusal) -> str:
    """Return the name of the application that sent it."""
    return isolated(str(refusal.application)) if refusal.application else _("a deleted application")


def name_of_key(refusal: Refusal) -> str:
    """Return the name of the API key, or else its last four characters."""
    return isolated(str(refusal.api_key)) if refusal.api_key else f"••••{refusal.detail}"


def moment_in_words(moment: datetime) -> str:
    """Return day and minute in the time zone of the account."""
    return date_format(localtime(moment), "j F Y, H:i")


def latest_change(refusal: Refusal, condition: Q) -> AuditEvent | None:
    """Return the latest such change of the application before the request."""
    events = AuditEvent.objects.filter(
        condition,
        account=refusal.account_id,
        application_id=refusal.client_id,
        created_at__lte=refusal.created_at,
    )
    return events.first() if refusal.client_id else None


def who_and_when(event: AuditEvent | None, what: str, refusal: Refusal) -> str:
    """Return who did it, and when: "It was revoked on 3 November 2026, 10:14 by Elena Kowalczyk (owner).\""""
    if event is None:
        return ""
    words = _("{what} on {moment} by {who}.")
    return words.format(what=what, moment=moment_in_words(event.created_at), who=_who(event, refusal))


def _who(event: AuditEvent, refusal: Refusal) -> str:
    if event.actor_kind == ActorKind.COMMAND:
        return _("the operator")
    if event.actor_kind == ActorKind.FINDER:
        return _("somebody who had found the secret")
    if event.actor_kind == ActorKind.APPLICATION:
        same = event.actor == refusal.client_id
        return _("the client itself") if same else _("the application {id}").format(id=event.actor)
    person = User.objects.filter(email=event.actor).first()
    if person is None:
        return event.actor
    membership = person.memberships.filter(account=refusal.account_id).first()
    return f"{person} ({membership.get_role_display().lower()})" if membership else str(person)


def reads_a_form(refusal: Refusal) -> bool:
    """Whether the address that was asked takes a form; the others take JSON."""
    return refusal.path.startswith("/oauth/")
