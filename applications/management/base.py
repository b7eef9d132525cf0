"""What the operator's commands share: `--json`, finding things by name, errors in words."""

import json
from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from applications.errors import DomainError
from applications.models import Account, Application

LONGEST_NUMBER = 18  # digits, which any database takes
SHOWN = 10  # numbers of accounts that have the same name


class OperatorCommand(BaseCommand):
    """A command that makes one change and says what came of it, in words or as one JSON object."""

    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            facts = self.run(**options)
        except DomainError as error:
            raise CommandError(str(error.message), returncode=1) from None
        if options["json"]:
            self.stdout.write(json.dumps(facts))
        else:
            for name, value in facts.items():
                self.stdout.write(f"{name}: {value}")

    @abstractmethod
    def run(self, **options: Any) -> dict[str, Any]:
        """Do it, and return what to print: names in snake case to values that JSON can hold."""


def account_named(name: str) -> Account:
    """Return the one account of this name, else of this number; CommandError when there is none or more than one."""
    accounts = list(Account.objects.filter(name=name).order_by("pk")[:SHOWN])
    if not accounts and name.isdecimal() and len(name) <= LONGEST_NUMBER:
        accounts = list(Account.objects.filter(pk=int(name)))
    if len(accounts) > 1:
        numbers = " or ".join(f"--account {account.pk}" for account in accounts)
        raise CommandError(f"There are several accounts named “{name}”. Name one by its number: {numbers}.")
    if not accounts:
        raise CommandError(f"There is no account named “{name}”.")
    return accounts[0]


def application_of(application_id: str) -> Application:
    """Return the application of this ID; CommandError when there is none."""
    application = Application.objects.select_related("account").filter(application_id=application_id).first()
    if application is None:
        raise CommandError(f"There is no application with the ID {application_id}.")
    return application
