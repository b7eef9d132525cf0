"""The headers that every answer outside the pages has."""

import time

from django.http import HttpRequest, HttpResponse

from applications.authentication.transport import security_header

# On every answer, unless the view has set the header itself (Cache-Control, where caches may keep the answer).
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def with_headers(request: HttpRequest, response: HttpResponse, started: float) -> HttpResponse:
    """Add the headers that every answer has; what the view has set stays."""
    for name, value in headers_of_each(request, len(response.content), started).items():
        response.headers.setdefault(name, value)
    if response.status_code == 204:  # which has no length, not even 0 (RFC 9110 section 8.6)
        del response.headers["Content-Length"]
    return response


def headers_of_each(request: HttpRequest, length: int, started: float) -> dict[str, str]:
    """Return the headers that every answer has unless its view has set them."""
    headers = {
        **HEADERS,
        "Content-Length": str(length),
        "X-Request-Id": request.request_id,  # type: ignore[attr-defined]
        "X-Response-Time": f"{(time.perf_counter() - started) * 1000:.1f}ms",
    }
    if hsts := security_header(request):
        headers["Strict-Transport-Security"] = hsts
    return headers
