"""API keys in the X-API-KEY header: the platform's other credential, of an account."""

from django.utils.timezone import now

from applications.authentication.callers import AddressNotAllowed, Caller, InvalidCredential
from applications.models.statements.api_keys import find_api_key
from applications.models.usage import Reason
from applications.operations.last_used import touch_api_key
from applications.operations.usage import refuse
from applications.rules.credentials import digest, is_credential
from applications.rules.networks import Address, allows


def by_api_key(value: str, address: Address, request_id: str) -> Caller:
    """Return whose key this is, asked in one round trip to the database.

    Raises InvalidCredential or AddressNotAllowed.
    """
    moment = now()
    if not is_credential(value):
        raise InvalidCredential
    found = find_api_key(digest(value), moment)
    if found is None:
        raise InvalidCredential
    if not allows(found.fence, address):
        refuse(
            None,
            Reason.ADDRESS,
            ip=str(address),
            request_id=request_id,
            detail=found.hint,
            api_key_pk=found.pk,
        )
        raise AddressNotAllowed(api_key_pk=found.pk)
    touch_api_key(found, address, moment)
    return Caller(
        account_pk=found.account_pk,
        account_name=found.account_name,
        account_timezone=found.account_timezone,
        scopes=found.scopes,
        expires_at=found.expires_at,
        api_key_pk=found.pk,
        api_key_name=f"{found.name or 'Untitled'} ••••{found.hint}",
    )
