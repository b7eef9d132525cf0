"""Reset an application's secret and print the new one."""

from typing import Any

from django.core.management.base import CommandParser

from applications.management.base import OperatorCommand, application_of
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.secrets import reset_secret


class Command(OperatorCommand):
    help = "Reset an application's secret. Prints the new one, which cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("application_id", metavar="ID")
        parser.add_argument(
            "--overlap", default=Overlap.NOW, choices=Overlap.values, help="how long the old one works"
        )
        parser.add_argument("--revoke-tokens", action="store_true", help="revoke all its tokens too")

    def run(self, **options: Any) -> dict[str, Any]:
        secret = reset_secret(
            application=application_of(options["application_id"]),
            overlap=Overlap(options["overlap"]).span,
            revoke_tokens=options["revoke_tokens"],
            actor=OPERATOR,
        )
        return {"application_id": options["application_id"], "application_secret": secret}
