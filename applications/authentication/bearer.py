"""Bearer tokens in the Authorization header, and nowhere else (RFC 6750 section 2.1)."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime

from django.utils.timezone import now

from applications.authentication.clients import AddressNotAllowed, Client, InvalidCredential
from applications.models.statements.tokens import FoundToken, find_token
from applications.models.usage import Reason
from applications.operations.last_used import record_token_use
from applications.operations.usage import record_refusal
from applications.rules.credentials import hint, is_credential, token_key
from applications.rules.networks import Address, allows
from applications.rules.scopes import effective

HEADER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE | re.ASCII)


type Find = Callable[[uuid.UUID, datetime], FoundToken | None]


def by_token(
    header: str, address: Address, request_id: str, find: Find = find_token, scopes: tuple[str, ...] = ()
) -> Client:
    """Return whose token an Authorization header holds, asked in one round trip to the database.

    `find` may read more in that round trip; `scopes` are what the request needs: where the token has them all, they
    are recorded as used. Raises InvalidCredential or AddressNotAllowed.
    """
    value, moment = token_of(header), now()
    found = find(token_key(value), moment)
    if found is None:
        raise InvalidCredential
    try:
        client = client_of(found, address)
    except AddressNotAllowed:
        record_refusal(
            found.application_pk, Reason.ADDRESS, ip=str(address), request_id=request_id, detail=hint(value)
        )
        raise
    purpose = scopes if all(name in client.scopes for name in scopes) else None
    record_token_use(found, address, moment, purpose)
    return client


def token_of(header: str) -> str:
    """Return the token of an Authorization header; raise InvalidCredential for what cannot be one."""
    match = HEADER.fullmatch(header)
    if match is None or not is_credential(match[1]):
        raise InvalidCredential
    return match[1]


def client_of(found: FoundToken, address: Address) -> Client:
    """Return whose token this is; raise AddressNotAllowed where it may not be used from `address`."""
    if not allows(found.allowlist, address):
        raise AddressNotAllowed(application_pk=found.application_pk)
    return Client(
        account_pk=found.account_pk,
        account_name=found.account_name,
        account_timezone=found.account_timezone,
        scopes=effective(found.scope, found.generation, found.grants),
        expires_at=found.expires_at,
        issued_at=found.issued_at,
        application_pk=found.application_pk,
        application_id=found.application_id,
        application_name=found.application_name,
    )
