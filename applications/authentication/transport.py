"""Whether a request came over https, of which only trusted proxies can tell (docs/decisions/0011)."""

from django.conf import settings
from django.http import HttpRequest

from applications.authentication.address import is_trusted_proxy

PROTO = "HTTP_X_FORWARDED_PROTO"


def believe_proxies_alone(request: HttpRequest) -> None:
    """Take X-Forwarded-Proto off a request whose peer is no trusted proxy, else leave of it what that proxy wrote.

    Of several values the last is the nearest proxy's; those before it can be the client's own.
    """
    if (sent := request.META.get(PROTO)) is None:
        return
    if is_trusted_proxy(request.META["REMOTE_ADDR"]):
        request.META[PROTO] = sent.rpartition(",")[2].strip(" \t")
    else:
        del request.META[PROTO]


def is_refused(request: HttpRequest) -> bool:
    """Whether a request with a credential came over http though the public address is https.

    A trusted proxy that sends no protocol sends its own request, on the operator's own network: a gateway at
    /oauth/verify does.
    """
    if not settings.SECURE_SSL_REDIRECT or request.is_secure():
        return False
    return PROTO in request.META or not is_trusted_proxy(request.META["REMOTE_ADDR"])


def security_header(request: HttpRequest) -> str:
    """Return the value of Strict-Transport-Security (RFC 6797) for the answer; nothing over http."""
    if not settings.SECURE_HSTS_SECONDS or not request.is_secure():
        return ""
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    parts += ["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []
    parts += ["preload"] if settings.SECURE_HSTS_PRELOAD else []
    return "; ".join(parts)
