"""What a client reaches: applications of its own account alone. What it may do to them, operations/limits.py says."""

from django.http import HttpRequest, HttpResponse

from applications.api.clients import View, needs
from applications.api.errors import ApiError
from applications.authentication.address import client_address
from applications.authentication.clients import Client
from applications.descriptions.operations import Described
from applications.descriptions.registry import describe
from applications.models import Application
from applications.models.applications import ApplicationQuerySet
from applications.operations.actors import Actor
from applications.rules.credentials import is_credential


def by_method(scope: str, **views: Described) -> View:
    """Return the view of an address: it needs `scope`, and calls that of `views` which the method names.

    It is registered with what each of them says about itself.
    """

    @needs(scope)
    def dispatch(request: HttpRequest, client: Client, **kwargs: object) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in views:
            allowed = [*views, *(["HEAD"] if "GET" in views else [])]
            raise ApiError("method_not_allowed", f"Use {' or '.join(views)}.", {"Allow": ", ".join(allowed)})
        return views[method](request, client, **kwargs)

    operations = {method.lower(): view.operation.node(scope) for method, view in views.items()}
    return describe(dispatch, **operations)


def applications_of(client: Client) -> ApplicationQuerySet:
    """Return the applications of the client's account."""
    return Application.objects.filter(account=client.account_pk)


def find(client: Client, application_id: str) -> Application:
    """Return an application; raise ApiError, the same for one of another account as for none."""
    if is_credential(application_id):  # what cannot be an ID may hold what the store cannot take
        found = (
            applications_of(client)
            .select_related("account", "message_settings")
            .filter(application_id=application_id)
            .first()
        )
        if found is not None:
            return found
    raise ApiError("not_found", "There is no application of this ID.")


def actor_of(request: HttpRequest, client: Client) -> Actor:
    """Return who makes the change: for its audit row, and with the limits that operations hold it to."""
    return client.actor(client_address(request), request.request_id)  # type: ignore[attr-defined]  # config/request_ids.py
