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
from applications.authentication.callers import Caller
from applications.operations.rates import count, next_minute
from applications.rules.networks import Address

KEPT = "latchkey.rate"  # where the request keeps its count, for the headers of its answer
SITE = 64  # bits; whoever has an IPv6 address has all of its network


@dataclass(frozen=True, slots=True)
class Rate:
    """What is left of the minute; `reset` is its end, in seconds since 1970, and known once nothing is left."""

    limit: int
    remaining: int
    reset: int | None = None


def spend(request: HttpRequest, caller: Caller) -> None:
    """Count a request for the credential that it came with; raise ApiError, rate_limit_exceeded."""
    pk = caller.application_pk
    _spend(request, f"application:{pk}" if pk is not None else f"api_key:{caller.api_key_pk}")


def spend_of_address(request: HttpRequest) -> None:
    """Count a request without a credential for the address it came from; raise as `spend` does."""
    if settings.RATE_LIMIT:
        _spend(request, f"address:{_site(client_address(request))}")


def instead(request: HttpRequest, error: ApiError) -> ApiError:
    """Return what to answer to a request that failed: 429 when nobody was known whose limit it could count for.

    Else wrong credentials and wrong paths could be tried without end.
    """
    if KEPT in request.META or error.kind == "temporarily_unavailable":
        return error
    try:
        spend_of_address(request)
    except ApiError as too_many:
        return too_many
    except (BadRequest, Error):
        return error  # it is an error already, and stays the one that it is
    return error


def tell(request: HttpRequest, response: HttpResponse) -> None:
    """Put the headers on the answer; a request that could not be counted has spent nothing."""
    if not settings.RATE_LIMIT:
        return
    rate: Rate = request.META.get(KEPT) or Rate(settings.RATE_LIMIT, settings.RATE_LIMIT)
    response.headers["X-Rate-Limit-Limit"] = str(rate.limit)
    response.headers["X-Rate-Limit-Remaining"] = str(rate.remaining)
    if rate.reset is not None:
        response.headers["X-Rate-Limit-Reset"] = str(rate.reset)


def _spend(request: HttpRequest, who: str) -> None:
    limit: int = settings.RATE_LIMIT
    if not limit:
        return
    moment = time.time()
    number = count(who, moment)
    if number <= limit:
        request.META[KEPT] = Rate(limit, limit - number)
        return
    reset = next_minute(moment)
    request.META[KEPT] = Rate(limit, 0, reset)
    retry = {"Retry-After": str(max(1, round(reset - moment)))}
    raise ApiError("rate_limit_exceeded", f"At most {limit} requests a minute are answered.", retry)


def _site(address: Address) -> str:
    if address.version == 4:
        return str(address)
    return str(ip_network((int(address) >> SITE << SITE, SITE)))
