"""What is refused before anybody looks at what a request asks: framing, Host, and http in place of https."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest

from applications.authentication.transport import is_refused

MAX_HOSTS, MAX_HOST_LENGTH = 1000, 256  # that are remembered: ALLOWED_HOSTS may allow any


class PlainHttp(BadRequest):
    """The request came over http, and the public address of this server is https."""


def check_framing(request: HttpRequest) -> None:
    """Refuse a body that was not read, an unknown Host, and http where the public address is https."""
    if "HTTP_TRANSFER_ENCODING" in request.META:
        raise BadRequest(
            "Both Content-Length and Transfer-Encoding, or chunks that the server has not decoded."
        )
    _check_host(request)
    if is_refused(request):
        raise PlainHttp


def _check_host(request: HttpRequest) -> None:
    """Refuse an unknown Host; those that were found good are not looked at again."""
    sent = (request.META.get("HTTP_HOST"), *settings.ALLOWED_HOSTS)
    if sent not in _good_hosts:
        request.get_host()
        if len(_good_hosts) < MAX_HOSTS and len(sent[0] or "") < MAX_HOST_LENGTH:
            _good_hosts.add(sent)


_good_hosts: set[tuple[str | None, ...]] = set()  # each with the ALLOWED_HOSTS that it was good for
