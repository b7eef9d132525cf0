"""Revoke all tokens of an application."""

from typing import Any

from django.core.management.base import CommandParser

from applications.management.base import OperatorCommand, application_of
from applications.models import AccessToken
from applications.operations.actors import OPERATOR
from applications.operations.tokens import revoke_all_tokens


class Command(OperatorCommand):
    help = "Revoke all tokens of an application; clients get 401 at their next call."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("application_id", metavar="ID")

    def run(self, **options: Any) -> dict[str, Any]:
        application = application_of(options["application_id"])
        live = AccessToken.objects.live().filter(application=application).count()
        revoke_all_tokens(application=application, actor=OPERATOR)
        return {"application_id": application.application_id, "revoked": live}
