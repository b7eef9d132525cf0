"""Ending credentials that somebody found: whoever holds one may end it (docs/decisions/0028)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_bytes

from django.db import models, transaction
from django.db.models import F
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import NotFound
from applications.models import (
    AccessToken,
    APIKey,
    Application,
    ApplicationSecret,
    FoundCredential,
)
from applications.models.audit import Action
from applications.models.found_credentials import count_report
from applications.models.refusals import CredentialKind
from applications.operations.actors import Actor
from applications.operations.audit import Row, record, record_in_accounts
from applications.operations.locks import lock_account, lock_accounts
from applications.operations.rows import insert_rows
from applications.rules.credentials import token_key_of
from applications.rules.found_credentials import FoundValue

NOBODY = 0  # a key that no row has: a statement about nothing is sent all the same


@dataclass(frozen=True, slots=True)
class _Live:
    """The live credentials among what was sent; secrets are those of any application, disabled ones too."""

    tokens: list[AccessToken] = field(default_factory=list)
    api_keys: list[APIKey] = field(default_factory=list)
    secrets: list[ApplicationSecret] = field(default_factory=list)

    @classmethod
    def among(cls, found: Collection[FoundValue]) -> "_Live":
        """Return them in three queries, however many were sent."""
        digests = [value.digest for value in found]
        tokens = AccessToken.objects.valid().filter(key__in=[token_key_of(value) for value in digests])
        secrets = ApplicationSecret.objects.working().filter(digest__in=digests)
        return cls(
            list(tokens.select_related("application").order_by("pk")),
            list(APIKey.objects.live().filter(digest__in=digests).order_by("pk")),
            list(secrets.select_related("application").order_by("pk")),
        )

    @property
    def account_pks(self) -> set[int]:
        of_tokens = {token.application.account_id for token in self.tokens}
        of_secrets = {secret.application.account_id for secret in self.secrets}
        return of_tokens | of_secrets | {key.account_id for key in self.api_keys}


@transaction.atomic
def end_found_credentials(*, found: Collection[FoundValue], actor: Actor) -> None:
    """End the live tokens, API keys and application secrets among `found`, from the very next request on.

    A secret takes all tokens of its application with it, because whoever found it may have got some; another secret
    of the application goes on working. An account that wants to be told only keeps its secrets. Returns nothing, and
    sends as many statements for live credentials as for others, so that a report tells nobody what was live.
    """
    accounts = {account.pk: account for account in lock_accounts(_Live.among(found).account_pks)}
    live, moment = _Live.among(found), now()
    stopped = [each for each in live.secrets if accounts[each.application.account_id].stops_found_secrets]
    _stop(live, stopped, moment)
    entries = _found_rows(live, stopped, actor, moment)
    insert_rows(FoundCredential, entries)
    record_in_accounts(actor, accounts, _audit_rows(entries))
    count_report(moment.astimezone(UTC).date(), sent=len(found), live=len(entries))


def _stop(live: _Live, secrets: Sequence[ApplicationSecret], moment: datetime) -> None:
    AccessToken.objects.filter(pk__in=_keys(live.tokens)).update(revoked_at=moment)
    APIKey.objects.filter(pk__in=_keys(live.api_keys)).update(revoked_at=moment)
    ApplicationSecret.objects.filter(pk__in=_keys(secrets)).stop(moment)
    # An application always has a current secret: here one that nobody knows, until the next reset.
    insert_rows(ApplicationSecret, [_unknown(each, moment) for each in secrets if each.expires_at is None])
    generation = F("generation") + 1
    applications = {each.application_id for each in secrets} or {NOBODY}
    Application.objects.filter(pk__in=applications).update(generation=generation, live_generation=generation)


def _unknown(secret: ApplicationSecret, moment: datetime) -> ApplicationSecret:
    return ApplicationSecret(
        application_id=secret.application_id,
        digest=token_bytes(32),
        hint="",
        created_at=moment,
        created_by="",
    )


def _keys(rows: Iterable[models.Model]) -> list[int]:
    return [row.pk for row in rows] or [NOBODY]


# --- What is kept of it -------------------------------------------------------------------------


def _found_rows(
    live: _Live, stopped: Sequence[ApplicationSecret], actor: Actor, moment: datetime
) -> list[FoundCredential]:
    about = {"ip": actor.ip, "request_id": actor.request_id, "created_at": moment}
    told = _told_already(live.secrets)
    rows = [
        FoundCredential(
            account_id=secret.application.account_id,
            kind=CredentialKind.SECRET,
            hint=secret.hint,
            application=secret.application,
            secret=secret,
            stopped=secret in stopped,
            **about,
        )
        for secret in live.secrets
        if secret in stopped or secret.pk not in told
    ]
    rows += [
        FoundCredential(
            account_id=token.application.account_id,
            kind=CredentialKind.TOKEN,
            hint=token.hint,
            application=token.application,
            token_pk=token.pk,
            **about,
        )
        for token in live.tokens
    ]
    rows += [
        FoundCredential(
            account_id=key.account_id, kind=CredentialKind.API_KEY, hint=key.hint, api_key=key, **about
        )
        for key in live.api_keys
    ]
    return rows


def _told_already(secrets: Iterable[ApplicationSecret]) -> set[int]:
    """Return those of which the account was told, and that goes on: no second mail, no second row for each report."""
    known = FoundCredential.objects.open().filter(secret__in=_keys(secrets))
    return set(known.values_list("secret", flat=True))


def _audit_rows(entries: Iterable[FoundCredential]) -> list[Row]:
    """Return a row for each application and kind, and for each API key."""
    groups: dict[tuple[int, int | None, int | None, str, bool], list[FoundCredential]] = {}
    for entry in entries:
        key = (entry.account_id, entry.application_id, entry.api_key_id, entry.kind, entry.stopped)
        groups.setdefault(key, []).append(entry)
    return [_audit_row(group) for group in groups.values()]


def _audit_row(group: list[FoundCredential]) -> Row:
    first = group[0]
    details = {
        "found": first.kind,
        "hints": [entry.hint for entry in group],
        "stopped": first.stopped,
        "goes_on": not first.stopped,
        "tokens_revoked": first.stopped and first.kind == CredentialKind.SECRET,
    }
    client = first.application
    return Row(
        first.account_id,
        Action.CREDENTIAL_FOUND,
        application_id=client.application_id if client else "",
        target=str(client or first.api_key),
        details=details,
    )


# --- Dismissing ---------------------------------------------------------------------------------


@transaction.atomic
def dismiss_found_credential(*, found: FoundCredential, actor: Actor) -> None:
    """Take a found credential from the pages. NotFound when somebody did so before; AccessDenied for a viewer."""
    account = lock_account(found.account_id, actor)
    rows = FoundCredential.objects.filter(pk=found.pk, dismissed_at=None)
    if not rows.update(dismissed_at=now(), dismissed_by=actor.name):
        raise NotFound(_("Somebody has dismissed this already."))
    client = found.application
    record(
        actor,
        account,
        Action.FOUND_DISMISSED,
        application_id=client.application_id if client else "",
        target=str(client or found.api_key),
        details={"found": found.kind, "hints": [found.hint]},
    )
