"""Encrypt second factors anew."""

from typing import Any

from applications.management.base import OperatorCommand
from applications.operations.second_factors import reseal_second_factors


class Command(OperatorCommand):
    help = "Encrypt all second factors with the first of ENCRYPTION_KEYS, so that an older key can be taken away."

    def run(self, **options: Any) -> dict[str, Any]:
        return {"second_factors": reseal_second_factors()}
