"""The operator's site: for staff who have signed in with a second factor, in the panel's own sign-in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _

from applications.authentication.confirmation import Act, remember_act
from applications.models import User
from applications.operations.second_factors import has_second_factor

# Pages of Django's admin that this site has no use for, each with parameters of its own to be guarded.
UNUSED = frozenset({"autocomplete", "password_change_done", "view_on_site"})


def has_proved_it(request: HttpRequest) -> bool:
    """Whether it was used in this session: one that began before it was set up has not."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


class OperatorSite(AdminSite):
    """Only what is registered here, none of what libraries bring along."""

    site_title = _("Latchkey operator")
    site_header = _("Latchkey operator")
    index_title = _("Everything on this server")
    site_url = "/panel/"
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's addresses that are in use here."""
        return [pattern for pattern in super().get_urls() if getattr(pattern, "name", None) not in UNUSED]

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and _has_second_factor(request) and has_proved_it(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Answer 400, not 500, to a filter whose value no column can hold (`?id__in=` and 25 digits)."""
        checked: Callable[..., HttpResponse] = super().admin_view(view, cacheable)

        @wraps(checked)
        def refusing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return checked(request, *args, **kwargs)
            except (OverflowError, DataError):
                raise BadRequest("A value in the address fits no column.") from None

        return refusing

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people on to what is missing: the panel's sign-in, their second factor, or its set-up."""
        wanted = _wanted(request)
        if not request.user.is_authenticated:
            return _go("account_login", wanted)
        if not super().has_permission(request):
            raise PermissionDenied
        if not _has_second_factor(request):
            messages.warning(request, _("The operator's site asks for a second factor. Set one up first."))
            return _go("mfa_activate_totp", wanted)
        if has_proved_it(request):
            return redirect(wanted)
        remember_act(request, wanted, Act(_("Open the operator's site")))
        return _go(_confirmation(request), wanted)

    def logout(  # type: ignore[override]  # which shows no page of its own
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the panel's sign-out."""
        return redirect("account_logout")

    def password_change(  # type: ignore[override]  # as above
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the panel's page, the only one for a new password."""
        return redirect("account_change_password")


def _has_second_factor(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and has_second_factor(request.user)


def _confirmation(request: HttpRequest) -> str:
    has_app = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if has_app else "mfa_reauthenticate_webauthn"


def _go(name: str, wanted: str) -> HttpResponse:
    return redirect(f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")


def _wanted(request: HttpRequest) -> str:
    """Return the page of this site that was asked for."""
    index, address = reverse("admin:index"), request.GET.get(REDIRECT_FIELD_NAME, "")
    allowed = url_has_allowed_host_and_scheme(address, allowed_hosts=None) and address.startswith(index)
    return index if not allowed or address.startswith(reverse("admin:login")) else address


site = OperatorSite()
