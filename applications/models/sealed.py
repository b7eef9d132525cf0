"""A JSON column that is encrypted at rest."""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from applications.rules.sealing import seal, unseal

PURPOSE = "latchkey.second-factors"


def sealed_json(value: Any) -> dict[str, str]:
    """Return what is stored for a value."""
    text = json.dumps(value)
    return {"sealed": seal(text, keys=settings.ENCRYPTION_KEYS, purpose=PURPOSE)}


def unsealed_json(stored: Any) -> Any:
    """Return the value of what is stored; a row that was never sealed is its own value. Raises CannotUnseal."""
    if not isinstance(stored, dict) or stored.keys() != {"sealed"}:
        return stored
    return json.loads(unseal(stored["sealed"], keys=settings.ENCRYPTION_KEYS, purpose=PURPOSE))


class SealedJSONField(models.JSONField):
    """A JSONField whose column holds one encrypted text. Nothing inside it can be searched for.

    The sign-in library's table of second factors is given it (apps.py): the library's own hook covers seeds of
    authenticator apps and recovery codes, but not passkeys.
    """

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return super().get_db_prep_value(sealed_json(value), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return unsealed_json(super().from_db_value(value, expression, connection))

    def deconstruct(self) -> Any:
        """As the library's migrations describe the column, which is the same."""
        name, _path, arguments, options = super().deconstruct()
        return name, "django.db.models.JSONField", arguments, options
