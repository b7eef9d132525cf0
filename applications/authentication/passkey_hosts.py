"""Whether passkeys can work at the address that a page was asked for at (WebAuthn level 3, section 5.1.2).

A passkey belongs to a name. Browsers give none to a page whose address is a number, so there none is offered.
"""

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse

from applications.authentication.address import is_trusted_proxy

type View = Callable[..., HttpResponse]


def offers_passkeys(request: HttpRequest) -> bool:
    """Whether the panel has a name, by which it was asked for here.

    A trusted proxy may write the Host header itself; behind one, PUBLIC_URL alone decides.
    """
    if is_number(settings.PUBLIC_URL):
        return False
    return is_trusted_proxy(request.META["REMOTE_ADDR"]) or _has_name(request)


def _has_name(request: HttpRequest) -> bool:
    try:
        return not is_number(f"//{request.get_host()}")
    except DisallowedHost:  # the page that refuses it is drawn with these words too
        return False


def is_number(url: str) -> bool:
    """Whether the host of a URL is an IP address."""
    try:
        ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


def with_passkeys(view: View) -> View:
    """Let a view that needs a passkey answer only where there can be one; elsewhere it does not exist."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not offers_passkeys(request):
            raise Http404
        return view(request, *args, **kwargs)

    return checked
