"""Why a request with an API key was refused, and what to do."""

from django.utils.translation import gettext as _

from applications.models import AuditEvent, Refusal
from applications.models.audit import Action
from applications.models.refusals import CredentialKind
from applications.panel.found_credentials import found_in_words
from applications.panel.refusals.facts import Words, moment_in_words, name_of_key, who_and_when


def key_expired(refusal: Refusal) -> Words:
    key = refusal.api_key
    end = moment_in_words(key.expires_at) if key and key.expires_at else _("some time ago")
    text = _("The API key {key} worked until {moment}.").format(key=name_of_key(refusal), moment=end)
    return text, _("make a new API key and put it in the place of this one.")


def key_revoked(refusal: Refusal) -> Words:
    if found := found_in_words(refusal, CredentialKind.API_KEY):
        text = _("The client still sends the API key {key}. {found}")
        remedy = _("make a new API key, and find out where this one could be read.")
        return text.format(key=name_of_key(refusal), found=found), remedy
    key = refusal.api_key
    event = None
    if key is not None:
        events = AuditEvent.objects.filter(account=refusal.account_id, action=Action.API_KEY_REVOKED)
        event = events.filter(target=str(key)).first()
    text = _("The client still sends the API key {key}. {act}").format(
        key=name_of_key(refusal), act=who_and_when(event, _("It was revoked"), refusal)
    )
    return text, _("make a new API key and put it in the place of this one.")
