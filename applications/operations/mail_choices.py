"""Which mails about an account a member gets."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from applications.errors import AccessDenied, InvalidParam, NotFound
from applications.models import MailChoice, Membership
from applications.models.audit import Action
from applications.models.mails import ALWAYS, OWN_ACTS, MailKind
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.locks import lock_members


@transaction.atomic
def choose_mails(
    *, membership: Membership, kinds: Collection[MailKind], own_acts: bool, actor: Actor
) -> None:
    """Store which mails a member gets: those of `kinds`, and with `own_acts` those about what they did themselves.

    Only what differs from the usual of the role is stored, so that the rest goes with the role. AccessDenied for
    another person's choice, NotFound when the member is gone, InvalidParam for a kind that is none.
    """
    account = lock_members(membership.account_id)
    stored = Membership.objects.select_related("user").filter(pk=membership.pk).first()
    if stored is None:
        raise NotFound(_("You are no member of this account any more."))
    if stored.user.email != actor.name:
        raise AccessDenied(_("Only members themselves can choose their mails."))
    before, wanted = _described(stored), frozenset(map(_parse, kinds))
    _store(stored, wanted, own_acts=own_acts)
    if (after := _described(stored)) != before:
        details = {"mails": [before, after]}
        record(actor, account, Action.MAILS_CHANGED, target=stored.user.email, details=details)


def _parse(kind: str) -> MailKind:
    try:
        return MailKind(kind)
    except ValueError:
        raise InvalidParam("kinds", _("Choose kinds of mails of the list.")) from None


def _store(membership: Membership, wanted: frozenset[MailKind], *, own_acts: bool) -> None:
    usual = membership.may_change
    open_to_choice = set(MailKind) - (ALWAYS if usual else frozenset())
    choices = {str(kind): kind in wanted for kind in open_to_choice if (kind in wanted) != usual}
    choices |= {OWN_ACTS: True} if own_acts else {}
    membership.mail_choices.all().delete()
    MailChoice.objects.bulk_create(
        MailChoice(membership=membership, kind=kind, wanted=value) for kind, value in choices.items()
    )


def _described(membership: Membership) -> list[str]:
    own = [OWN_ACTS] if membership.hears_of_own_acts else []
    return [*sorted(membership.mail_kinds), *own]
