"""Deciding that a finding of key safety stays as it is for a year, and taking that back."""

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import Account, APIKey, Application, KeptFinding
from applications.models.audit import Action
from applications.models.findings import KEPT_FOR, Finding, Findings
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.limits import check_no_credential
from applications.operations.locks import lock_account


@transaction.atomic
def keep_finding(*, subject: Application | APIKey, kind: Finding, actor: Actor) -> KeptFinding:
    """Let what was found about an application or API key stay for a year, and return the decision.

    Raises InvalidParam for a kind that there is not, NotFound when the subject was deleted, Conflict when it is not
    found (any more): somebody mended it, or has decided the same.
    """
    account, moment = lock_account(subject.account_id, actor), actor.at or now()
    check_no_credential(actor)
    kind = _parse_kind(kind)
    stored = type(subject)._default_manager.filter(pk=subject.pk, account=account).first()
    if stored is None:
        raise NotFound(_("This was deleted."))
    if not Findings(account, moment).has(kind, stored):
        raise Conflict(_("This is not found any more. Nothing was changed."))
    about = {"api_key": stored} if isinstance(stored, APIKey) else {"application": stored}
    decision = {"account": account, "kept_by": actor.name, "kept_at": moment, "until": moment + KEPT_FOR}
    kept, _new = KeptFinding.objects.update_or_create(**about, kind=kind, defaults=decision)
    _record(actor, account, Action.FINDING_KEPT, kept)
    return kept


@transaction.atomic
def reopen_finding(*, kept: KeptFinding, actor: Actor) -> None:
    """Take the decision back, so that it is found again; NotFound when somebody has."""
    account = lock_account(kept.account_id, actor)
    check_no_credential(actor)
    stored = KeptFinding.objects.select_related("application", "api_key").filter(pk=kept.pk).first()
    if stored is None:
        raise NotFound(_("This decision was taken back already."))
    _record(actor, account, Action.FINDING_REOPENED, stored)
    stored.delete()


def forget_two_secrets(application: Application) -> None:
    """End the decision that two secrets may work; part of a reset, for it was made about the secrets before."""
    application.kept_findings.filter(kind=Finding.TWO_SECRETS).delete()


def _parse_kind(kind: str) -> Finding:
    try:
        return Finding(kind)
    except ValueError:
        message = _("A finding is one of {known}.").format(known=", ".join(Finding.values))
        raise InvalidParam("kind", message) from None


def _record(actor: Actor, account: Account, action: Action, kept: KeptFinding) -> None:
    details = {"finding": kept.kind, "kept_until": kept.until}
    about = {"application_id": kept.application.application_id} if kept.application else {}
    record(actor, account, action, target=str(kept.application or kept.api_key), details=details, **about)
