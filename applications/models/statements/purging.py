"""Finding tokens that no change can bring back."""

from datetime import datetime

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
