"""Credentials that were reported as found, on the pages that show them until somebody has dealt with them."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from applications.models import Account, Application, FoundCredential, Refusal
from applications.models.refusals import CredentialKind

MOST = 5  # that a page shows; the audit log has them all


@dataclass(frozen=True, slots=True)
class Found:
    """What a page shows: the newest, and whether there are others."""

    shown: list[FoundCredential]
    more: bool


def found_in(account: Account, application: Application | None = None, *, keys: bool = False) -> Found:
    """Return what is open in the account: all, that of one application, or with `keys` its API keys. One query."""
    about = Q(application=application) if application else Q(kind=CredentialKind.API_KEY) if keys else Q()
    rows = FoundCredential.objects.open().filter(about, account=account)
    found = list(rows.select_related("application", "api_key")[: MOST + 1])
    return Found(found[:MOST], len(found) > MOST)


def found_in_words(refusal: Refusal, kind: CredentialKind) -> str:
    """Return that the credential was reported as found, and stopped; "" when it was not."""
    reported = FoundCredential.objects.filter(
        account=refusal.account_id,
        application=refusal.application_id,
        api_key=refusal.api_key_id,
        kind=kind,
        hint=refusal.detail,
        stopped=True,
        created_at__lte=refusal.created_at,
    ).first()
    if reported is None:
        return ""
    words = {
        CredentialKind.SECRET: _("This secret was reported as found on {moment} from {ip}, and stopped."),
        CredentialKind.TOKEN: _("This token was reported as found on {moment} from {ip}, and revoked."),
        CredentialKind.API_KEY: _("This API key was reported as found on {moment} from {ip}, and revoked."),
    }
    return words[kind].format(
        moment=date_format(localtime(reported.created_at), "j F Y, H:i"), ip=reported.ip
    )
