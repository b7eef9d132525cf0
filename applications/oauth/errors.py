"""Errors in the form of RFC 6749 section 5.2: the one table from error to status of this edge."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse

from applications.rules.json_bytes import json_bytes

STATUS = {
    "invalid_client": 401,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "request_too_large": 413,
    "unsupported_media_type": 415,
    "temporarily_unavailable": 503,
    "server_error": 500,
    "not_found": 404,
}
NOT_KEPT = {"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"}


type Good = tuple[dict[str, str], bytes]  # headers and body of an answer whose status is 200


class OAuthError(Exception):
    """`error` is the code of the RFC; `description` is for the developer of the client, in ASCII.

    `headers` go with the answer, beside those that its status always has.
    """

    def __init__(
        self, error: str, description: str, status: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.error, self.description = error, description
        self.status = status or STATUS.get(error, 400)
        self.headers = headers or {}


def answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return JSON that no cache keeps (RFC 6749 section 5.1)."""
    return HttpResponse(json_bytes(body), headers=NOT_KEPT, status=status)


def refuse(error: OAuthError) -> HttpResponse:
    """Return the answer to a request that failed; a 401 carries the challenge of RFC 6749 section 5.2."""
    response = answer({"error": error.error, "error_description": error.description}, error.status)
    for name, value in {**_of_status(error.status), **error.headers}.items():
        response.headers[name] = value
    return response


def _of_status(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": f'Basic realm="{settings.REALM}", charset="UTF-8"'}
    if status == 405:
        return {"Allow": "POST"}
    return {"Retry-After": "5"} if status == 503 else {}
