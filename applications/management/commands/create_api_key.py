"""Create an API key of an account and print it."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from applications.management.base import OperatorCommand, account_named
from applications.models import Scope
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.rules.names import Name


class Command(OperatorCommand):
    help = "Create an API key of an account. Prints the key, which cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", required=True, metavar="NAME")
        parser.add_argument("--name", default="")
        parser.add_argument("--scopes", metavar='"sms groups"', help="without it, all, later ones too")
        parser.add_argument(
            "--expires", metavar="2027-01-31", help="a date or time in UTC; without it, never"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        key, value = create_api_key(
            account=account_named(options["account"]),
            name=Name(options["name"]),
            scopes=None if options["scopes"] is None else _scopes(options["scopes"].split()),
            expires_at=options["expires"] and _moment(options["expires"]),
            actor=OPERATOR,
        )
        return {
            "api_key": value,
            "name": key.name,
            "scopes": key.scope or "all",
            "expires_at": key.expires_at and key.expires_at.isoformat(),
        }


def _scopes(names: list[str]) -> list[Scope]:
    scopes = list(Scope.objects.available().filter(name__in=names))
    if missing := set(names) - {scope.name for scope in scopes}:
        raise CommandError(f"There is no scope “{min(missing)}”.")
    return scopes


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a date or time. Example: 2027-01-31T12:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
