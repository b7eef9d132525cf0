"""Why a request was refused although its credential is known, and what to do."""

from django.utils.translation import gettext as _

from applications.models import Refusal
from applications.models.refusals import CredentialKind
from applications.operations.refused_requests import BEARER
from applications.panel.refusals.facts import HEADERS, Words, name_of, reads_a_form


def address(refusal: Refusal) -> Words:
    if refusal.application is None:
        text = _("{ip} is not on the list of allowed IPs of this account.")
    else:
        text = _("{ip} is not on the list of allowed IPs of this application, or not on that of the account.")
    remedy = _("add the address to the list if it is one of yours. If it is not, replace the credential.")
    return text.format(ip=refusal.ip), remedy


def scope(refusal: Refusal) -> Words:
    if refusal.credential == CredentialKind.API_KEY:
        text = _("The request needs the scope {scopes}, and this API key was made without it.")
        remedy = _("make a new API key with this scope. The scopes of a key cannot be changed.")
    else:
        text = _("The request needs the scope {scopes}, and {name} does not have it, or its token does not.")
        remedy = _(
            "grant the scope in the settings, then let the client get a new token; or let it ask for less."
        )
    return text.format(scopes=refusal.detail, name=name_of(refusal)), remedy


def rate_limit(refusal: Refusal) -> Words:
    text = _("The client sent more requests in one minute than a credential may.")
    return text, _("let the client wait as long as Retry-After says, and then send fewer requests.")


def header(refusal: Refusal) -> Words:
    right = HEADERS[CredentialKind(refusal.credential)]
    text = _("The credential is known, and the client sent it in a place where none is read: {place}.")
    if refusal.credential == CredentialKind.TOKEN:
        remedy = _("send the token as {right}: “Bearer”, a space, and the token.").format(right=BEARER)
    elif refusal.credential == CredentialKind.API_KEY:
        remedy = _("send the API key in the header {right}, without any word before it.").format(right=right)
    else:
        remedy = _("send ID and secret by HTTP Basic in the header {right}, or in a form.").format(
            right=right
        )
    return text.format(place=refusal.detail), remedy


def body(refusal: Refusal) -> Words:
    of_oauth = reads_a_form(refusal)
    right = "application/x-www-form-urlencoded" if of_oauth else "application/json"
    text = _("The client sent {sent}. This address reads {right} alone.")
    remedy = _("send a form") if of_oauth else _("send JSON")
    more = _("with the header Content-Type: {right}.").format(right=right)
    sent = refusal.detail or _("a body without a Content-Type")
    return text.format(sent=sent, right=right), f"{remedy}, {more}"


def malformed(refusal: Refusal) -> Words:
    if refusal.error == "invalid_client":
        text = _("The client sent the ID of {name} without a secret of 40 hexadecimal characters.")
        return text.format(name=name_of(refusal)), _(
            "send the secret as it was shown, without spaces or quotes."
        )
    text = _("The client was told: {message}").format(message=refusal.detail)
    return text, _("change the request as the message says. The API reference has an example of each call.")
