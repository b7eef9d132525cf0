"""Delete what is dead."""

from typing import Any

from applications.management.base import OperatorCommand
from applications.operations.email_changes import purge_email_changes
from applications.operations.events import purge_events
from applications.operations.invitations import purge_invitations
from applications.operations.purge import (
    purge_deliveries,
    purge_refusals,
    purge_sessions,
    purge_tokens,
    record_purge,
)
from applications.operations.sign_in import purge_sign_in


class Command(OperatorCommand):
    help = (
        "Delete dead tokens, sessions that are over, old refusals, deliveries, invitations and changes of email, and"
        " counts of old failures. Meant to run every night."
    )

    def run(self, **options: Any) -> dict[str, Any]:
        purged = {
            "purged": purge_tokens(),
            "sessions": purge_sessions(),
            "refusals": purge_refusals(),
            "deliveries": purge_deliveries(),
            "throttles": purge_sign_in(),
            "invitations": purge_invitations(),
            "email_changes": purge_email_changes(),
            "idempotency_keys": purge_events(),
        }
        record_purge()
        return purged
