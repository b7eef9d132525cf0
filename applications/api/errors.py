"""Errors in the form of the platform's published clients: the one table from code to status of this edge."""

from typing import Any

from django.http import HttpResponse

from applications.errors import AccessDenied, Conflict, DomainError, InvalidParam, LimitReached, NotFound
from applications.rules.json_bytes import json_bytes

# type: (HTTP status, the platform's number)
TYPES = {
    "invalid_param": (400, 1400),
    "invalid_credentials": (401, 1401),
    "access_denied": (403, 1403),
    "insufficient_scope": (403, 1404),
    "not_found": (404, 1500),
    "method_not_allowed": (405, 1405),
    "request_timeout": (408, 1408),
    "conflict": (409, 1409),
    "request_too_large": (413, 1413),
    "unsupported_media_type": (415, 1415),
    "rate_limit_exceeded": (429, 1429),
    "server_error": (500, 1000),
    "temporarily_unavailable": (503, 1503),
}


# What a domain error is here; another one would be a mistake of ours, and is answered as such.
KINDS: dict[type[DomainError], str] = {
    InvalidParam: "invalid_param",
    AccessDenied: "access_denied",
    NotFound: "not_found",
    Conflict: "conflict",
    LimitReached: "conflict",
}
# Fields of forms, and parameters of operations, that have another name in JSON.
NAMES = {"lifetime": "tokenExpiration", "revoke": "revokeTokens", "end_older": "endOlder"}


NOT_KEPT = {"Content-Type": "application/json", "Cache-Control": "no-store"}
type Good = tuple[dict[str, str], bytes]  # headers and body of an answer whose status is 200


class ApiError(Exception):
    """`kind` is the error's `type`; `headers` go with the answer."""

    def __init__(self, kind: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.headers = kind, message, headers or {}


def of_domain(error: DomainError) -> ApiError:
    """Return what an operation refused, as this edge says it."""
    if isinstance(error, InvalidParam):
        return invalid(NAMES.get(error.param, error.param), error.message)
    return ApiError(KINDS[type(error)], error.message)


def invalid(name: str, message: str) -> ApiError:
    """Return the error of a value that cannot be used; `name` is that of the API."""
    return ApiError("invalid_param", f"{name}: {message}")


def no_content() -> HttpResponse:
    """Return the answer to what was done and leaves nothing to say."""
    response = HttpResponse(status=204)
    del response.headers["Content-Type"]
    response.headers["Cache-Control"] = "no-store"
    return response


def accepted() -> HttpResponse:
    """Return the answer that says nothing but that the request was taken."""
    response = HttpResponse(status=202)
    del response.headers["Content-Type"]
    response.headers["Cache-Control"] = "no-store"
    return response


def answer(body: Any, status: int = 200) -> HttpResponse:
    """Return JSON that no cache keeps."""
    return HttpResponse(json_bytes(body), headers=NOT_KEPT, status=status)


def refuse(error: ApiError, path: str) -> HttpResponse:
    """Return the answer to a request that failed."""
    status, code = TYPES[error.kind]
    body = {"error": {"type": error.kind, "message": error.message, "code": code, "uri": path}}
    response = answer(body, status)
    for name, value in error.headers.items():
        response.headers[name] = value
    return response
