"""Allowed IPs: of an application at /applications/{applicationId}/allowed-ips, of the account at /account/allowed-ips.

An application's list needs the scope `applications`, the account's the scope `account`. Opening a list gives power to
the credentials behind it: which clients may, operations/limits.py says.
"""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.access import actor_of, by_method, find
from applications.api.bodies import ALLOWED_IP, checked, read
from applications.api.clients import View
from applications.api.errors import answer, invalid, no_content
from applications.api.outputs import line
from applications.authentication.clients import Client
from applications.descriptions.operations import Described, Operation
from applications.descriptions.parts import MOMENT, Translatable, body, json_of, response, schema
from applications.forms.allowed_ips import AllowedIPForm
from applications.models import Account, AllowedIP, Application
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.rules.networks import NetworkText

type Place = tuple[Account, Application | None]  # whose list it is


def list_them(request: HttpRequest, client: Client, application_id: str | None = None) -> HttpResponse:
    """Answer the lines in the order in which they were added; an empty list allows every address."""
    account, application = _place(client, application_id)
    lines = AllowedIP.objects.filter(account=account, application=application)
    return answer({"data": [line(allowed) for allowed in lines]})


def add(request: HttpRequest, client: Client, application_id: str | None = None) -> HttpResponse:
    """Add a line, in force from the next request on."""
    cleaned = checked(AllowedIPForm(read(request, ALLOWED_IP)))
    new = Line(cleaned["network"], cleaned["note"])
    account, application = _change(request, client, application_id, add=[new])
    added = AllowedIP.objects.get(account=account, application=application, network=new.network)
    return answer(line(added), 201)


def remove(request: HttpRequest, client: Client, application_id: str | None = None) -> HttpResponse:
    """Remove the line that the parameter `network` of the address names."""
    named = request.GET.getlist("network")
    if len(named) != 1:
        raise invalid("network", "Name one network in the address: ?network=192.0.2.0/24.")
    _change(request, client, application_id, remove=[NetworkText(named[0])])
    return no_content()


def _change(
    request: HttpRequest,
    client: Client,
    application_id: str | None,
    *,
    add: list[Line] | None = None,
    remove: list[NetworkText] | None = None,
) -> Place:
    account, application = _place(client, application_id)
    change_allowed_ips(
        account=account,
        application=application,
        add=add or [],
        remove=remove or [],
        actor=actor_of(request, client),
    )
    return account, application


def _place(client: Client, application_id: str | None) -> Place:
    if application_id is None:
        return Account.objects.get(pk=client.account_pk), None
    application = find(client, application_id)
    return application.account, application


TAG = "Allowed IPs"
LINE = {"network": "198.51.100.0/24", "note": "Shop servers", "createdAt": MOMENT}
NAMED = {
    "name": "network",
    "in": "query",
    "required": True,
    "description": _("The line to remove."),
    "schema": {"type": "string"},
    "example": "198.51.100.0/24",
}
# What is done with a list of allowed IPs, in the words for that of an application and that of the account.
OF_APPLICATION = (
    "Application",
    _("List an application's IPs"),
    _("Allow an IP"),
    _("Take an IP off its list"),
)
OF_ACCOUNT = (
    "Account",
    _("List the account's IPs"),
    _("Allow an IP to the account"),
    _("Take an IP off the account's"),
)


def _described(texts: tuple[str, Translatable, Translatable, Translatable], scope: str) -> View:
    """Return the view of a list, described by `texts`: of what, to list, to add, to remove."""
    of, to_list, to_add, to_remove = texts
    missing = ("404",) if texts is OF_APPLICATION else ()
    listing = Operation(
        name=f"get{of}AllowedIPs",
        summary=to_list,
        description=_(
            "An empty list allows every address. A request has to be in the account's and the application's."
        ),
        tag=TAG,
        answers={"200": response(_("The list."), json_of(schema("AllowedIPList"), {"data": [LINE]}))},
        refusals=missing,
    )
    adding = Operation(
        name=f"add{of}AllowedIP",
        summary=to_add,
        description=_(
            "Holds from the next request on, for this credential too. It has to hold every scope of what is"
            " behind the list: of the application, or all scopes where the list is the account's. No credential"
            " opens the account's list, or an application's to an address that its own list does not hold."
        ),
        tag=TAG,
        body=body("NewAllowedIP", {"network": "198.51.100.0/24", "note": "Shop servers"}),
        answers={"201": response(_("The line."), json_of(schema("AllowedIP"), LINE))},
        refusals=missing,
    )
    removing = Operation(
        name=f"remove{of}AllowedIP",
        summary=to_remove,
        description=_(
            "Removing the last line allows every address, so it takes a credential that works from every address."
            " The scopes are those for adding one."
        ),
        tag=TAG,
        parameters=(NAMED,),
        answers={"204": response(_("It is gone."))},
        refusals=("404",),
    )
    return by_method(
        scope,
        GET=Described(list_them, listing),
        POST=Described(add, adding),
        DELETE=Described(remove, removing),
    )


account_allowed_ips = _described(OF_ACCOUNT, "account")
application_allowed_ips = _described(OF_APPLICATION, "applications")
