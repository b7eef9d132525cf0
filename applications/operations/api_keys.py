"""API keys of an account: made, shown once, and revoked."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import is_naive, now
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import Account, APIKey, AuditEvent, Scope
from applications.models.api_keys import MAX_YEARS
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.limits import check_no_credential
from applications.operations.locks import lock_account
from applications.operations.scopes import usable_scopes
from applications.rules.credentials import digest, hint, new_credential
from applications.rules.names import Name

LONGEST_LIFE = timedelta(days=365 * MAX_YEARS + 2)  # of a last day in any time zone


@transaction.atomic
def create_api_key(
    *,
    account: Account,
    name: Name,
    scopes: Iterable[Scope] | None,
    actor: Actor,
    expires_at: datetime | None = None,
    submission: uuid.UUID | None = None,
) -> tuple[APIKey, str]:
    """Return the new key and its value, which exists nowhere else and cannot be read again.

    `scopes` None means all, those added later included; `expires_at` is aware, None means never. `submission`
    names one sending of a form: a second one (the double click) raises Conflict and makes nothing.
    Raises InvalidParam for a name that is none, no scope at all, or an end that has passed.
    """
    account = lock_account(account.pk, actor)
    check_no_credential(actor)
    sending = _first_sending(account, submission) if submission else {}
    moment, value, name = now(), new_credential(), Name(name)
    _check_end(expires_at, moment)
    key = APIKey.objects.create(
        account=account,
        name=name,
        digest=digest(value),
        hint=hint(value),
        scope=_names(scopes),
        expires_at=expires_at,
        created_at=moment,
        created_by=actor.name,
    )
    details = {"scopes": key.scope or "all", "expires": expires_at, **sending}
    record(actor, account, Action.API_KEY_CREATED, target=str(key), details=details)
    return key, value


@transaction.atomic
def revoke_api_key(*, api_key: APIKey, actor: Actor) -> None:
    """Stop a key for good, from the very next request on; NotFound when it has stopped already."""
    account = lock_account(api_key.account_id, actor)
    check_no_credential(actor)
    if not APIKey.objects.live().filter(pk=api_key.pk).update(revoked_at=now()):
        raise NotFound(_("This API key has stopped already."))
    record(actor, account, Action.API_KEY_REVOKED, target=str(api_key))


def _check_end(expires_at: datetime | None, moment: datetime) -> None:
    if expires_at is None:
        return
    if is_naive(expires_at) or expires_at <= moment:
        raise InvalidParam("expires_at", _("Choose a time in the future, or none."))
    if expires_at > moment + LONGEST_LIFE:
        message = _("Choose a time within the next {years} years, or none.").format(years=MAX_YEARS)
        raise InvalidParam("expires_at", message)


def _first_sending(account: Account, submission: uuid.UUID) -> dict[str, str]:
    """Return what the audit row says of the sending; Conflict when the account has a row that says so already.

    Under the account's lock, so that of two at once the second sees the row of the first. The row stays
    when the key is revoked: a form found again much later makes no second key either.
    """
    sending = {"submission": str(submission)}
    made = AuditEvent.objects.filter(account=account, action=Action.API_KEY_CREATED)
    if made.filter(details__submission=sending["submission"]).exists():
        raise Conflict(_("This form was sent twice; the first one created the key."))
    return sending


def _names(scopes: Iterable[Scope] | None) -> str:
    if scopes is None:
        return ""
    return " ".join(scope.name for scope in usable_scopes(scopes))
