"""Finding out why a request was refused, after it was answered.

The statement that looks for a credential returns nothing for all that is wrong with it (models/statements/).
The reason is looked for here, in the thread that writes the usage: neither the cost nor the time of a request
depends on it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from applications.models import AccessToken, APIKey, Application, AuditEvent, Refusal
from applications.models.audit import Action
from applications.models.refusals import CredentialKind
from applications.models.usage import Reason
from applications.rules.credentials import token_key_of
from applications.rules.networks import allows, parse_address

BEARER = "Authorization: Bearer"
BASIC = "Authorization: Basic"
API_KEY_HEADER = "X-API-KEY"
BODY = "body"
USUAL = {
    CredentialKind.TOKEN: {BEARER},
    CredentialKind.API_KEY: {API_KEY_HEADER},
    CredentialKind.SECRET: {BASIC, BODY},
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A credential somewhere in a request, never its value.

    `place` is the header with the scheme, if any ("Authorization: Bearer"), a parameter of the address ("?token"), or
    BODY. `client_id` is that of a client; `digest`, SHA-256, and `hint` are of a secret, token or key.
    """

    place: str
    client_id: str = ""
    digest: bytes = b""
    hint: str = ""

    @property
    def token_key(self) -> uuid.UUID:
        """What a token of this digest is stored under."""
        return token_key_of(self.digest)


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    """What is kept of a refused request until its reason is known.

    `status` and `error` are what the client was answered; `only_account` limits whose credential it may be.
    """

    request_id: str
    ip: str | None
    moment: datetime
    method: str
    path: str
    status: int
    error: str
    message: str = ""
    media_type: str = ""
    sent: tuple[Sent, ...] = ()
    only_account: int | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose credential it is, and why it had stopped working, if it had."""

    kind: CredentialKind
    account_pk: int
    application_pk: int | None = None
    api_key_pk: int | None = None
    client_id: str = ""
    allowlist: str = ""
    ended: Reason | None = None


@dataclass(slots=True)
class Holders:
    """The holders of all credentials in a batch of requests, found in at most four SELECTs."""

    tokens: dict[uuid.UUID, Holder] = field(default_factory=dict)
    keys: dict[bytes, Holder] = field(default_factory=dict)
    clients: dict[str, Holder] = field(default_factory=dict)

    @classmethod
    def find(cls, requests: Iterable[RefusedRequest], moment: datetime) -> "Holders":
        """Return the holders of what these requests sent."""
        sent = [one for request in requests for one in request.sent]
        values = [one for one in sent if one.digest and not one.client_id]
        client_ids = {one.client_id for one in sent if one.client_id}
        found = cls()
        if values:
            found.tokens = _tokens({one.token_key for one in values}, moment)
            found.keys = _api_keys({one.digest for one in values}, moment)
        if client_ids:
            found.clients = _clients(client_ids)
            if missing := client_ids - found.clients.keys():
                found.clients |= _deleted(missing)
        return found

    def of(self, sent: Sent) -> Holder | None:
        """Return whose credential this is; None when nobody has it."""
        if sent.client_id:
            return self.clients.get(sent.client_id)
        return self.tokens.get(sent.token_key) or self.keys.get(sent.digest)


def explain(requests: Sequence[RefusedRequest], moment: datetime) -> tuple[list[Refusal], int]:
    """Return a refusal for each request whose account is known, and how many are nobody's.

    A request whose reason the operation itself has recorded (usage.record_refusal) is neither.
    """
    holders = Holders.find(requests, moment)
    refusals, nobodys = list[Refusal](), 0
    for request in requests:
        found = [(one, holder) for one in request.sent if (holder := holders.of(one)) is not None]
        if not found:
            nobodys += bool(request.sent)
        elif (refusal := _refusal(request, *min(found, key=_is_misplaced))) is not None:
            refusals.append(refusal)
    return refusals, nobodys


def describe(refusal: Refusal, request: RefusedRequest) -> None:
    """Add to a refusal what is known of its request, and where nothing else is known, what it was sent with."""
    refusal.method, refusal.path = request.method, request.path
    refusal.status, refusal.error = request.status, request.error
    places = {sent.place for sent in request.sent}
    sent_with = [kind for kind, usual in USUAL.items() if usual & places]
    if not refusal.credential and sent_with:
        refusal.credential = sent_with[0]


def _blames_credential(request: RefusedRequest) -> bool:
    """Whether the answer said that the credential does not work. What was answered otherwise had one that did."""
    return request.status == 401 or request.error == "inactive"


def _refusal(request: RefusedRequest, sent: Sent, holder: Holder) -> Refusal | None:
    if not _blames_credential(request):
        holder = replace(holder, ended=None)  # it ended between the answer and now
    if request.only_account not in (None, holder.account_pk) or _was_recorded(request, sent, holder):
        return None
    reason, detail = _reason(request, sent, holder)
    refusal = Refusal(
        account_id=holder.account_pk,
        application_id=holder.application_pk,
        api_key_id=holder.api_key_pk,
        client_id=holder.client_id,
        credential=holder.kind,
        reason=reason,
        detail=detail,
        ip=request.ip,
        request_id=request.request_id,
        created_at=request.moment,
    )
    describe(refusal, request)
    return refusal


def _is_misplaced(found: tuple[Sent, Holder]) -> bool:
    sent, holder = found
    return sent.place not in USUAL[holder.kind]


def _was_recorded(request: RefusedRequest, sent: Sent, holder: Holder) -> bool:
    """Whether the operation knew the reason: a secret was compared, a scope was missing, an address is not allowed."""
    if holder.ended is not None or _is_misplaced((sent, holder)):
        return False
    if holder.kind is CredentialKind.SECRET:
        return bool(sent.digest) and request.error in ("invalid_client", "invalid_scope")
    if request.error == "insufficient_scope":
        return True
    elsewhere = request.ip is not None and not allows(holder.allowlist, parse_address(request.ip))
    return elsewhere and request.error in ("access_denied", "inactive")


def _reason(request: RefusedRequest, sent: Sent, holder: Holder) -> tuple[Reason, str]:
    if request.error == "rate_limit_exceeded":
        return Reason.RATE_LIMIT, sent.hint
    if holder.ended is not None:
        return holder.ended, sent.hint
    if _is_misplaced((sent, holder)):
        return Reason.HEADER, sent.place
    if request.status == 415:
        return Reason.BODY, request.media_type
    return Reason.MALFORMED, request.message


def _tokens(keys: set[uuid.UUID], moment: datetime) -> dict[uuid.UUID, Holder]:
    return {
        token.key: Holder(
            kind=CredentialKind.TOKEN,
            account_pk=token.application.account_id,
            application_pk=token.application.pk,
            client_id=token.application.application_id,
            allowlist=token.application.allowlist,
            ended=_end_of_token(token, moment),
        )
        for token in AccessToken.objects.filter(key__in=keys).select_related("application")
    }


def _end_of_token(token: AccessToken, moment: datetime) -> Reason | None:
    if token.revoked_at is not None or token.generation < token.application.live_generation:
        return Reason.TOKEN_REVOKED
    if token.expires_at is not None and token.expires_at <= moment:
        return Reason.TOKEN_EXPIRED
    return None if token.application.is_enabled else Reason.DISABLED


def _api_keys(digests: set[bytes], moment: datetime) -> dict[bytes, Holder]:
    return {
        bytes(key.digest): Holder(
            kind=CredentialKind.API_KEY,
            account_pk=key.account_id,
            api_key_pk=key.pk,
            allowlist=key.account.allowlist,
            ended=_end_of_key(key, moment),
        )
        for key in APIKey.objects.filter(digest__in=digests).select_related("account")
    }


def _end_of_key(key: APIKey, moment: datetime) -> Reason | None:
    if key.revoked_at is not None:
        return Reason.KEY_REVOKED
    return Reason.KEY_EXPIRED if key.expires_at is not None and key.expires_at <= moment else None


def _clients(client_ids: set[str]) -> dict[str, Holder]:
    found = Application.objects.filter(application_id__in=client_ids)
    return {
        client_id: Holder(CredentialKind.SECRET, account_pk, application_pk=pk, client_id=client_id)
        for pk, account_pk, client_id in found.values_list("pk", "account_id", "application_id")
    }


def _deleted(client_ids: set[str]) -> dict[str, Holder]:
    """Return the holders of IDs that the audit log knows: those of deleted applications."""
    rows = AuditEvent.objects.filter(application_id__in=client_ids, action=Action.APPLICATION_DELETED)
    return {
        client_id: Holder(CredentialKind.SECRET, account_pk, client_id=client_id, ended=Reason.DELETED)
        for account_pk, client_id in rows.values_list("account_id", "application_id")
    }
