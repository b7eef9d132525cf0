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
    match, moment = HEADER.fullmatch(header), now()
    if match is None or not is_credential(match[1]):
        raise InvalidCredential
    found = find(token_key(match[1]), moment)
    if found is None:
        raise InvalidCredential
    if not allows(found.allowlist, address):
        record_refusal(
            found.application_pk,
            Reason.ADDRESS,
            ip=str(address),
            request_id=request_id,
            detail=hint(match[1]),
        )
        raise AddressNotAllowed(application_pk=found.application_pk)
    held = effective(found.scope, found.generation, found.grants)
    record_token_use(found, address, moment, scopes if all(name in held for name in scopes) else None)
    return Client(
        account_pk=found.account_pk,
        account_name=found.account_name,
        account_timezone=found.account_timezone,
        scopes=held,
        expires_at=found.expires_at,
        issued_at=found.issued_at,
        application_pk=found.application_pk,
        application_id=found.application_id,
        application_name=found.application_name,
    )
