"""API keys of an account: the list, a new one and the one page that shows it, revoking."""

from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from applications.errors import Conflict, InvalidParam, NotFound
from applications.forms.api_keys import NewAPIKeyForm, Reach
from applications.models import APIKey
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.api_keys import rows_of
from applications.panel.found_credentials import found_in
from applications.panel.navigation import page
from applications.panel.quick_start import API_KEY_VARIABLE, EnvFile, api_key_call
from applications.panel.scope_groups import scope_groups

CURRENT = "panel:api_keys"
REFUSED = 422
PER_PAGE = 25
STOPPED = 25  # keys that work no more, shown so that who looks for one finds out what became of it


@require_safe
@member()
def api_keys(request: PanelRequest) -> HttpResponse:
    """List the keys that work, the newest first, and those that stopped last."""
    live = request.account.api_keys.live()
    shown = Paginator(live, PER_PAGE).get_page(request.GET.get("page"))
    ended = request.account.api_keys.exclude(pk__in=live.values("pk"))
    ended = ended.annotate(ended_at=Coalesce("revoked_at", "expires_at")).order_by("-ended_at", "-pk")
    rows = rows_of([*shown, *ended[:STOPPED]])
    context = {
        "shown": shown,
        "rows": rows[: len(shown)],
        "stopped": rows[len(shown) :],
        "found": found_in(request.account, keys=True),
    }
    return page(request, "panel/api_keys/list.html", context, current=CURRENT)


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True, confirm=_lazy("Create an API key"))
def new_api_key(request: PanelRequest) -> HttpResponse:
    """Show the form; when it is sent, create the key and show it, this once."""
    if request.method != "POST":
        return _ask(request, NewAPIKeyForm())
    form = NewAPIKeyForm(request.POST)
    if not form.is_valid():
        return _ask(request, form, status=REFUSED)
    try:
        key, value = create_api_key(account=request.account, actor=actor_of(request), **form.cleaned_data)
    except InvalidParam as error:
        form.add_error(error.param, error.message)
        return _ask(request, form, status=REFUSED)
    except Conflict:
        return _sent_twice(request)
    return _created(request, key, value)


def _ask(request: PanelRequest, form: NewAPIKeyForm, *, status: int = 200) -> HttpResponse:
    meanings = {
        Reach.CHOSEN: _("Best for most: whoever finds the key can do only that."),
        Reach.ALL: _("Everything in the account, and every scope that is added later."),
    }
    context = {"form": form, "meanings": meanings, "scope_groups": scope_groups(form["scopes"])}
    return page(request, "panel/api_keys/new.html", context, current=CURRENT, status=status)


def _created(request: PanelRequest, key: APIKey, value: str) -> HttpResponse:
    """Answer with the key's value. It is kept nowhere, so no other request can be answered with it."""
    context = {
        "row": rows_of([key])[0],
        "value": value,
        "env": _env_file(key, value),
        "example": api_key_call(),
    }
    return page(request, "panel/api_keys/created.html", context, current=CURRENT)


def _env_file(key: APIKey, value: str) -> EnvFile:
    """A file with the key, as a data: address: the server need not keep the key to offer it."""
    text = quote(f"{API_KEY_VARIABLE}={value}\n")
    return EnvFile(f"{slugify(key.name) or 'latchkey'}.env", f"data:text/plain;charset=utf-8,{text}")


def _sent_twice(request: PanelRequest) -> HttpResponse:
    """Lead to the list; what the first sending made cannot be shown a second time."""
    words = _(
        "This form was sent twice, and created one API key. The key was in the first answer:"
        " if you do not have it, revoke it and create another."
    )
    messages.warning(request, words)
    return redirect(CURRENT, request.account.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def revoke(request: PanelRequest, key: int) -> HttpResponse:
    """Revoke a key; GET asks, as long as there is something to ask."""
    found = get_object_or_404(request.account.api_keys.select_related("account"), pk=key)
    if request.method == "POST":
        _revoke(request, found)
    elif found.is_live:
        return _question(request, found)
    else:
        messages.warning(request, _("This API key has stopped already."))
    return redirect(CURRENT, request.account.pk)


def _revoke(request: PanelRequest, key: APIKey) -> None:
    try:
        revoke_api_key(api_key=key, actor=actor_of(request))
    except NotFound as error:
        messages.warning(request, error.message)
    else:
        words = _("The API key %(key)s was revoked. Programs that send it get 401 at their next call.")
        messages.success(request, words % {"key": key})


def _question(request: PanelRequest, key: APIKey) -> HttpResponse:
    context = {"row": rows_of([key])[0], "back": reverse(CURRENT, args=[request.account.pk])}
    return page(request, "panel/api_keys/question.html", context, current=CURRENT)
