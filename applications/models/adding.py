"""Adding to numbers in rows that may not be there yet, exact among all processes."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, models

type Key = tuple[Any, ...]


def add_to_rows(
    model: type[models.Model], keys: tuple[str, ...], numbers: tuple[str, ...], rows: Mapping[Key, Key]
) -> None:
    """Add `rows`, numbers by key, to the rows of a table; `keys` and `numbers` are its columns.

    One statement, the same text on PostgreSQL and SQLite; in the order of the keys, so that two processes cannot
    deadlock.
    """
    if not rows:
        return
    columns = (*keys, *numbers)
    table = model._meta.db_table
    added = ", ".join(f"{name} = held.{name} + excluded.{name}" for name in numbers)
    places = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(rows))
    statement = f"INSERT INTO {table} AS held ({', '.join(columns)}) VALUES {places}"
    values = [value for key in sorted(rows) for value in (*key, *rows[key])]
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}", values)
