"""What the Webhooks tab shows of signing secrets and of what stays in the log."""

from typing import Any

from applications.models import Application, WebhookOptions


def signing_of(application: Application) -> dict[str, Any]:
    """Return the secrets that sign now, the current one first, and the options."""
    signing = list(application.webhook_secrets.signing())
    current = next((secret for secret in signing if secret.expires_at is None), None)
    return {
        "secret": current,
        "older_secrets": [secret for secret in signing if secret.expires_at],
        "current": current.pk if current else 0,
        "needs_secret": application.signs_webhooks and current is None,
        "options": WebhookOptions.of(application),
    }
