"""Taking away scopes that an application has not used for long."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applications.errors import Conflict
from applications.forms.unused_scopes import RemoveScopesForm
from applications.models.applications import Lifetime
from applications.operations.applications import update_application
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.impact import impact_of
from applications.panel.questions import confirmation_page, of_application
from applications.panel.right_size import UsedScopes, used_scopes
from applications.rules.names import Name

CURRENT = "panel:settings"
REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def unused_scopes(request: PanelRequest) -> HttpResponse:
    """Take away the chosen ones; GET asks, as long as there is something to take away."""
    context = used_scopes(request.application)
    if not context["unused_scopes"] or context["all_unused"]:
        messages.warning(request, _("No scope is known to be unused any more. Nothing was changed."))
        return redirect(of_application(request, CURRENT))
    if request.method != "POST":
        return _ask(request, context)
    form = RemoveScopesForm(list(context["unused_by_name"]), request.POST, auto_id="remove-%s")
    if form.is_valid():
        return _remove(request, form)
    context["remove_form"] = form
    return _ask(request, context, status=REFUSED)


def _ask(request: PanelRequest, context: UsedScopes, status: int = 200) -> HttpResponse:
    form = context["remove_form"]
    around = {
        **context,
        "impact": impact_of(request.application),
        **({"form": form} if form.is_bound else {}),
    }
    return confirmation_page(request, "remove_scopes", around, current=CURRENT, status=status)


def _remove(request: PanelRequest, form: RemoveScopesForm) -> HttpResponse:
    application, chosen = request.application, form.cleaned_data["scopes"]
    try:
        update_application(
            application=application,
            name=Name(application.name),
            lifetime=Lifetime(application.lifetime),
            scopes=application.scopes.exclude(name__in=chosen),
            revision=form.cleaned_data["revision"],
            actor=actor_of(request),
        )
    except Conflict:
        words = _("Somebody else changed this application in the meantime. Nothing was changed just now.")
        messages.warning(request, words)
    else:
        words = _("%(scopes)s: taken away from %(name)s, and from every token it has.")
        messages.success(request, words % {"scopes": ", ".join(chosen), "name": application})
    return redirect(of_application(request, CURRENT))
