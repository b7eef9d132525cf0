"""New rows: whether they hold only what their columns may have, and inserting many."""

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from applications.errors import InvalidParam

UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")  # which PostgreSQL does not take


def check_row(row: models.Model) -> None:
    """Raise InvalidParam, which names the column, for a value that the column cannot have."""
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(value, str) and UNSTORABLE.search(value):
            raise InvalidParam(field.name, _("It holds a character that cannot be stored."))
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        param, messages = next(iter(error.message_dict.items()))
        raise InvalidParam(param, messages[0]) from None


def insert_rows[Row: models.Model](model: type[Row], rows: list[Row]) -> None:
    """Insert the rows. Without any, one statement is sent too: their number says nothing."""
    if rows:
        model._default_manager.bulk_create(rows)
    else:
        model._default_manager.filter(pk=0).exists()
