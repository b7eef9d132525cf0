"""Reset an application's secret and print the new one."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from applications.management.base import OperatorCommand, application_of
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.secrets import OlderSecretWorks, reset_secret


class Command(OperatorCommand):
    help = (
        "Reset an application's secret. Prints the new one, which cannot be read again. Where an older secret still"
        " works, asks whether it may stop now; without a terminal, --end-older says so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("application_id", metavar="ID")
        parser.add_argument(
            "--overlap", default=Overlap.NOW, choices=Overlap.values, help="how long the old one works"
        )
        parser.add_argument("--revoke-tokens", action="store_true", help="revoke all its tokens too")
        parser.add_argument(
            "--end-older", action="store_true", help="stop an older secret that works beside the old one too"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        application = application_of(options["application_id"])
        older = list(application.secrets.older().values_list("pk", flat=True)) if options["end_older"] else []
        arguments: dict[str, Any] = {
            "application": application,
            "overlap": Overlap(options["overlap"]),
            "revoke_tokens": options["revoke_tokens"],
            "actor": OPERATOR,
        }
        try:
            secret = reset_secret(**arguments, end_older=older)
        except OlderSecretWorks as error:
            self._ask(error)
            secret = reset_secret(**arguments, end_older=[secret.pk for secret in error.secrets])
        return {"application_id": options["application_id"], "application_secret": secret}

    def _ask(self, error: OlderSecretWorks) -> None:
        """Return when the person at the terminal says that the older secrets may stop."""
        if not sys.stdin.isatty():
            raise CommandError(
                f"{error.message} Nothing was changed. With --end-older it may stop.", returncode=1
            )
        self.stderr.write(error.message)
        self.stderr.write("Stop it now? [y/N] ", ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.", returncode=1)
