"""The order of the list of applications: by last use, in pages that begin where another ended.

A page costs the same wherever it is: the index holds this very expression, and PostgreSQL begins to read at the place.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, F, Func, Value
from django.db.models.fields.tuple_lookups import Tuple
from django.db.models.lookups import GreaterThan, LessThan
from django.db.models.sql.compiler import SQLCompiler

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")


class LastUsed(Func):
    """When it was last used, or NEVER: not NULL, so that rows can be compared.

    NEVER is written out, because PostgreSQL uses an index over an expression only where it finds the same text.
    """

    arity = 1
    template = "COALESCE(%(expressions)s, '1970-01-01 00:00:00+00'::timestamptz)"
    output_field = DateTimeField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="COALESCE(%(expressions)s, '1970-01-01 00:00:00')", **extra
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order: when the application there was used last (NEVER), and its key."""

    used: datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the place that `text`, of an address, names."""
        if not (found := PLACE.fullmatch(text)):
            return None
        return cls(NEVER + timedelta(microseconds=int(found[1])), int(found[2]))

    def __str__(self) -> str:
        return f"{(self.used - NEVER) // timedelta(microseconds=1)}-{self.pk}"

    def earlier(self) -> LessThan:
        """The condition on rows with `used` that they come later in the list that begins with the latest use."""
        return LessThan(Tuple(F("used"), F("pk")), self._values())

    def later(self) -> GreaterThan:
        """The opposite."""
        return GreaterThan(Tuple(F("used"), F("pk")), self._values())

    def _values(self) -> Tuple:
        return Tuple(Value(self.used, DateTimeField()), Value(self.pk))
