"""What people see of requests that Django refuses itself, and of those that failed."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults

RETRY = "5"  # seconds


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that something was too long, where it was that; else that the request was not understood."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 where the database did not answer, wherever that was met (sessions, for one); else 500.

    Drawn without the request: what the context processors add to a page may ask the database again.
    """
    if isinstance(sys.exc_info()[1], InterfaceError | OperationalError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": RETRY})
    return defaults.server_error(request)
