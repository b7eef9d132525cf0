"""What the operator may do to a row: a page that asks, then an operation. Nothing is edited as a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin, TabularInline
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise

from applications.admin.lists import ListedFilters, check_parameters
from applications.authentication import confirmation
from applications.authentication.address import client_address
from applications.errors import DomainError
from applications.models.audit import ActorKind
from applications.operations.actors import Actor

if TYPE_CHECKING:  # which take parameters in the stubs alone
    AnyAdmin = ModelAdmin[Any]
    AnyInline = TabularInline[Any, Any]
else:
    AnyAdmin = ModelAdmin
    AnyInline = TabularInline


@dataclass(frozen=True)
class Act:
    """`question` says what will stop; `perform` takes request and row, and may return a page to show.

    Where something must be chosen, `form` has it, and `perform` takes its `cleaned_data` as keywords too.
    """

    label: Promise | str
    question: Promise | str
    perform: Callable[..., HttpResponse | None]
    is_offered: Callable[[Any], bool] = lambda row: True
    form: type[Form] = Form


def ask_unless_recent(request: HttpRequest, label: Promise | str, row: object = "") -> None:
    """Ask for the password or second factor before an act, unless it was given of late (security.md 15)."""
    if not confirmation.is_recent(request):
        words = f"{label}: {{name}}" if row else label
        confirmation.ask_to_confirm(request, confirmation.Act(words, str(row)))


def actor_of(request: HttpRequest) -> Actor:
    """Return the member of the operator's staff who makes the change, for its audit row."""
    request_id = request.request_id  # type: ignore[attr-defined]  # config/request_ids.py
    return Actor(ActorKind.COMMAND, request.user.get_username(), str(client_address(request)), request_id)


class RowAdmin(AnyAdmin):
    """Rows to look at, with acts. A subclass names its fields, so that no digest is shown by accident."""

    acts: dict[str, Act] = {}
    actions = None
    change_form_template = "admin/row.html"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def may_act(self, request: HttpRequest) -> bool:
        """Whether this member of staff may change such rows at all."""
        return super().has_change_permission(request)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        act = path("<int:pk>/do/<slug:verb>/", self.admin_site.admin_view(self.act_view), name=name)
        return [act, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ListedFilters]:
        return ListedFilters

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        check_parameters(request)
        return super().changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        offered = self.acts.items() if row is not None and self.may_act(request) else []
        acts = [(verb, act.label) for verb, act in offered if row is not None and act.is_offered(row)]
        return super().change_view(request, object_id, form_url, {"acts": acts, **(extra_context or {})})

    def act_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Ask (GET), then do it (POST)."""
        if not self.may_act(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if (act := self.acts.get(verb)) is None or not act.is_offered(row):
            raise Http404
        ask_unless_recent(request, act.label, row)
        form = act.form(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self._do(request, row, act, form)
        return self.page(request, "admin/act.html", row=row, act=act, title=act.label, form=form)

    def _do(self, request: HttpRequest, row: models.Model, act: Act, form: Form) -> HttpResponse:
        try:
            page = act.perform(request, row, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, str(error.message))
            page = None
        return page or redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """Return a page of the admin."""
        about = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, about)
