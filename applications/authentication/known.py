"""Who a request turned out to come from, for the line that the log has of it."""

from django.http import HttpRequest

from applications.authentication.clients import Client
from applications.observed import PROVEN


def note_client(request: HttpRequest, client: Client) -> None:
    """Note the application, or the API key by its number: a key's value is in no log."""
    if client.application_id:
        request.META[PROVEN] = ("application_id", client.application_id)
    else:
        request.META[PROVEN] = ("api_key_id", str(client.api_key_pk))


def note_resource_server(request: HttpRequest, server_pk: int) -> None:
    """Note the resource server that asks."""
    request.META[PROVEN] = ("resource_server_id", str(server_pk))
