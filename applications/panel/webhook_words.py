"""What webhooks are about and what came of them, in words."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.rules.send_failures import SENTENCES, Failure

# Heading → columns of MessageSettings, in the order of the page.
GROUPS: Final[Mapping[str | Promise, tuple[str, ...]]] = {
    _lazy("SMS"): ("sms_dlr_callback", "sms_receive_callback"),
    _lazy("Viber, WhatsApp, Multichannel"): (
        *("viber_dlr_callback", "viber_receive_callback"),
        *("whatsapp_dlr_callback", "whatsapp_receive_callback"),
        *("multichannel_dlr_callback", "multichannel_receive_callback"),
    ),
    _lazy("Everything else"): (
        *("shortlinks_callback", "attachments_callback", "optouts_callback"),
        *("otp_callback", "lookup_callback"),
    ),
}
_RECEIVED: Final = _lazy("Somebody sent a message to your number, or replied to one of yours.")
_OPENED_LINK: Final = _lazy("Somebody opened a short link of yours: when, where and with what.")
_OPENED_FILE: Final = _lazy("Somebody opened an attachment of yours: when, where and with what.")
MEANINGS: Final[Mapping[str, Promise]] = {
    "dlr_update": _lazy(
        "The state of a message has changed, such as delivered or failed. The same msgId comes more than once."
    ),
    "receive_sms": _RECEIVED,
    "receive_viber": _RECEIVED,
    "receive_whatsapp": _RECEIVED,
    "shortlink_hit": _OPENED_LINK,
    "shortlink_hit_update": _lazy("More is known of a hit that was sent before, with the same hitId."),
    "attachment_hit": _OPENED_FILE,
    "attachment_hit_update": _lazy("More is known of a hit that was sent before, with the same hitId."),
    "new_optout": _lazy("A number wants no more messages."),
    "otp_update": _lazy("The state of a one-time password has changed: sent, verified, expired or failed."),
    "number_lookup": _lazy("What a lookup found out about a number."),
}
_SHORT: Final[Mapping[str, Promise]] = {
    Failure.REFUSED_URL: _lazy("URL not allowed"),
    Failure.REFUSED_ADDRESS: _lazy("Address not public"),
    Failure.DNS: _lazy("Host not found"),
    Failure.CONNECT: _lazy("No connection"),
    Failure.TLS: _lazy("No secure connection"),
    Failure.TIMEOUT: _lazy("No answer in time"),
    Failure.TOO_LARGE: _lazy("Headers too long"),
    Failure.CLOSED: _lazy("Connection closed"),
    Failure.PROTOCOL: _lazy("No HTTP answer"),
}


def status_words(status: int) -> str:
    """Return a status with its phrase, "200 OK"; the number alone where there is none."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def short_result(status: int | None, error: str) -> str:
    """Return what came of an attempt, for a cell of a table."""
    if error:
        return str(_SHORT.get(error, _("Not sent")))
    return str(status) if status else ""


def whole_result(status: int | None, error: str) -> str:
    """Return what came of an attempt: the status, or a sentence."""
    if not error:
        return status_words(status) if status else ""
    if error == "signing":
        return _("It could not be signed, because the key that the signing secret was stored with is gone.")
    return str(
        SENTENCES.get(Failure(error)) if error in Failure else _("It was not sent: something failed here.")
    )
