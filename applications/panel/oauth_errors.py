"""What the API reference says of each error under /oauth/, and what a client does about it (RFC 6749 section 5.2)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Statuses, `error`, what it means and what to do.
OAUTH_ERRORS: list[tuple[str, str, Promise]] = [
    (
        "400, 405, 408, 413, 415",
        "invalid_request",
        _(
            "The request is malformed; error_description says what is wrong. Change the request: sent again"
            " as it is, it is refused again."
        ),
    ),
    (
        "400",
        "unsupported_grant_type",
        _("Send grant_type=client_credentials. It is the only grant that this server has."),
    ),
    (
        "400",
        "invalid_scope",
        _(
            "A scope that was asked for does not exist, or the application does not hold it. Separate names by a"
            " space. Leave scope out for all that the application holds, or add the scope on its Settings tab."
        ),
    ),
    (
        "401",
        "invalid_client",
        _(
            "The ID or the secret is wrong, the application is switched off or deleted, or the address is not"
            " allowed. The answer is the same for all of them; the Overview tab lists refusals by reason. Do not"
            " try again with the same secret: check it, the switch and the allowed IPs first."
        ),
    ),
    (
        "429",
        "invalid_client",
        _(
            "Too many tries with a wrong secret. Wait as many seconds as Retry-After says, and check the secret."
        ),
    ),
    (
        "401",
        "invalid_token",
        _(
            "The access token or API key is unknown, expired or revoked. Ask for a new token once and repeat the"
            " call; if that is refused too, stop."
        ),
    ),
    (
        "403",
        "insufficient_scope",
        _(
            "The token is good, but not for this scope. Add the scope to the application, then ask for a new"
            " token: a token never gets a scope that was added after it."
        ),
    ),
    (
        "403",
        "access_denied",
        _("Calls from this address are not allowed. Add the address to the allowed IPs."),
    ),
    (
        "503",
        "temporarily_unavailable",
        _("The store does not answer. Wait as many seconds as Retry-After says and send the same again."),
    ),
    (
        "500",
        "server_error",
        _(
            "A mistake of the server. Try again after a few seconds, each time later than before; the"
            " X-Request-Id of the answer finds it in the server's log."
        ),
    ),
]
