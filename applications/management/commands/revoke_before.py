"""End everything that was issued before a moment."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from applications.management.base import OperatorCommand
from applications.operations.actors import OPERATOR
from applications.operations.revocations import revoke_before


class Command(OperatorCommand):
    help = (
        "End every token that was issued before TIME, in all accounts: after a backup was restored, which brings back"
        " what was revoked since. With --secrets also secrets of applications and resource servers that are as old,"
        " with --keys API keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("time", metavar="TIME", help="with its time zone, such as 2026-05-31T12:00:00Z")
        parser.add_argument(
            "--secrets", action="store_true", help="each application needs a reset afterwards"
        )
        parser.add_argument("--keys", action="store_true", help="each program needs a new API key afterwards")

    def run(self, **options: Any) -> dict[str, Any]:
        moment = _moment(options["time"])
        revoked = revoke_before(
            moment=moment, secrets=options["secrets"], keys=options["keys"], actor=OPERATOR
        )
        return {"before": moment.isoformat(), **asdict(revoked)}


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{text} is no time. Write it with its time zone, such as 2026-05-31T12:00:00Z.")
    return moment
