"""What belongs to the person who is signed in: Sign-in security, their name and their sessions."""

from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from applications.forms.people import OwnNameForm
from applications.models import EmailChange
from applications.operations.people import rename_person
from applications.operations.sessions import end_sessions
from applications.panel.people import PersonRequest, acting, person
from applications.panel.sessions import sessions_of

CURRENT = "mfa_index"
REFUSED = 422


class SecurityView(IndexView):  # type: ignore[misc]  # the library has no types
    """Second factors, as the library's page has them, and beside them name, email and sessions."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request
        return {
            **super().get_context_data(**kwargs),
            "sessions": sessions_of(request.user, request.session.session_key),
            "email_change": EmailChange.objects.open().filter(user=request.user).first(),
        }


security = SecurityView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
@person
def name(request: PersonRequest) -> HttpResponse:
    """Show one's own name in a form, or change it."""
    if request.method != "POST":
        return render(
            request, "panel/you/name.html", {"form": OwnNameForm(initial={"name": request.user.name})}
        )
    form = OwnNameForm(request.POST)
    if not form.is_valid():
        return render(request, "panel/you/name.html", {"form": form}, status=REFUSED)
    changed = rename_person(
        person=request.user, actor=acting(request, request.user.email), **form.cleaned_data
    )
    words = _("You are called %(name)s now.") % form.cleaned_data if changed else _("Nothing was changed.")
    messages.success(request, words)
    return redirect(CURRENT)


@require_POST
@person
def end_session(request: PersonRequest, session: int) -> HttpResponse:
    """End one of one's other sessions, before its next request."""
    found = get_object_or_404(_others(request), pk=session)
    _end(request, [found])
    return redirect(CURRENT)


@require_POST
@person
def end_other_sessions(request: PersonRequest) -> HttpResponse:
    """End all of one's sessions but this one."""
    _end(request, list(_others(request)))
    return redirect(CURRENT)


def _others(request: PersonRequest) -> Any:
    mine = UserSession.objects.filter(user=request.user)
    return mine.exclude(session_key=request.session.session_key or "")


def _end(request: PersonRequest, sessions: list[UserSession]) -> None:
    actor = acting(request, request.user.email)
    number = end_sessions(person=request.user, sessions=sessions, actor=actor)
    words = ngettext("%(number)d session was ended.", "%(number)d sessions were ended.", number)
    messages.success(request, words % {"number": number} if number else _("No other session was there."))
