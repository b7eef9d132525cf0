"""Make somebody a member of an account, or invite them."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.urls import reverse

from applications.management.base import OperatorCommand, account_named
from applications.models import Account
from applications.models.memberships import Role
from applications.operations.actors import OPERATOR
from applications.operations.invitations import invite_member
from applications.operations.members import add_member
from applications.rules.emails import EmailAddress


class Command(OperatorCommand):
    help = (
        "Add a member to an account. With LATCHKEY_MEMBER_PASSWORD the person is a member at once, and is made with"
        " that password unless the email is known; without it an invitation is mailed, and its link printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--account", required=True, metavar="NAME")
        parser.add_argument("--role", required=True, choices=Role.values)

    def run(self, **options: Any) -> dict[str, Any]:
        account, email = account_named(options["account"]), EmailAddress(options["email"])
        role, password = Role(options["role"]), os.environ.get("LATCHKEY_MEMBER_PASSWORD")
        facts = {"account": account.name, "email": str(email), "role": str(role)}
        if not password:
            return {**facts, **_invite(account, email, role)}
        add_member(account=account, email=email, role=role, password=password, actor=OPERATOR)
        return {**facts, "state": "member"}


def _invite(account: Account, email: EmailAddress, role: Role) -> dict[str, str]:
    invitation, value = invite_member(account=account, email=email, role=role, actor=OPERATOR)
    link = settings.PUBLIC_URL + reverse("panel:invitation", args=[value])
    return {"state": "invited", "invitation": link, "expires_at": invitation.expires_at.isoformat()}
