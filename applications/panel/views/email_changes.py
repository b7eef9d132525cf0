"""Changing one's own email: asked for when signed in, confirmed by the links of two mails, with any browser."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.authentication.confirmation import confirmed
from applications.errors import Conflict, DomainError, InvalidParam, LimitReached, NotFound
from applications.forms.people import NewEmailForm
from applications.models import EmailChange
from applications.models.email_changes import EmailChangeState
from applications.operations.email_changes import (
    ask_for_email_change,
    confirm_email_change,
    found_by_link,
    refuse_email_change,
    withdraw_email_change,
)
from applications.panel.people import PersonRequest, acting, person
from applications.rules.credentials import digest, is_credential

REFUSED, GONE, NOT_FOUND = 422, 410, 404


@require_http_methods(["GET", "HEAD", "POST"])
@person
@confirmed(_lazy("Change your email"))
def email(request: PersonRequest) -> HttpResponse:
    """Show the change that waits and the form; when it is sent, mail both addresses."""
    if request.method != "POST":
        return _page(request, NewEmailForm())
    form = NewEmailForm(request.POST)
    if not form.is_valid():
        return _page(request, form, REFUSED)
    try:
        change = ask_for_email_change(
            person=request.user, actor=acting(request, request.user.email), **form.cleaned_data
        )
    except (InvalidParam, LimitReached) as error:
        form.add_error("email", error.message)
        return _page(request, form, REFUSED)
    words = _("Mails went to %(old)s and %(new)s. Your email changes once the links of both were confirmed.")
    messages.success(request, words % {"old": change.old_email, "new": change.new_email})
    return redirect("panel:own_email")


@require_POST
@person
def withdraw(request: PersonRequest) -> HttpResponse:
    """End the change that waits."""
    try:
        withdraw_email_change(person=request.user, actor=acting(request, request.user.email))
    except NotFound as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("The change was withdrawn. Your email stays as it is."))
    return redirect("panel:own_email")


def _page(request: PersonRequest, form: NewEmailForm, status: int = 200) -> HttpResponse:
    waiting = EmailChange.objects.open().filter(user=request.user).first()
    return render(request, "panel/you/email.html", {"form": form, "change": waiting}, status=status)


@require_safe
def link(request: HttpRequest, value: str) -> HttpResponse:
    """Show what the link of a mail does; a look changes nothing."""
    return _show(request, value)


@require_POST
def confirm(request: HttpRequest, value: str) -> HttpResponse:
    """Confirm from the address that the link went to. The link is the proof: nobody needs to be signed in."""
    if (found := _found(value)) is None:
        return _show(request, value)
    try:
        confirm_email_change(value=value, actor=acting(request, found.user.email))
    except Conflict:  # a double click: it has confirmed
        return redirect("panel:email_change", value)
    except DomainError:  # it ended since the look at it: the page says how
        return _show(request, value)
    return redirect("panel:email_change", value)


@require_POST
def refuse(request: HttpRequest, value: str) -> HttpResponse:
    """End the change from either address."""
    if (found := _found(value)) is None:
        return _show(request, value)
    try:
        refuse_email_change(value=value, actor=acting(request, found.user.email))
    except DomainError:
        return _show(request, value)
    return redirect("panel:email_change", value)


def _found(value: str) -> EmailChange | None:
    return found_by_link(value) if is_credential(value) else None


def _show(request: HttpRequest, value: str) -> HttpResponse:
    found = _found(value)
    if found is None:
        return render(request, "panel/email_change/unknown.html", status=NOT_FOUND)
    link_digest = digest(value)
    context = {
        "change": found,
        "value": value,
        "is_old": found.is_for_old(link_digest),
        "has_confirmed": found.is_confirmed_by(link_digest),
    }
    if found.state in (EmailChangeState.WITHDRAWN, EmailChangeState.EXPIRED):
        return render(request, "panel/email_change/ended.html", context, status=GONE)
    name = "confirmed" if context["has_confirmed"] else "confirm"
    return render(request, f"panel/email_change/{name}.html", context)
