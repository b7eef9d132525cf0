"""Finding and deleting tokens that no change can bring back."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from applications.models.statements.conditions import DEAD_TOKEN
from applications.models.statements.running import fetch

# A join, because PostgreSQL reads the applications once for it. "NOT EXISTS … OR EXISTS …", which Django writes, looks
# at them for each token: most of the time that a purge of ten million tokens took.
FIND = f"""SELECT token.id FROM applications_accesstoken token
LEFT JOIN applications_application client ON client.id = token.application_id
WHERE token.id > %s AND {DEAD_TOKEN}
ORDER BY token.id LIMIT %s"""


def dead_tokens(ended: datetime, *, after: int = 0, most: int) -> list[int]:
    """Return the keys of at most `most` tokens behind `after`, in order: ended by `ended`, or dead for another reason.

    Tokens of a disabled application are not among them: enabling it makes them work again.
    """
    return [row[0] for row in fetch(FIND, [after, ended, ended, most])]


def delete_tokens(keys: Sequence[int]) -> int:
    """Delete tokens by their keys, and return how many there still were.

    As one array: thousands of parameters, which Django would send, take several times as long as the deletion.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM applications_accesstoken WHERE id = ANY(%s)", [list(keys)])
        else:
            places = ", ".join(["%s"] * len(keys))
            cursor.execute(f"DELETE FROM applications_accesstoken WHERE id IN ({places})", list(keys))
        return int(cursor.rowcount)
