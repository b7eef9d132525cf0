"""Encrypt second factors and signing secrets anew."""

from typing import Any

from applications.management.base import OperatorCommand
from applications.operations.second_factors import reseal_second_factors
from applications.operations.webhook_secrets import reseal_webhook_secrets


class Command(OperatorCommand):
    help = (
        "Encrypt all second factors and signing secrets of webhooks with the first of ENCRYPTION_KEYS, so that an older"
        " key can be taken away."
    )

    def run(self, **options: Any) -> dict[str, Any]:
        return {
            "second_factors": reseal_second_factors(),
            "webhook_secrets": reseal_webhook_secrets(),
        }
