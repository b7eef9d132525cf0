"""How many requests a client has made in the running minute: what the database cache cannot count exactly.

Django's database cache adds by a SELECT and an UPDATE, between which another process may add too. This is one
statement, the same text on PostgreSQL and SQLite.
"""

from django.db import connection, models

# Any other minute starts the count again, an earlier one too. Otherwise a server whose clock is ahead would make all
# other servers add to its count until their clocks reach the same minute.
COUNT = """
INSERT INTO applications_ratecount AS held (client, minute, requests) VALUES (%s, %s, 1)
ON CONFLICT (client) DO UPDATE SET
    requests = CASE WHEN held.minute = excluded.minute THEN held.requests + 1 ELSE 1 END,
    minute = excluded.minute
RETURNING requests
"""


class RateCount(models.Model):
    """A client (`application:7`, `address:192.0.2.1`) and the minute, since 1970, of its latest request.

    The table is unlogged on PostgreSQL: after a crash the counts may start at zero, so no request waits for the disk.
    """

    client = models.CharField(max_length=60, primary_key=True)
    minute = models.PositiveBigIntegerField()
    requests = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.client}: {self.requests}"


def count_request(client: str, minute: int) -> int:
    """Count a request and return which one of the minute it is, exact among all processes."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [client, minute])
        number: int = cursor.fetchone()[0]
    return number
