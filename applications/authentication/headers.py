"""The headers in which credentials come; an empty value counts as absent (product.md, security.md 9)."""

from django.http import HttpRequest

BLANK = " \t"


def authorization(request: HttpRequest) -> str:
    """Return the Authorization header, empty when there is none."""
    return _value(request, "HTTP_AUTHORIZATION")


def api_key(request: HttpRequest) -> str:
    """Return the X-API-KEY header, empty when there is none."""
    return _value(request, "HTTP_X_API_KEY")


def _value(request: HttpRequest, name: str) -> str:
    value: str = request.META.get(name, "")
    return value.strip(BLANK)
