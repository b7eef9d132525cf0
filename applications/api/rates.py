"""How many requests a credential, or else an address, may make in a minute (settings.RATE_LIMIT)."""

import time
from dataclasses import dataclass
from ipaddress import ip_network

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import Error
from django.http import HttpRequest, HttpResponse

from applications.api.errors import ApiError
from applications.authentication.address import client_address
from applications.authentication.clients import AddressNotAllowed, Client
from applications.operations.rates import count_api_request, count_of_hour, next_hour, next_minute
from applications.rules.networks import Address

KEPT = "latchkey.rate"  # where the request keeps its count, for the headers of its answer
REFUSED = "latchkey.refused"  # where the request keeps whose a refusal is, where it is not its address's
REPORTS_AN_HOUR = 60  # of found credentials, from one address
SITE = 64  # bits; whoever has an IPv6 address has all of its network


@dataclass(frozen=True, slots=True)
class Rate:
    """What is left of the minute; `reset` is its end, in seconds since 1970, and known once nothing is left."""

    limit: int
    remaining: int
    reset: int | None = None


def count_request(request: HttpRequest, client: Client) -> None:
    """Count a request for the credential that it came with; raise ApiError, rate_limit_exceeded."""
    _count(request, _credential(client.application_pk, client.api_key_pk), is_good=True)


def count_refused_address(request: HttpRequest, refused: AddressNotAllowed) -> None:
    """Count a request for a credential at an address that it may not be used from; raise as `spend` does.

    Not for the credential, which whoever has stolen it could use up from there; and not for the address, where
    others may be.
    """
    if settings.RATE_LIMIT:
        holder = _credential(refused.application_pk, refused.api_key_pk)
        _count(request, f"{holder}@{_site(client_address(request))}")


def note_resource_server(request: HttpRequest, server_pk: int) -> None:
    """Let a refusal of this request count for the resource server that sent it. What it gets right has no limit."""
    request.META[REFUSED] = f"resource_server:{server_pk}"


def count_address(request: HttpRequest) -> None:
    """Count a request without a credential for the address it came from; raise as `spend` does."""
    if settings.RATE_LIMIT:
        _count(request, f"address:{_site(client_address(request))}")


def count_report(request: HttpRequest) -> None:
    """Count a report of found credentials for the address it came from; raise ApiError, rate_limit_exceeded."""
    moment = time.time()
    number = count_of_hour(f"report:{_site(client_address(request))}", moment)
    left, reset = REPORTS_AN_HOUR - number, next_hour(moment)
    request.META[KEPT] = Rate(REPORTS_AN_HOUR, max(0, left), reset if left < 0 else None)
    if left < 0:
        retry = {"Retry-After": str(max(1, round(reset - moment)))}
        message = f"At most {REPORTS_AN_HOUR} reports an hour are taken from one address."
        raise ApiError("rate_limit_exceeded", message, retry)


def or_too_many_requests(request: HttpRequest, error: ApiError) -> ApiError:
    """Return what to answer to a request that failed: 429 when whoever sent it has no request of this minute left.

    It counts for its address when nobody else is known. Else wrong credentials and wrong paths could be tried
    without end.
    """
    if KEPT in request.META or error.kind == "temporarily_unavailable":
        return error
    try:
        if REFUSED in request.META:
            _count(request, request.META[REFUSED])
        else:
            count_address(request)
    except ApiError as too_many:
        return too_many
    except (BadRequest, Error):
        return error  # it is an error already, and stays the one that it is
    return error


def add_headers(request: HttpRequest, response: HttpResponse) -> None:
    """Put the headers on the answer; a request that could not be counted has spent nothing."""
    if not settings.RATE_LIMIT:
        return
    rate: Rate = request.META.get(KEPT) or Rate(settings.RATE_LIMIT, settings.RATE_LIMIT)
    response.headers["X-Rate-Limit-Limit"] = str(rate.limit)
    response.headers["X-Rate-Limit-Remaining"] = str(rate.remaining)
    if rate.reset is not None:
        response.headers["X-Rate-Limit-Reset"] = str(rate.reset)


def _count(request: HttpRequest, who: str, *, is_good: bool = False) -> None:
    limit: int = settings.RATE_LIMIT
    if not limit:
        return
    moment = time.time()
    number = count_api_request(who, moment, is_good=is_good)
    if number <= limit:
        request.META[KEPT] = Rate(limit, limit - number)
        return
    reset = next_minute(moment)
    request.META[KEPT] = Rate(limit, 0, reset)
    retry = {"Retry-After": str(max(1, round(reset - moment)))}
    raise ApiError("rate_limit_exceeded", f"At most {limit} requests a minute are answered.", retry)


def _credential(application_pk: int | None, api_key_pk: int | None) -> str:
    return f"application:{application_pk}" if api_key_pk is None else f"api_key:{api_key_pk}"


def _site(address: Address) -> str:
    if address.version == 4:
        return str(address)
    return str(ip_network((int(address) >> SITE << SITE, SITE)))
