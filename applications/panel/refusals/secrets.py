"""Why a request with an application's ID and secret was refused, and what to do."""

from django.db.models import Q
from django.utils.translation import gettext as _

from applications.models import ApplicationSecret, Refusal
from applications.models.audit import Action
from applications.models.refusals import CredentialKind
from applications.panel.found_credentials import found_in_words
from applications.panel.refusals.facts import Words, latest_change, moment_in_words, name_of, who_and_when


def wrong_secret(refusal: Refusal) -> Words:
    text = _("The client sent the ID of {name} with a secret that this application never had.")
    remedy = _("compare the secret on the client's machine with the one you stored. If it is lost, reset it.")
    return text.format(name=name_of(refusal)), remedy


def old_secret(refusal: Refusal) -> Words:
    if found := found_in_words(refusal, CredentialKind.SECRET):
        text = _("The client still sends the secret ending in {hint}. {found}")
        return text.format(hint=refusal.detail, found=found), _(
            "reset the secret, put the new one on that machine, and find out where the old one could be read."
        )
    event = latest_change(refusal, Q(action=Action.SECRET_RESET, details__old=refusal.detail))
    text = _("The client still sends the secret ending in {hint}. {act} {end}").format(
        hint=refusal.detail,
        act=who_and_when(event, _("It was replaced"), refusal),
        end=_end_of_secret(refusal),
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
    return _("It worked until {moment}.").format(moment=moment_in_words(ended.expires_at))


def disabled(refusal: Refusal) -> Words:
    act = who_and_when(
        latest_change(refusal, Q(action=Action.APPLICATION_DISABLED)), _("It was disabled"), refusal
    )
    text = _("{name} was disabled, so its ID, secret and tokens do not work. {act}")
    remedy = _("enable the application, if its client may work again. No new secret is needed.")
    return text.format(name=name_of(refusal), act=act), remedy


def deleted(refusal: Refusal) -> Words:
    event = latest_change(refusal, Q(action=Action.APPLICATION_DELETED))
    text = _("The client sends the ID of {name}. {act}").format(
        name=event.target if event else _("an application of this account"),
        act=who_and_when(event, _("This application was deleted"), refusal),
    )
    return text, _(
        "give the client the ID and secret of another application. A deleted one cannot come back."
    )
