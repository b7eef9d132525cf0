"""GET /.well-known/oauth-authorization-server: what a client can find out by itself (RFC 8414)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from applications.descriptions.parts import json_of, schema
from applications.descriptions.registry import add_schemas, describe
from applications.descriptions.schemas import whole
from applications.models import Scope
from applications.oauth.descriptions import refusals, response
from applications.oauth.errors import OAuthError, answer
from applications.waits.remembered import Remembered

WAYS = ["client_secret_basic", "client_secret_post"]


def metadata(request: HttpRequest) -> HttpResponse:
    """Answer the metadata of section 2; every address begins with the configured issuer."""
    if request.method not in ("GET", "HEAD"):
        raise OAuthError("invalid_request", "Use GET.", 405, {"Allow": "GET, HEAD"})
    names = scope_names.get()
    return answer(
        {
            "issuer": settings.ISSUER,
            "token_endpoint": _address("oauth:token"),
            "token_endpoint_auth_methods_supported": WAYS,
            "introspection_endpoint": _address("oauth:introspect"),
            "introspection_endpoint_auth_methods_supported": WAYS,
            "revocation_endpoint": _address("oauth:revoke"),
            "revocation_endpoint_auth_methods_supported": WAYS,
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],  # required, and there is no authorization endpoint
            **({"scopes_supported": names} if names is not None else {}),
        }
    )


def _read_names() -> list[str]:
    return list(Scope.objects.available().values_list("name", flat=True))


# Clients read this when they start, also while the database is away. It makes nobody's token good, so it may be a few
# seconds old; and it is only recommended there (RFC 8414 section 2), so it is left out where it was never known.
scope_names = Remembered(_read_names, seconds=5)


def _address(name: str) -> str:
    return f"{settings.ISSUER}{reverse(name)}"


add_schemas(
    Metadata=whole(
        {
            "issuer": {"type": "string", "format": "uri"},
            **{
                name: {"type": "string", "format": "uri"}
                for name in ("token_endpoint", "introspection_endpoint", "revocation_endpoint")
            },
            **{
                f"{name}_endpoint_auth_methods_supported": {"type": "array", "items": {"type": "string"}}
                for name in ("token", "introspection", "revocation")
            },
            "grant_types_supported": {"type": "array", "items": {"type": "string"}},
            "response_types_supported": {"type": "array", "items": {"type": "string"}},
            "scopes_supported": {"type": "array", "items": {"type": "string"}},
        }
    )
)
describe(
    metadata,
    get={
        "operationId": "getMetadata",
        "tags": ["OAuth"],
        "summary": _("Where everything is"),
        "description": _("What a client can find out by itself (RFC 8414)."),
        "security": [],
        "responses": {
            "200": response(_("The endpoints."), json_of(schema("Metadata"))),
            **{status: refusals()[status] for status in ("405", "500", "503")},
        },
    },
)
