"""The operator's site: signing in goes by the panel's door, with its second factor and its throttle."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class OperatorSite(AdminSite):
    """Only what is registered here, none of what libraries bring along."""

    site_title = _("Latchkey operator")
    site_header = _("Latchkey operator")
    index_title = _("Everything on this server")
    site_url = "/panel/"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send who is not signed in to the panel's sign-in, and refuse who is not staff."""
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

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


site = OperatorSite()
