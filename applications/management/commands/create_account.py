"""Create an account with its owner."""

import getpass
import os
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from applications.management.base import OperatorCommand
from applications.models import User
from applications.operations.accounts import create_account
from applications.operations.actors import OPERATOR
from applications.rules.emails import EmailAddress
from applications.rules.names import Name, ProperName
from applications.rules.time_zones import TimeZone


class Command(OperatorCommand):
    help = (
        "Create an account. A new owner's password comes from LATCHKEY_OWNER_PASSWORD, else it is asked for."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="who owns it; made if unknown")
        parser.add_argument("--owner-name", default="", metavar="NAME")
        parser.add_argument("--timezone", default="UTC", help="such as Europe/Warsaw")

    def run(self, **options: Any) -> dict[str, Any]:
        owner = EmailAddress(options["owner"])
        known = User.objects.filter(email=owner).exists()
        account = create_account(
            name=ProperName(options["name"]),
            timezone=TimeZone(options["timezone"]),
            owner_email=owner,
            owner_name=Name(options["owner_name"]),
            owner_password=None if known else _password(owner),
            actor=OPERATOR,
        )
        return {"account_id": account.pk, "name": account.name, "owner": owner}


def _password(email: str) -> str:
    password = os.environ.get("LATCHKEY_OWNER_PASSWORD") or _asked_for(email)
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return password


def _asked_for(email: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError(
            f"{email} is new and needs a password: set LATCHKEY_OWNER_PASSWORD, or run this in a terminal."
        )
    return getpass.getpass(f"Password for {email}: ")
