"""Create an application and print its ID and secret."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from applications.forms.applications import ApplicationForm
from applications.management.base import OperatorCommand, account_named
from applications.models.applications import Lifetime
from applications.operations.actors import OPERATOR
from applications.operations.applications import create_application


class Command(OperatorCommand):
    help = "Create an application of an account. Prints its secret, which cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", required=True, metavar="NAME")
        parser.add_argument("--name", default="")
        parser.add_argument("--scopes", required=True, metavar='"sms groups"')
        parser.add_argument("--lifetime", default=Lifetime.DAY, choices=Lifetime.values)

    def run(self, **options: Any) -> dict[str, Any]:
        fields = {key: options[key] for key in ("name", "lifetime")} | {"scopes": options["scopes"].split()}
        form = ApplicationForm(fields)
        if not form.is_valid():
            raise CommandError(" ".join(str(error) for errors in form.errors.values() for error in errors))
        account = account_named(options["account"])
        application, secret = create_application(account=account, actor=OPERATOR, **form.cleaned_data)
        return {"application_id": application.application_id, "application_secret": secret}
