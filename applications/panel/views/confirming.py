"""Proving once more who one is: the sign-in library's pages, which here name the act that waits for it."""

from typing import Any

from allauth.account.views import BaseReauthenticateView, ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from applications.authentication.confirmation import act_to_confirm


class _NamesTheAct(BaseReauthenticateView):  # type: ignore[misc]  # the library has no types
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        act = act_to_confirm(self.request, self.get_next_url())
        return {**super().get_context_data(**kwargs), "act": act}


class _ByPassword(_NamesTheAct, ReauthenticateView):  # type: ignore[misc]
    pass


class _ByCode(_NamesTheAct, CodeView):  # type: ignore[misc]
    pass


class _ByPasskey(_NamesTheAct, ReauthenticateWebAuthnView):  # type: ignore[misc]
    def form_invalid(self, form: Any) -> HttpResponse:
        """Lead to this page again; the library would lead to the sign-in page, and away from the act."""
        for problem in form.errors.get("credential", []):
            messages.error(self.request, problem)
        return redirect(self.passthrough_next_url(self.request.path))


by_password = _ByPassword.as_view()
by_code = _ByCode.as_view()
by_passkey = _ByPasskey.as_view()
