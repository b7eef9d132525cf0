"""What the API says of things, in the platform's words: the one place where its JSON is laid out."""

from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from applications.models import AllowedIP, Application, ApplicationSecret, MessageSettings
from applications.models.applications import ApplicationQuerySet
from applications.rules.networks import shown

LENGTH = 40  # characters of a secret
COLUMNS = ("pk", "application_id", "name", "scope", "lifetime", "created_at")


def listed(applications: ApplicationQuerySet) -> list[dict[str, Any]]:
    """Applications as the list has them, in one question for all."""
    current = ApplicationSecret.objects.filter(application=OuterRef("pk"), expires_at=None)
    return [
        {
            "id": row["pk"],
            "applicationId": row["application_id"],
            "applicationSecret": row["hint"].rjust(LENGTH, "*"),
            "applicationName": row["name"],
            "scopes": row["scope"],
            "tokenExpiration": row["lifetime"],
            "createdAt": time(row["created_at"]),
        }
        for row in applications.annotate(hint=Subquery(current.values("hint"))).values(*COLUMNS, "hint")
    ]


def described(application: Application) -> dict[str, Any]:
    """One application with its settings, exactly as the published clients read it."""
    return {
        "applicationId": application.application_id,
        "name": application.name,
        "scopes": application.scope,
        "tokenExpiration": application.lifetime,
        "settings": settings_of(application),
    }


def written(application: Application) -> dict[str, Any]:
    """An application as it is after a change: the same, and what only those who write need to know."""
    return {
        **described(application),
        "enabled": application.is_enabled,
        "createdAt": time(application.created_at),
    }


def settings_of(application: Application) -> dict[str, Any]:
    """How the application's messages are treated, channel by channel."""
    return MessageSettings.of(application).documented()


def line(allowed: AllowedIP) -> dict[str, Any]:
    """A line of a list of allowed IPs; a single address stands without its prefix."""
    return {
        "network": shown(allowed.network),
        "note": allowed.note,
        "createdAt": time(allowed.created_at),
    }


def time(moment: datetime) -> str:
    """Return a time in UTC, as the whole API writes times: 2026-01-31 23:59:59."""
    return moment.replace(tzinfo=None).isoformat(" ", "seconds")
