"""Telling the owners and admins of an account that one of its URLs is called no more."""

from urllib.parse import urlsplit

from applications.models import Webhook
from applications.models.memberships import CHANGERS
from applications.models.webhooks import OffReason
from applications.operations.mails import send_on_commit


def tell_switched_off(webhook: Webhook) -> None:
    """Mail it to each owner and admin who can sign in, once the transaction is stored."""
    application = webhook.application
    context = {
        "application": application,
        "account": application.account,
        "events": ", ".join(webhook.events),
        "url": _without_secrets(webhook.url),
        "is_gone": webhook.off_reason == OffReason.GONE,
    }
    members = application.account.memberships.filter(role__in=CHANGERS, user__is_active=True)
    for email in members.order_by("pk").values_list("user__email", flat=True):
        send_on_commit("webhook_off", email, {**context, "email": email})


def _without_secrets(url: str) -> str:
    """Return a URL without its query, which may hold a secret of the receiver."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
