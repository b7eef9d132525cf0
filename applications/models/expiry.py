"""What has not ended: tokens, API keys and secrets alike. In SQL it is told by statements/conditions.py."""

from datetime import datetime

from django.db.models import Q
from django.utils.timezone import now


def unexpired(moment: datetime | None = None) -> Q:
    """Return the condition on rows that have no end, or one after the moment (now, if there is none)."""
    return Q(expires_at=None) | Q(expires_at__gt=moment or now())
