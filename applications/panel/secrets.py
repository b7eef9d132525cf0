"""The secrets of an application that work now."""

from applications.models import Application, ApplicationSecret


def working_secrets(application: Application) -> dict[str, ApplicationSecret | None]:
    """Return `secret`, the current one, and `old`, the one it replaced while that still works."""
    secret, *old = application.secrets.working()
    return {"secret": secret, "old": old[0] if old else None}
