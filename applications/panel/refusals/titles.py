"""What was wrong with a refused request, as a heading."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.models import Refusal
from applications.models.refusals import CredentialKind
from applications.models.usage import Reason
from applications.panel.refusals.facts import HEADERS, reads_a_form

MEDIA_TYPES = {
    "application/json": "JSON",
    "application/x-www-form-urlencoded": _lazy("a form"),
    "text/plain": _lazy("plain text"),
}


def title_of(refusal: Refusal) -> str:
    """Return what was wrong as a heading; asks nothing of the database."""
    words: dict[str, object] = {"hint": refusal.detail, "ip": refusal.ip, "detail": refusal.detail}
    if refusal.reason == Reason.BODY:
        words["detail"] = MEDIA_TYPES.get(refusal.detail, refusal.detail or _("without a Content-Type"))
    return str(_title(refusal)) % words


def _title(refusal: Refusal) -> str:
    match refusal.reason:
        case Reason.WRONG_SECRET:
            return _("The secret is not one of this application")
        case Reason.OLD_SECRET:
            return _("The secret ending in %(hint)s was replaced")
        case Reason.DISABLED:
            return _("The application was disabled")
        case Reason.ADDRESS:
            return _("%(ip)s is not on the list")
        case Reason.SCOPE if " " in refusal.detail:
            return _("The scopes %(detail)s are not granted")
        case Reason.SCOPE:
            return _("Scope %(detail)s is not granted")
        case Reason.TOKEN_EXPIRED:
            return _("The token ending in %(hint)s had expired")
        case Reason.TOKEN_REVOKED:
            return _("The token ending in %(hint)s was revoked")
        case Reason.KEY_EXPIRED:
            return _("The API key ending in %(hint)s had expired")
        case Reason.KEY_REVOKED:
            return _("The API key ending in %(hint)s was revoked")
        case Reason.DELETED:
            return _("This application was deleted")
        case Reason.RATE_LIMIT:
            return _("Too many requests in one minute")
        case Reason.HEADER:
            return _title_of_place(refusal)
        case Reason.BODY if reads_a_form(refusal):
            return _("The body was %(detail)s; send a form")
        case Reason.BODY:
            return _("The body was %(detail)s; send JSON")
        case _:
            return _("The request cannot be used")


def _title_of_place(refusal: Refusal) -> str:
    place, right = refusal.detail, HEADERS[CredentialKind(refusal.credential)]
    name, _colon, _scheme = place.partition(": ")
    if place.startswith("?"):
        return _("The credential was in the address, not in a header")
    if place == "body":
        return _("The credential was in the body, not in a header")
    if name == right:
        return _("The header Authorization had no word Bearer before the token")
    return _("The header was {sent}, not {right}").format(sent=name, right=right).replace("%", "%%")
