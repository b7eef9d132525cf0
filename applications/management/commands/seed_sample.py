"""Fill an account with believable applications, tokens and 30 days of history."""

from typing import Any

from django.core.management.base import CommandParser

from applications.management.base import OperatorCommand, account_named
from applications.operations.actors import OPERATOR
from applications.operations.sample import seed_sample


class Command(OperatorCommand):
    help = "Fill an account with sample applications, tokens and history, for looking at pages."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", default="Demo", metavar="NAME")

    def run(self, **options: Any) -> dict[str, Any]:
        made = seed_sample(account=account_named(options["account"]), actor=OPERATOR)
        return {"account": options["account"], "applications": len(made)}
