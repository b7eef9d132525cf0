"""Why a request was refused, in plain words: what was wrong, what the client sent, and what to do.

A file for each kind of credential, and one for what any of them may meet, has the words for each reason.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Refusal
from applications.models.usage import Reason
from applications.panel.refusals import any_credential, api_keys, secrets, tokens
from applications.panel.refusals.facts import Words
from applications.panel.refusals.titles import title_of

EXPLANATIONS: dict[Reason, Callable[[Refusal], Words]] = {
    Reason.WRONG_SECRET: secrets.wrong_secret,
    Reason.OLD_SECRET: secrets.old_secret,
    Reason.DISABLED: secrets.disabled,
    Reason.ADDRESS: any_credential.address,
    Reason.SCOPE: any_credential.scope,
    Reason.TOKEN_EXPIRED: tokens.token_expired,
    Reason.TOKEN_REVOKED: tokens.token_revoked,
    Reason.KEY_EXPIRED: api_keys.key_expired,
    Reason.KEY_REVOKED: api_keys.key_revoked,
    Reason.DELETED: secrets.deleted,
    Reason.RATE_LIMIT: any_credential.rate_limit,
    Reason.HEADER: any_credential.header,
    Reason.BODY: any_credential.body,
    Reason.MALFORMED: any_credential.malformed,
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


def explain(refusal: Refusal) -> Verdict:
    """Return all that can be said about a refusal."""
    text, remedy = EXPLANATIONS[Reason(refusal.reason)](refusal)
    url, action = _place(refusal)
    # Where nobody is known to have done it, the sentence that names them is left out, and its space stays.
    return Verdict(refusal, title_of(refusal), text.rstrip(), remedy, url, action, _same(refusal))


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
