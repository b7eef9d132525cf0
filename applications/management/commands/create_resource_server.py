"""Create a resource server and print its ID and secret."""

from typing import Any

from django.core.management.base import CommandParser

from applications.management.base import OperatorCommand
from applications.operations.actors import OPERATOR
from applications.operations.resource_servers import create_resource_server
from applications.rules.names import Name


class Command(OperatorCommand):
    help = (
        "Create a resource server: a service of the platform that asks about tokens. "
        "Prints its secret, which cannot be read again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name")

    def run(self, **options: Any) -> dict[str, Any]:
        server, secret = create_resource_server(name=Name(options["name"]), actor=OPERATOR)
        return {
            "name": server.name,
            "resource_server_id": server.server_id,
            "resource_server_secret": secret,
        }
