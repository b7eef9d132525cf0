"""GET /.well-known/security.txt: where weaknesses are to be reported (RFC 9116)."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applications.descriptions.registry import describe
from applications.oauth.descriptions import refusals, refused, response
from applications.oauth.errors import OAuthError

PLAIN = "text/plain; charset=utf-8"  # section 3
# The settings are read at each start, so they hold while the server answers. Section 2.5.5 asks for less than a year.
GOOD_FOR = timedelta(days=90)


def security_contacts(request: HttpRequest) -> HttpResponse:
    """Answer the contacts of `SECURITY_CONTACTS`, the preferred one first; 404 where the operator names none."""
    if request.method not in ("GET", "HEAD"):
        raise OAuthError("invalid_request", "Use GET.", 405, {"Allow": "GET, HEAD"})
    if not settings.SECURITY_CONTACTS:
        raise OAuthError("not_found", "This server names no address for reports of weaknesses.")
    end = (timezone.now() + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACTS),
        f"Expires: {end:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {settings.ISSUER}{reverse('oauth:security_contacts')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", PLAIN)


describe(
    security_contacts,
    get={
        "operationId": "getSecurityContacts",
        "tags": ["OAuth"],
        "summary": _("Where to report weaknesses"),
        "description": _("Addresses for reports of weaknesses of this server (RFC 9116)."),
        "security": [],
        "responses": {
            "200": response(_("The addresses."), {"text/plain": {"schema": {"type": "string"}}}),
            "404": refused(_("The operator has named none."), "not_found"),
            **{status: refusals()[status] for status in ("405", "500", "503")},
        },
    },
)
