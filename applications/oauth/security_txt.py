"""GET /.well-known/security.txt: whom to tell about a weakness (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from applications.oauth.errors import OAuthError

GOOD_FOR = timedelta(days=180)  # section 2.5.5 recommends less than a year


def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer the contact of the settings; 404 where none is set."""
    if request.method not in ("GET", "HEAD"):
        raise OAuthError("invalid_request", "Use GET.", 405, {"Allow": "GET, HEAD"})
    if not settings.SECURITY_CONTACT:
        raise OAuthError("invalid_request", "There is nothing here.", 404)
    return HttpResponse(_text(now()), content_type="text/plain; charset=utf-8")


def _text(moment: datetime) -> str:
    expires = (moment.astimezone(UTC) + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    fields = {
        "Contact": settings.SECURITY_CONTACT,
        "Expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages": "en",
        "Canonical": f"{settings.PUBLIC_URL}/.well-known/security.txt",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())
