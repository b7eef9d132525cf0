"""Why a request with an access token was refused, and what to do."""

from django.db.models import Q
from django.utils.translation import gettext as _

from applications.models import Refusal
from applications.models.audit import Action
from applications.models.refusals import CredentialKind
from applications.panel.found_credentials import found_in_words
from applications.panel.refusals.facts import Words, latest_change, name_of, who_and_when


def token_expired(refusal: Refusal) -> Words:
    text = _("The client of {name} sent the token ending in {hint} after the end of its lifetime.")
    remedy = _(
        "let the client get a new token with its ID and secret when it gets 401, or before the token ends."
    )
    return text.format(name=name_of(refusal), hint=refusal.detail), remedy


def token_revoked(refusal: Refusal) -> Words:
    if found := found_in_words(refusal, CredentialKind.TOKEN):
        text = _("The client of {name} still sends the token ending in {hint}. {found}")
        remedy = _("let the client get a new token, and find out where this one could be read.")
        return text.format(name=name_of(refusal), hint=refusal.detail, found=found), remedy
    one = Q(action=Action.TOKEN_REVOKED, details__token=refusal.detail)
    all_of_them = Q(action=Action.TOKENS_REVOKED) | Q(
        action__in=(Action.SECRET_RESET, Action.CREDENTIAL_FOUND), details__tokens_revoked=True
    )
    event = latest_change(refusal, one) or latest_change(refusal, all_of_them)
    text = _("The client of {name} still sends the token ending in {hint}. {act}").format(
        name=name_of(refusal), hint=refusal.detail, act=who_and_when(event, _("It was revoked"), refusal)
    )
    return text, _("let the client get a new token with its ID and secret.")
