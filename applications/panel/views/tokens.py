"""Tokens: the live ones, and revoking them."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from applications.errors import NotFound
from applications.models import AccessToken, Application
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.impact import MAX_TOKENS, impact_of
from applications.panel.navigation import page
from applications.panel.questions import confirmation_page, of_application
from applications.rules.names import isolated
from applications.rules.scopes import effective

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Row:
    """A token with the scopes it has now and those that it lost with its application."""

    token: AccessToken
    scopes: tuple[str, ...]
    lost: list[str]


@require_safe
@member()
def tokens(request: PanelRequest) -> HttpResponse:
    """List the tokens that work, or would if the application were enabled, the newest first."""
    impact = impact_of(request.application)
    pages = Paginator(AccessToken.objects.newest_of(request.application), PER_PAGE)
    pages.count = min(impact.tokens, MAX_TOKENS)  # those that were counted just now
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "shown": shown,
        "rows": [_row(token, request.application) for token in shown],
        "impact": impact,
    }
    return page(request, "panel/application/tokens.html", context, current="panel:tokens")


def _row(token: AccessToken, application: Application) -> Row:
    held = effective(token.scope, token.generation, application.grants)
    lost = [name for name in token.scope.split() if name not in held]
    return Row(token, held, lost)


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def revoke(request: PanelRequest, token: int) -> HttpResponse:
    """Revoke one token; GET asks."""
    found = get_object_or_404(request.application.tokens.select_related("application"), pk=token)
    if request.method != "POST":
        return confirmation_page(request, "revoke_one", {"token": found}, current="panel:tokens")
    try:
        revoke_token(token=found, actor=actor_of(request))
    except NotFound as error:
        messages.warning(request, error.message)
    else:
        words = _("The token ending in %(hint)s was revoked. Its client gets 401 at the next call.")
        messages.success(request, words % {"hint": found.hint})
    return redirect(of_application(request, "panel:tokens"))


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def revoke_all(request: PanelRequest) -> HttpResponse:
    """Revoke every token of the application; GET asks."""
    impact = impact_of(request.application)
    if request.method != "POST":
        return confirmation_page(request, "revoke_all", {"impact": impact}, current="panel:tokens")
    revoke_all_tokens(application=request.application, actor=actor_of(request))
    if impact.tokens:
        words = ngettext(
            "The only token of %(name)s was revoked.",
            "All %(figure)s tokens of %(name)s were revoked.",
            impact.tokens,
        )
    else:
        words = _("%(name)s had no live token. Tokens that were being issued are dead too.")
    messages.success(request, words % {"figure": impact.count, "name": isolated(str(request.application))})
    return redirect(of_application(request, "panel:tokens"))
