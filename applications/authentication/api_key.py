"""API keys in the X-API-KEY header: the platform's other credential, of an account."""

from django.utils.timezone import now

from applications.authentication.clients import AddressNotAllowed, Client, InvalidCredential
from applications.models.statements.api_keys import find_api_key
from applications.models.usage import Reason
from applications.operations.last_used import record_api_key_use
from applications.operations.usage import record_refusal
from applications.rules.credentials import digest, is_credential
from applications.rules.networks import Address, allows


def by_api_key(value: str, address: Address, request_id: str) -> Client:
    """Return whose key this is, asked in one round trip to the database.

    Raises InvalidCredential or AddressNotAllowed.
    """
    moment = now()
    if not is_credential(value):
        raise InvalidCredential
    found = find_api_key(digest(value), moment)
    if found is None:
        raise InvalidCredential
    if not allows(found.allowlist, address):
        record_refusal(
            None,
            Reason.ADDRESS,
            ip=str(address),
            request_id=request_id,
            detail=found.hint,
            api_key_pk=found.pk,
        )
        raise AddressNotAllowed(api_key_pk=found.pk)
    record_api_key_use(found, address, moment)
    return Client(
        account_pk=found.account_pk,
        account_name=found.account_name,
        account_timezone=found.account_timezone,
        scopes=found.scopes,
        expires_at=found.expires_at,
        api_key_pk=found.pk,
        api_key_name=f"{found.name or 'Untitled'} ••••{found.hint}",
    )
