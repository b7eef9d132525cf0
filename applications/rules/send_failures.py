"""Why a request to a receiver of webhooks brought no whole answer: codes for the log, and sentences for people."""

from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Failure(StrEnum):
    """The code is what the log of deliveries keeps."""

    REFUSED_URL = "refused_url"
    REFUSED_ADDRESS = "refused_address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    CLOSED = "closed"
    PROTOCOL = "protocol"


SENTENCES: Final[dict[Failure, Promise]] = {
    Failure.REFUSED_URL: _("The URL may not be called any more. Store it again to read why."),
    Failure.REFUSED_ADDRESS: _("The host leads to an address that is not public, so nothing was sent."),
    Failure.DNS: _("The host was not found, or its name server did not answer."),
    Failure.CONNECT: _("No connection: nothing answers at this address and port."),
    Failure.TLS: _("No secure connection: the certificate is not valid for this host, or has expired."),
    Failure.TIMEOUT: _("The whole answer did not come within 10 seconds."),
    Failure.TOO_LARGE: _("The headers of the answer are longer than 64 KB, or more than 100."),
    Failure.CLOSED: _("The receiver closed the connection before its answer was whole."),
    Failure.PROTOCOL: _("What came back is no HTTP answer."),
}
