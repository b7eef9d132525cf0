"""GET /account: which account and application a credential belongs to."""

from django.http import HttpRequest, HttpResponse

from applications.api.callers import needs
from applications.api.errors import ApiError, answer
from applications.authentication.callers import Caller


@needs("account")
def account(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer who the caller is: account, application, scopes now, and when the token expires (UTC)."""
    if request.method not in ("GET", "HEAD"):
        raise ApiError("method_not_allowed", "Use GET.", {"Allow": "GET, HEAD"})
    return answer(
        {
            "account": {
                "id": caller.account_pk,
                "name": caller.account_name,
                "timezone": caller.account_timezone,
            },
            "application": _application(caller),
            "scopes": " ".join(caller.scopes),
            "expiresAt": caller.expires_at and f"{caller.expires_at:%Y-%m-%d %H:%M:%S}",
        }
    )


def _application(caller: Caller) -> dict[str, str] | None:
    """The application of a token; an API key belongs to the account alone."""
    if caller.application_pk is None:
        return None
    return {"applicationId": caller.application_id, "applicationName": caller.application_name}
