"""Delete tokens that are dead."""

from typing import Any

from applications.management.base import OperatorCommand
from applications.operations.purge import purge_tokens


class Command(OperatorCommand):
    help = "Delete expired and revoked tokens and those of deleted applications. Meant to run every night."

    def run(self, **options: Any) -> dict[str, Any]:
        return {"purged": purge_tokens()}
