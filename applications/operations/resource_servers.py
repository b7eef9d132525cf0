"""Resource servers: made, given a new secret and removed by the operator."""

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import ResourceServer
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record
from applications.operations.limits import check_operator
from applications.rules.credentials import digest, hint, new_credential
from applications.rules.names import Name


@transaction.atomic
def create_resource_server(*, name: Name, actor: Actor) -> tuple[ResourceServer, str]:
    """Return the new resource server and its secret, which exists nowhere else and cannot be read again.

    Raises InvalidParam for a name that is empty, too long or taken.
    """
    check_operator(actor)
    secret = new_credential()
    server = ResourceServer(
        name=_usable(name),
        server_id=new_credential(),
        digest=digest(secret),
        hint=hint(secret),
        created_by=actor.name,
    )
    server.save(force_insert=True)
    record(actor, None, Action.RESOURCE_SERVER_CREATED, target=server.name, details={"id": server.server_id})
    return server, secret


@transaction.atomic
def reset_resource_server(*, server: ResourceServer, actor: Actor, current: str | None = None) -> str:
    """Return a new secret; the old one stops now.

    `current` is the hint of the secret the caller saw: Conflict when it is another by now, so that the
    double click makes no second one.
    """
    stored, secret = _locked(server, actor), new_credential()
    if current is not None and current != stored.hint:
        raise Conflict(_("The secret was reset in the meantime. Nothing was changed just now."))
    details = {"id": stored.server_id, "old": stored.hint}
    stored.digest, stored.hint, stored.reset_at = digest(secret), hint(secret), now()
    stored.save(update_fields=["digest", "hint", "reset_at"])
    record(actor, None, Action.RESOURCE_SERVER_RESET, target=stored.name, details=details)
    return secret


@transaction.atomic
def remove_resource_server(*, server: ResourceServer, actor: Actor) -> None:
    """Delete it for good: its ID and secret stop at once; NotFound when they have already."""
    stored = _locked(server, actor)
    details = {"id": stored.server_id}
    stored.delete()
    record(actor, None, Action.RESOURCE_SERVER_REMOVED, target=stored.name, details=details)


def _locked(server: ResourceServer, actor: Actor) -> ResourceServer:
    check_operator(actor)
    if (stored := ResourceServer.objects.select_for_update().filter(pk=server.pk).first()) is None:
        raise NotFound(_("This resource server was removed."))
    return stored


def _usable(name: Name) -> Name:
    name = Name(name)
    if not name:
        raise InvalidParam("name", _("Give a name of 1 to 100 characters on one line."))
    if ResourceServer.objects.filter(name=name).exists():
        raise InvalidParam("name", _("There is a resource server of this name."))
    return name
