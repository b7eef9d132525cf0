"""Issuing access tokens, and revoking one or all of an application's."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import NotFound
from applications.models import AccessToken, Application
from applications.models.audit import Action
from applications.models.statements.clients import StoredSecret
from applications.models.statements.tokens import Inserted, NewToken, insert_token
from applications.models.usage import ISSUED, Reason
from applications.operations.actors import Actor
from applications.operations.audit import record_for
from applications.operations.clients import InvalidClient, diagnose
from applications.operations.last_used import Run, at_once, record_secret_use
from applications.operations.locks import lock_application
from applications.operations.remembered_allowlists import remembered_allowlists
from applications.operations.usage import record_event, record_refusal
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.networks import Address


class ScopeNotHeld(Exception):
    """The client asked for a scope that its application does not hold."""


class Issued(NamedTuple):
    """A token as its client receives it; `seconds` None for one that never expires."""

    value: str
    scope: str
    seconds: int | None


def issue_token(
    *,
    client_id: str,
    secret: str,
    scopes: tuple[str, ...] | None,
    address: Address,
    request_id: str,
) -> Issued:
    """Issue a token to the client of this ID and secret, for `scopes` or for all it holds (None).

    One statement; only when it inserts nothing is asked why. Raises InvalidClient or ScopeNotHeld. Writes
    no audit row: the token itself is the record (who, when, from where).
    """
    moment = now()
    for _attempt in range(2):
        value, token = new_token(client_id=client_id, secret=secret, scopes=scopes, address=address)
        if inserted := insert_token(token, moment):
            return issued(value, token, inserted, moment)
        client = diagnose(client_id, token.secret_digest, address, moment, request_id)
        _check_held(client, scopes or (), address, request_id)
        remembered_allowlists.put(client_id, client.allowlist)
    raise InvalidClient  # changed again between the two statements: the client may ask again


def new_token(
    *, client_id: str, secret: str, scopes: tuple[str, ...] | None, address: Address
) -> tuple[str, NewToken]:
    """Return the value of a new token, and what is to be stored of it if ID and secret are good."""
    value = new_credential()
    allowlist = remembered_allowlists.for_address(client_id, address)
    return value, NewToken(
        token_key(value), hint(value), client_id, digest(secret), scopes, allowlist, address
    )


def issued(value: str, token: NewToken, inserted: Inserted, moment: datetime, run: Run = at_once) -> Issued:
    """Return a token that has been stored, and record that it was issued; `run` runs what writes."""
    record_event(inserted.application_pk, ISSUED)
    record_secret_use(inserted.application_pk, token.secret_digest, token.address, moment, run)
    return Issued(value, inserted.scope, inserted.seconds)


def _check_held(client: StoredSecret, scopes: tuple[str, ...], address: Address, request_id: str) -> None:
    if missing := [name for name in scopes if name not in client.scope.split()]:
        detail = " ".join(missing)[:200]
        record_refusal(
            client.application_pk, Reason.SCOPE, ip=str(address), request_id=request_id, detail=detail
        )
        raise ScopeNotHeld


@transaction.atomic
def revoke_token(*, token: AccessToken, actor: Actor) -> None:
    """Revoke one token; NotFound when it is dead already."""
    application = lock_application(token.application, actor)
    if not AccessToken.objects.valid().filter(pk=token.pk).update(revoked_at=now()):
        raise NotFound(_("This token has stopped already."))
    record_for(actor, application, Action.TOKEN_REVOKED, {"token": token.hint})


@transaction.atomic
def revoke_all_tokens(*, application: Application, actor: Actor) -> None:
    """Revoke every token of an application, in the same time for one and for a million."""
    application = lock_application(application, actor)
    end_generation(application)
    record_for(actor, application, Action.TOKENS_REVOKED)


def end_generation(application: Application) -> None:
    """Let tokens of every generation so far be dead; part of an operation that holds the application's lock."""
    application.generation += 1
    application.live_generation = application.generation
    application.save(update_fields=["generation", "live_generation"])
