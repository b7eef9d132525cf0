"""Compressing pages that carry no secret (docs/decisions/0013)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

SIGN_IN = "account_login"


class CompressedPages(GZipMiddleware):
    """Compresses what a GET of the panel or of the sign-in page answers, and nothing else."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response, compressed where nothing in it is worth guessing at its length (BREACH)."""
        return super().process_response(request, response) if _is_open(request) else response


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    if request.method != "GET" or match is None:
        return False
    return match.namespace == "panel" or match.view_name == SIGN_IN
