"""Remove a member from an account, or withdraw the invitation."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from applications.management.base import OperatorCommand, account_named
from applications.models import Account
from applications.operations.actors import OPERATOR
from applications.operations.invitations import withdraw_invitation
from applications.operations.members import remove_member
from applications.rules.emails import EmailAddress


class Command(OperatorCommand):
    help = (
        "Remove a member from an account, from the next request on; of somebody only invited, the invitation."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--account", required=True, metavar="NAME")

    def run(self, **options: Any) -> dict[str, Any]:
        account, email = account_named(options["account"]), EmailAddress(options["email"])
        return {"account": account.name, "email": str(email), "removed": _remove(account, email)}


def _remove(account: Account, email: EmailAddress) -> str:
    membership = account.memberships.select_related("account").filter(user__email=email).first()
    if membership:
        remove_member(membership=membership, actor=OPERATOR)
        return "member"
    invitation = account.invitations.pending().select_related("account").filter(email=email).first()
    if invitation is None:
        raise CommandError(f"{email} is neither a member of “{account.name}” nor invited.")
    withdraw_invitation(invitation=invitation, actor=OPERATOR)
    return "invitation"
