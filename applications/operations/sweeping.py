"""Deleting many rows a few at a time, so that whoever uses the table meanwhile notices little."""

import time
from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet

BATCH = 20_000  # rows a transaction, so that issuing keeps over 80 % of its speed
PAUSE = 3.0  # times as long as a batch took


def sweep[Key](
    find: Callable[[Key | None, int], list[Key]],
    delete: Callable[[list[Key]], int],
    *,
    batch: int = BATCH,
    pause: float = PAUSE,
) -> int:
    """Delete what `find(after, most)` finds, in the order of its keys, resting between; return how many it was.

    Each search goes on behind the last key found, so a table with little to delete is read once and costs no rests.
    Safe to end at any moment and to run twice.
    """
    deleted, after = 0, None
    while True:
        began = time.monotonic()
        if keys := find(after, batch):
            deleted += delete(keys)
        if len(keys) < batch:
            return deleted
        after = keys[-1]
        time.sleep((time.monotonic() - began) * pause)


def sweep_rows(rows: "QuerySet[Any, Any]", *, batch: int = BATCH, pause: float = PAUSE) -> int:
    """Delete `rows` as `sweep` does. A row that does not belong to them any more by then is left."""

    def find(after: Any, most: int) -> list[Any]:
        left = rows if after is None else rows.filter(pk__gt=after)
        return list(left.order_by("pk").values_list("pk", flat=True)[:most])

    def delete(keys: list[Any]) -> int:
        model: type[Model] = rows.model
        return rows.filter(pk__in=keys).delete()[1].get(model._meta.label, 0)

    return sweep(find, delete, batch=batch, pause=pause)
