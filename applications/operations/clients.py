"""Clients that prove who they are, in the statement that does what they ask; why not is asked afterwards."""

import hmac
from datetime import datetime

from django.utils.timezone import now

from applications.models.statements.clients import (
    ClientAndToken,
    StoredSecret,
    TokenQuestion,
    find_client_and_token,
    find_secrets,
)
from applications.models.usage import Reason
from applications.operations.last_used import Run, at_once, record_secret_use, record_server_use
from applications.operations.remembered_allowlists import remembered_allowlists
from applications.operations.throttle import failures
from applications.operations.usage import record_event, record_refusal
from applications.rules.credentials import digest, token_key
from applications.rules.networks import Address, allows


class InvalidClient(Exception):
    """The client did not prove who it is, or may not ask from there; the reason is for the panel alone.

    `wait` is in seconds, and more than 0 after too many failures from one address (operations/throttle.py).
    """

    def __init__(self, wait: int = 0) -> None:
        super().__init__(wait)
        self.wait = wait


def look_up_token(
    *, client_id: str, secret: str, token: str, address: Address, request_id: str
) -> ClientAndToken:
    """Return who asks (an application or a resource server) and the live token of this value, if they may see it.

    One statement checks both. An application sees the tokens of its account, a resource server any.
    Raises InvalidClient.
    """
    moment = now()
    for _attempt in range(2):
        question = token_question(client_id=client_id, secret=secret, token=token, address=address)
        if result := find_client_and_token(question, moment):
            record_client_use(result, question.secret_digest, address, moment)
            return result
        client = diagnose(client_id, question.secret_digest, address, moment, request_id)
        remembered_allowlists.put(client_id, client.allowlist)
    raise InvalidClient  # changed again between the two statements: the client may ask again


def token_question(*, client_id: str, secret: str, token: str, address: Address) -> TokenQuestion:
    """Return what is asked about a token by a client that says who it is, from `address`."""
    allowlist = remembered_allowlists.for_address(client_id, address)
    return TokenQuestion(client_id, digest(secret), allowlist, token_key(token))


def record_client_use(
    result: ClientAndToken, secret_digest: bytes, address: Address, moment: datetime, run: Run = at_once
) -> None:
    """Note that a client, which has proved who it is, has used its secret; `run` runs what writes."""
    if result.application_pk is not None:
        record_secret_use(result.application_pk, secret_digest, address, moment, run)
    elif result.server_pk is not None:
        record_server_use(result.server_pk, secret_digest, address, moment, run)


def diagnose(
    client_id: str, secret_digest: bytes, address: Address, moment: datetime, request_id: str
) -> StoredSecret:
    """Return the client when it is all right, so that it was something else; raise InvalidClient.

    An unknown client costs the same: one SELECT, one comparison, one refusal recorded, which is dropped when the others
    are written (security.md 5, 6; bench/timing.py measures the difference).
    """
    client, reason = _judge(find_secrets(client_id), secret_digest, address, moment)
    if reason is None:
        return client
    wait = failures.record(address, client_id)
    detail = "" if reason is Reason.WRONG_SECRET else client.hint
    _record_refusal(client.application_pk, reason, address, request_id, detail, wait)
    raise InvalidClient(wait)


def _judge(
    secrets: list[StoredSecret], secret_digest: bytes, address: Address, moment: datetime
) -> tuple[StoredSecret, Reason | None]:
    matches = [hmac.compare_digest(bytes(secret.digest), secret_digest) for secret in secrets]
    if not any(matches):
        return secrets[0], Reason.WRONG_SECRET
    used = secrets[matches.index(True)]
    return used, _reason(used, address, moment)


def _reason(used: StoredSecret, address: Address, moment: datetime) -> Reason | None:
    if used.stopped_at or (used.expires_at and used.expires_at <= moment):
        return Reason.OLD_SECRET
    if not used.is_enabled:
        return Reason.DISABLED
    return None if allows(used.allowlist, address) else Reason.ADDRESS


def _record_refusal(
    application_pk: int, reason: Reason, address: Address, request_id: str, detail: str, wait: int
) -> None:
    """Count the refusal, and keep it one by one as long as it is not one of very many."""
    if wait:
        record_event(application_pk, reason)
    else:
        record_refusal(application_pk, reason, ip=str(address), request_id=request_id, detail=detail)
