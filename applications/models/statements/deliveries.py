"""What workers ask and store many times a second, as one statement each, the same text on PostgreSQL and SQLite."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import connection

from applications.models.deliveries import Delivery
from applications.models.webhooks import Webhook

# One row a webhook that has something waiting, found by jumping from one to the next in the index `delivery_due`: the
# cost is that of the webhooks, however many deliveries wait for each.
EARLIEST: Final = """
WITH RECURSIVE earliest (webhook_id, at) AS (
    SELECT * FROM (
        SELECT webhook_id, next_attempt_at FROM applications_delivery WHERE state = 'waiting'
        ORDER BY webhook_id, next_attempt_at LIMIT 1
    ) AS first
    UNION ALL
    SELECT
        (SELECT webhook_id FROM applications_delivery WHERE state = 'waiting' AND webhook_id > earliest.webhook_id
         ORDER BY webhook_id, next_attempt_at LIMIT 1),
        (SELECT next_attempt_at FROM applications_delivery WHERE state = 'waiting' AND webhook_id > earliest.webhook_id
         ORDER BY webhook_id, next_attempt_at LIMIT 1)
    FROM earliest WHERE webhook_id IS NOT NULL
)
SELECT webhook_id, at FROM earliest WHERE webhook_id IS NOT NULL AND at <= %s ORDER BY at
"""

# The first of what is due for each of some webhooks: PostgreSQL reads them in one question, each from the index. SQLite
# has no LATERAL, and no way to the server that asking once for each webhook would cost.
_COLUMNS: Final = "id, webhook_id, key, event, object_count, keys, attempts, is_test"
_FIRST: Final = f"""
SELECT {_COLUMNS} FROM applications_delivery WHERE state = 'waiting' AND webhook_id = %s AND next_attempt_at <= %s
ORDER BY next_attempt_at, id LIMIT %s
"""
FIRST_OF_EACH: Final = f"""
SELECT due.* FROM unnest(%s::bigint[]) AS wanted (webhook) CROSS JOIN LATERAL (
    {_FIRST.replace("webhook_id = %s", "webhook_id = wanted.webhook")}
) AS due
"""

# Rows that the caller has locked. Django's `bulk_update` makes an expression of each value: it took 15 ms a row.
ATTEMPTED: Final = """
UPDATE applications_delivery SET
    state = %s, end_reason = %s, attempts = %s, tries = %s, status = %s, error = %s, milliseconds = %s, url = %s,
    keys = %s, next_attempt_at = %s, ended_at = %s, lease = NULL, carried = %s
WHERE id = %s
"""
STATE: Final = """
UPDATE applications_webhook SET succeeded_at = %s, failing_since = %s, failures = %s, off_at = %s, off_reason = %s
WHERE id = %s
"""


def webhooks_with_due_deliveries(moment: datetime) -> list[int]:
    """Return the keys of the webhooks that something is due for, that of the longest wait first."""
    with connection.cursor() as cursor:
        cursor.execute(EARLIEST, [_time(moment)])
        return [row[0] for row in cursor.fetchall()]


def first_due(webhook_pks: list[int], moment: datetime, most: int) -> dict[int, list[Delivery]]:
    """Return up to `most` due deliveries of each webhook, the longest wait first: what choosing among them takes.

    Their other columns are not read.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(FIRST_OF_EACH, [webhook_pks, moment, most])
            rows = cursor.fetchall()
        else:
            rows = [
                row
                for pk in webhook_pks
                for row in cursor.execute(_FIRST, [pk, _time(moment), most]).fetchall()
            ]
    found: dict[int, list[Delivery]] = {pk: [] for pk in webhook_pks}
    names = _COLUMNS.split(", ")
    for row in rows:
        found[row[1]].append(Delivery(**dict(zip(names, row, strict=True))))
    return found


def save_attempted(deliveries: Iterable[Delivery]) -> None:
    """Store deliveries that were attempted: they have ended, or wait for their next attempt; nobody holds them."""
    with connection.cursor() as cursor:
        cursor.executemany(
            ATTEMPTED,
            [
                (
                    *(each.state, each.end_reason, each.attempts, each.tries, each.status, each.error),
                    *(each.milliseconds, each.url, each.keys),
                    *(_time(each.next_attempt_at), _time(each.ended_at), False, each.pk),
                )
                for each in deliveries
            ],
        )


def save_states(webhooks: Iterable[Webhook]) -> None:
    """Store how webhooks fare."""
    with connection.cursor() as cursor:
        cursor.executemany(
            STATE,
            [
                (
                    *(_time(each.succeeded_at), _time(each.failing_since), each.failures),
                    *(_time(each.off_at), each.off_reason, each.pk),
                )
                for each in webhooks
            ],
        )


def _time(moment: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
