"""Allowed IPs: of an application at /applications/{applicationId}/allowed-ips, of the account at /account/allowed-ips.

An application's list needs the scope `applications`, the account's the scope `account`. Opening a list gives power to
the credentials behind it: which callers may, operations/limits.py says.
"""

from django.http import HttpRequest, HttpResponse

from applications.api.access import actor_of, by_method, find
from applications.api.bodies import ALLOWED_IP, checked, read
from applications.api.errors import answer, invalid, no_content
from applications.api.outputs import line
from applications.authentication.callers import Caller
from applications.forms.allowed_ips import AllowedIPForm
from applications.models import Account, AllowedIP, Application
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.rules.networks import NetworkText

type Place = tuple[Account, Application | None]  # whose list it is


def list_them(request: HttpRequest, caller: Caller, application_id: str | None = None) -> HttpResponse:
    """Answer the lines in the order in which they were added; an empty list allows every address."""
    account, application = _place(caller, application_id)
    lines = AllowedIP.objects.filter(account=account, application=application)
    return answer({"data": [line(allowed) for allowed in lines]})


def add(request: HttpRequest, caller: Caller, application_id: str | None = None) -> HttpResponse:
    """Add a line, in force from the next request on."""
    cleaned = checked(AllowedIPForm(read(request, ALLOWED_IP)))
    new = Line(cleaned["network"], cleaned["note"])
    account, application = _change(request, caller, application_id, add=[new])
    added = AllowedIP.objects.get(account=account, application=application, network=new.network)
    return answer(line(added), 201)


def remove(request: HttpRequest, caller: Caller, application_id: str | None = None) -> HttpResponse:
    """Remove the line that the parameter `network` of the address names."""
    named = request.GET.getlist("network")
    if len(named) != 1:
        raise invalid("network", "Name one network in the address: ?network=192.0.2.0/24.")
    _change(request, caller, application_id, remove=[NetworkText(named[0])])
    return no_content()


def _change(
    request: HttpRequest,
    caller: Caller,
    application_id: str | None,
    *,
    add: list[Line] | None = None,
    remove: list[NetworkText] | None = None,
) -> Place:
    account, application = _place(caller, application_id)
    change_allowed_ips(
        account=account,
        application=application,
        add=add or [],
        remove=remove or [],
        actor=actor_of(request, caller),
    )
    return account, application


def _place(caller: Caller, application_id: str | None) -> Place:
    if application_id is None:
        return Account.objects.get(pk=caller.account_pk), None
    application = find(caller, application_id)
    return application.account, application


account_allowed_ips = by_method("account", GET=list_them, POST=add, DELETE=remove)
application_allowed_ips = by_method("applications", GET=list_them, POST=add, DELETE=remove)
