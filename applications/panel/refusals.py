"""Why a request was refused, in plain words: what was wrong, what the client sent, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from applications.models import ApplicationSecret, AuditEvent, Refusal, User
from applications.models.audit import Action, ActorKind
from applications.models.refusals import CredentialKind
from applications.models.usage import Reason
from applications.operations.refused_requests import BEARER
from applications.panel.found_credentials import found_in_words
from applications.rules.names import isolated

HEADERS = {
    CredentialKind.TOKEN: "Authorization",
    CredentialKind.API_KEY: "X-API-KEY",
    CredentialKind.SECRET: "Authorization",
}
MEDIA_TYPES = {
    "application/json": "JSON",
    "application/x-www-form-urlencoded": _lazy("a form"),
    "text/plain": _lazy("plain text"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to "why was it refused?": `text` says what was wrong, `remedy` what to do and `url` where."""

    refusal: Refusal
    title: str
    text: str
    remedy: str
    url: str
    action: str
    same: str  # how often the same happened


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
        case Reason.BODY if _reads_a_form(refusal):
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


def explain(refusal: Refusal) -> Verdict:
    """Return all that can be said about a refusal."""
    text, remedy = EXPLANATIONS[Reason(refusal.reason)](refusal)
    url, action = _place(refusal)
    return Verdict(refusal, title_of(refusal), text, remedy, url, action, _same(refusal))


# --- What was wrong, and what to do ---------------------------------------------------------------

type Words = tuple[str, str]


def _wrong_secret(refusal: Refusal) -> Words:
    text = _("The client sent the ID of {name} with a secret that this application never had.")
    remedy = _("compare the secret on the client's machine with the one you stored. If it is lost, reset it.")
    return text.format(name=_name(refusal)), remedy


def _old_secret(refusal: Refusal) -> Words:
    if found := found_in_words(refusal, CredentialKind.SECRET):
        text = _("The client still sends the secret ending in {hint}. {found}")
        return text.format(hint=refusal.detail, found=found), _(
            "reset the secret, put the new one on that machine, and find out where the old one could be read."
        )
    event = _event(refusal, Q(action=Action.SECRET_RESET, details__old=refusal.detail))
    text = _("The client still sends the secret ending in {hint}. {act} {end}").format(
        hint=refusal.detail, act=_act(event, _("It was replaced"), refusal), end=_end_of_secret(refusal)
    )
    current = ApplicationSecret.objects.filter(application=refusal.application_id, expires_at=None).first()
    if current is None or not current.is_known:
        return text.strip(), _("reset the secret, and put the new one on that machine.")
    remedy = _("put the current secret, ending in {hint}, on that machine. If it is lost, reset it again.")
    return text.strip(), remedy.format(hint=current.hint)


def _end_of_secret(refusal: Refusal) -> str:
    old = ApplicationSecret.objects.filter(application=refusal.application_id, hint=refusal.detail)
    ended = old.exclude(expires_at=None).order_by("-pk").first()
    if ended is None or ended.expires_at is None:
        return ""
    return _("It worked until {moment}.").format(moment=_moment(ended.expires_at))


def _disabled(refusal: Refusal) -> Words:
    act = _act(_event(refusal, Q(action=Action.APPLICATION_DISABLED)), _("It was disabled"), refusal)
    text = _("{name} was disabled, so its ID, secret and tokens do not work. {act}")
    remedy = _("enable the application, if its client may work again. No new secret is needed.")
    return text.format(name=_name(refusal), act=act), remedy


def _address(refusal: Refusal) -> Words:
    if refusal.application is None:
        text = _("{ip} is not on the list of allowed IPs of this account.")
    else:
        text = _("{ip} is not on the list of allowed IPs of this application, or not on that of the account.")
    remedy = _("add the address to the list if it is one of yours. If it is not, replace the credential.")
    return text.format(ip=refusal.ip), remedy


def _scope(refusal: Refusal) -> Words:
    if refusal.credential == CredentialKind.API_KEY:
        text = _("The request needs the scope {scopes}, and this API key was made without it.")
        remedy = _("make a new API key with this scope. The scopes of a key cannot be changed.")
    else:
        text = _("The request needs the scope {scopes}, and {name} does not have it, or its token does not.")
        remedy = _(
            "grant the scope in the settings, then let the client get a new token; or let it ask for less."
        )
    return text.format(scopes=refusal.detail, name=_name(refusal)), remedy


def _token_expired(refusal: Refusal) -> Words:
    text = _("The client of {name} sent the token ending in {hint} after the end of its lifetime.")
    remedy = _(
        "let the client get a new token with its ID and secret when it gets 401, or before the token ends."
    )
    return text.format(name=_name(refusal), hint=refusal.detail), remedy


def _token_revoked(refusal: Refusal) -> Words:
    if found := found_in_words(refusal, CredentialKind.TOKEN):
        text = _("The client of {name} still sends the token ending in {hint}. {found}")
        remedy = _("let the client get a new token, and find out where this one could be read.")
        return text.format(name=_name(refusal), hint=refusal.detail, found=found), remedy
    one = Q(action=Action.TOKEN_REVOKED, details__token=refusal.detail)
    all_of_them = Q(action=Action.TOKENS_REVOKED) | Q(
        action__in=(Action.SECRET_RESET, Action.CREDENTIAL_FOUND), details__tokens_revoked=True
    )
    event = _event(refusal, one) or _event(refusal, all_of_them)
    text = _("The client of {name} still sends the token ending in {hint}. {act}").format(
        name=_name(refusal), hint=refusal.detail, act=_act(event, _("It was revoked"), refusal)
    )
    return text, _("let the client get a new token with its ID and secret.")


def _key_expired(refusal: Refusal) -> Words:
    key = refusal.api_key
    end = _moment(key.expires_at) if key and key.expires_at else _("some time ago")
    text = _("The API key {key} worked until {moment}.").format(key=_key(refusal), moment=end)
    return text, _("make a new API key and put it in the place of this one.")


def _key_revoked(refusal: Refusal) -> Words:
    if found := found_in_words(refusal, CredentialKind.API_KEY):
        text = _("The client still sends the API key {key}. {found}")
        remedy = _("make a new API key, and find out where this one could be read.")
        return text.format(key=_key(refusal), found=found), remedy
    key = refusal.api_key
    event = None
    if key is not None:
        events = AuditEvent.objects.filter(account=refusal.account_id, action=Action.API_KEY_REVOKED)
        event = events.filter(target=str(key)).first()
    text = _("The client still sends the API key {key}. {act}").format(
        key=_key(refusal), act=_act(event, _("It was revoked"), refusal)
    )
    return text, _("make a new API key and put it in the place of this one.")


def _deleted(refusal: Refusal) -> Words:
    event = _event(refusal, Q(action=Action.APPLICATION_DELETED))
    text = _("The client sends the ID of {name}. {act}").format(
        name=event.target if event else _("an application of this account"),
        act=_act(event, _("This application was deleted"), refusal),
    )
    return text, _(
        "give the client the ID and secret of another application. A deleted one cannot come back."
    )


def _rate_limit(refusal: Refusal) -> Words:
    text = _("The client sent more requests in one minute than a credential may.")
    return text, _("let the client wait as long as Retry-After says, and then send fewer requests.")


def _header(refusal: Refusal) -> Words:
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


def _body(refusal: Refusal) -> Words:
    of_oauth = _reads_a_form(refusal)
    right = "application/x-www-form-urlencoded" if of_oauth else "application/json"
    text = _("The client sent {sent}. This address reads {right} alone.")
    remedy = _("send a form") if of_oauth else _("send JSON")
    more = _("with the header Content-Type: {right}.").format(right=right)
    sent = refusal.detail or _("a body without a Content-Type")
    return text.format(sent=sent, right=right), f"{remedy}, {more}"


def _reads_a_form(refusal: Refusal) -> bool:
    return refusal.path.startswith("/oauth/")


def _malformed(refusal: Refusal) -> Words:
    if refusal.error == "invalid_client":
        text = _("The client sent the ID of {name} without a secret of 40 hexadecimal characters.")
        return text.format(name=_name(refusal)), _(
            "send the secret as it was shown, without spaces or quotes."
        )
    text = _("The client was told: {message}").format(message=refusal.detail)
    return text, _("change the request as the message says. The API reference has an example of each call.")


EXPLANATIONS: dict[Reason, Callable[[Refusal], Words]] = {
    Reason.WRONG_SECRET: _wrong_secret,
    Reason.OLD_SECRET: _old_secret,
    Reason.DISABLED: _disabled,
    Reason.ADDRESS: _address,
    Reason.SCOPE: _scope,
    Reason.TOKEN_EXPIRED: _token_expired,
    Reason.TOKEN_REVOKED: _token_revoked,
    Reason.KEY_EXPIRED: _key_expired,
    Reason.KEY_REVOKED: _key_revoked,
    Reason.DELETED: _deleted,
    Reason.RATE_LIMIT: _rate_limit,
    Reason.HEADER: _header,
    Reason.BODY: _body,
    Reason.MALFORMED: _malformed,
}


# --- Facts beside it ------------------------------------------------------------------------------


def _name(refusal: Refusal) -> str:
    return isolated(str(refusal.application)) if refusal.application else _("a deleted application")


def _key(refusal: Refusal) -> str:
    return isolated(str(refusal.api_key)) if refusal.api_key else f"••••{refusal.detail}"


def _moment(moment: datetime) -> str:
    return date_format(localtime(moment), "j F Y, H:i")


def _event(refusal: Refusal, condition: Q) -> AuditEvent | None:
    """Return the latest such change of the application before the request."""
    events = AuditEvent.objects.filter(
        condition,
        account=refusal.account_id,
        application_id=refusal.client_id,
        created_at__lte=refusal.created_at,
    )
    return events.first() if refusal.client_id else None


def _act(event: AuditEvent | None, what: str, refusal: Refusal) -> str:
    """Return who did it, and when: "It was revoked on 3 November 2026, 10:14 by Elena Kowalczyk (owner).\""""
    if event is None:
        return ""
    words = _("{what} on {moment} by {who}.")
    return words.format(what=what, moment=_moment(event.created_at), who=_who(event, refusal))


def _who(event: AuditEvent, refusal: Refusal) -> str:
    if event.actor_kind == ActorKind.COMMAND:
        return _("the operator")
    if event.actor_kind == ActorKind.FINDER:
        return _("somebody who had found the secret")
    if event.actor_kind == ActorKind.APPLICATION:
        same = event.actor == refusal.client_id
        return _("the client itself") if same else _("the application {id}").format(id=event.actor)
    person = User.objects.filter(email=event.actor).first()
    if person is None:
        return event.actor
    membership = person.memberships.filter(account=refusal.account_id).first()
    return f"{person} ({membership.get_role_display().lower()})" if membership else str(person)


def _place(refusal: Refusal) -> tuple[str, str]:
    """Return the address of the page on which the cause can be mended, and what its link says."""
    account = refusal.account_id
    if refusal.application is None:
        names = {
            Reason.ADDRESS: ("panel:allowed_ips", _("Allowed IPs")),
            Reason.DELETED: ("panel:applications", _("Applications")),
        }
        name, label = names.get(Reason(refusal.reason), ("panel:api_keys", _("API keys")))
        return reverse(name, args=[account]), label
    pages = {
        Reason.WRONG_SECRET: ("panel:danger", _("Danger zone")),
        Reason.OLD_SECRET: ("panel:danger", _("Danger zone")),
        Reason.ADDRESS: ("panel:application_allowed_ips", _("Allowed IPs")),
        Reason.SCOPE: ("panel:settings", _("Settings")),
        Reason.TOKEN_EXPIRED: ("panel:tokens", _("Tokens")),
        Reason.TOKEN_REVOKED: ("panel:tokens", _("Tokens")),
    }
    name, label = pages.get(Reason(refusal.reason), ("panel:overview", _("Overview")))
    return reverse(name, args=[account, refusal.application.application_id]), label


def _same(refusal: Refusal) -> str:
    """Return how often the same was refused for the same reason, among what is kept."""
    alike = Refusal.objects.filter(
        account=refusal.account_id,
        client_id=refusal.client_id,
        api_key=refusal.api_key_id,
        reason=refusal.reason,
        detail=refusal.detail,
    )
    found = alike.order_by().aggregate(number=Count("pk"), first=Min("created_at"))
    words = ngettext("{number} time since {day}", "{number} times since {day}", found["number"])
    return words.format(number=found["number"], day=date_format(localtime(found["first"]), "j F"))
