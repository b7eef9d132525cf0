"""Headers of a delivery. A stand-in: signatures come with the signing secrets that replace it."""

from datetime import datetime


def signed_headers(*, application_id: int, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that name a delivery and its time."""
    return {"webhook-id": webhook_id, "webhook-timestamp": str(int(at.timestamp()))}
