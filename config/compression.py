"""Compressing pages that carry no secret (docs/decisions/0017)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

SIGN_IN = "account_login"
# They show callback addresses, which may hold a password of the receiver.
WITH_CALLBACKS = {
    *("panel:webhooks", "panel:webhook_url", "panel:webhook_url_remove", "panel:delivery"),
    *("panel:webhook_signing", "panel:webhooks_redeliver"),
}


class CompressedPages(GZipMiddleware):
    """Compresses pages of the panel and the sign-in page; `_is_open` has the exceptions."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response, compressed where nothing in it is worth guessing at its length (BREACH)."""
        return super().process_response(request, response) if _is_open(request) else response


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    if request.method != "GET" or match is None:
        return False
    of_panel = match.namespace == "panel" and match.view_name not in WITH_CALLBACKS
    return of_panel or match.view_name == SIGN_IN
