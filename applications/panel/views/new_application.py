"""Creating an application, and the one page that shows its secret."""

import base64
import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from applications.errors import Conflict, InvalidParam, LimitReached
from applications.forms.new_application import NewApplicationForm
from applications.models import Application
from applications.operations.applications import create_application
from applications.panel import navigation
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.quick_start import env_file, quick_start
from applications.panel.scope_groups import scope_groups

REFUSED = 422

# What to do next: icon, what, why, the page's name and its address; addresses take account and application.
NEXT = [
    (
        "network",
        _lazy("Allow your servers' addresses"),
        _lazy("So that the secret is worth nothing anywhere else."),
        _lazy("Allowed IPs"),
        "panel:application_allowed_ips",
    ),
    (
        "message-square",
        _lazy("Set how its messages are treated"),
        _lazy("Sender, special characters and quiet hours, with a preview of what would be sent."),
        _lazy("Messages"),
        "panel:messages",
    ),
    (
        "key-round",
        _lazy("Watch its tokens"),
        _lazy("See which are live and from where they are used, and revoke one or all."),
        _lazy("Tokens"),
        "panel:tokens",
    ),
]


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True, confirm=_lazy("Create an application"))
def new_application(request: PanelRequest) -> HttpResponse:
    """Show the form; when it is sent, create the application."""
    return _create(request) if request.method == "POST" else _ask(request, _empty_form(request))


def _empty_form(request: PanelRequest) -> NewApplicationForm:
    return NewApplicationForm(initial={"lifetime": request.account.default_lifetime})


def _ask(request: PanelRequest, form: NewApplicationForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "scope_groups": scope_groups(form["scopes"]),
        "most": settings.APPLICATIONS_PER_ACCOUNT if request.account.is_full else None,
    }
    return navigation.page(
        request, "panel/applications/new.html", context, current="panel:applications", status=status
    )


def _create(request: PanelRequest) -> HttpResponse:
    form = NewApplicationForm(request.POST)
    if not form.is_valid():
        return _ask(request, form)
    try:
        application, secret = create_application(
            account=request.account, actor=actor_of(request), **form.cleaned_data
        )
    except Conflict:
        return _sent_twice(request, form.cleaned_data["submission"])
    except LimitReached as error:
        form.add_error(None, error.message)
        return _ask(request, form, REFUSED)
    except InvalidParam as error:  # a scope that was retired just now
        form.add_error(error.param, error.message)
        return _ask(request, form, REFUSED)
    return _created(request, application, secret)


def _created(request: PanelRequest, application: Application, secret: str) -> HttpResponse:
    """Answer with the secret. It is kept nowhere, so no other request can be answered with it."""
    pair = f"{application.application_id}:{secret}"
    context = {
        "application": application,
        "secret": secret,
        "header": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "env": env_file(application, secret),
        "quick_start": quick_start(application),
        "next": NEXT,
    }
    return navigation.page(request, "panel/applications/created.html", context, current="panel:applications")


def _sent_twice(request: PanelRequest, submission: uuid.UUID) -> HttpResponse:
    """Lead to what the first sending made; its secret cannot be shown a second time."""
    words = _(
        "This form was sent twice, and created one application. Its secret was in the first answer:"
        " if you do not have it, reset the secret."
    )
    messages.warning(request, words)
    if application := request.account.applications.filter(submission=submission).first():
        return redirect("panel:overview", request.account.pk, application.application_id)
    return redirect("panel:applications", request.account.pk)
