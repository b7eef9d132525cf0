"""What `manage.py check` says about the settings of webhooks."""

from typing import Any

from django.conf import settings
from django.core import checks

from applications.delivery.names import nameserver


@checks.register(checks.Tags.security, deploy=True)
def insecure_callbacks(**_options: Any) -> list[checks.CheckMessage]:
    """Warn of a server that sends webhooks to machines of its own network, over http too."""
    if not settings.CALLBACK_INSECURE:
        return []
    message = "CALLBACK_INSECURE is on: whoever can set a callback URL reaches every machine that this server reaches."
    return [checks.Warning(message, hint="Take CALLBACK_INSECURE and DEBUG away.", id="latchkey.W001")]


@checks.register()
def nameservers(**_options: Any) -> list[checks.CheckMessage]:
    """Find an entry of CALLBACK_NAMESERVERS that is no address of a name server."""
    return [
        checks.Error(
            f"CALLBACK_NAMESERVERS: {text!r} is no address.",
            hint="Such as 192.0.2.53:53.",
            id="latchkey.E001",
        )
        for text in settings.CALLBACK_NAMESERVERS
        if not _is_nameserver(text)
    ]


def _is_nameserver(text: str) -> bool:
    try:
        nameserver(text)
    except ValueError:
        return False
    return True
