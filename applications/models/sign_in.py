"""Failed sign-ins and used one-time codes, in tables of their own and not in the cache.

Django's database cache deletes a third of its rows when it is full, so an attacker who causes many failures could
delete the count that blocks him. Each change is one statement, the same text on PostgreSQL and SQLite, because
two processes that count at the same time must not count one.
"""

from django.db import connection, models

# abs(), because the clock of another server may be a little ahead: its rows must not start the count again.
COUNT = """
INSERT INTO applications_signinfailures AS held (subject, began, number) VALUES (%s, %s, 1)
ON CONFLICT (subject) DO UPDATE SET
    number = CASE WHEN abs(excluded.began - held.began) < %s THEN held.number + 1 ELSE 1 END,
    began = CASE WHEN abs(excluded.began - held.began) < %s THEN held.began ELSE excluded.began END
RETURNING number
"""
USE = """
INSERT INTO applications_usedtimestep AS held (seed, step) VALUES (%s, %s)
ON CONFLICT (seed) DO UPDATE SET step = excluded.step WHERE held.step < excluded.step
"""


class SignInFailures(models.Model):
    """How often it failed for a subject since `began` (seconds since 1970).

    A subject is an address, an email or a person: as the SHA-256 of its text, because emails that nobody has are
    tried too, and what was typed by mistake (a password) should not be readable here.
    """

    subject = models.CharField(max_length=64, primary_key=True)
    began = models.BigIntegerField(db_index=True)
    number = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.subject[:8]}…: {self.number}"


class UsedTimeStep(models.Model):
    """The latest time step whose code was accepted for a seed of an authenticator app (its SHA-256)."""

    seed = models.CharField(max_length=64, primary_key=True)
    step = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.seed[:8]}…: {self.step}"


def count_failure(subject: str, moment: int, seconds: int) -> int:
    """Count a failure and return which one it is since the first of the last `seconds`."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [subject, moment, seconds, seconds])
        number: int = cursor.fetchone()[0]
    return number


def use_time_step(seed: str, step: int) -> bool:
    """Take a time step for a seed; False when it, or a later one, was taken before. Of two at once one wins."""
    with connection.cursor() as cursor:
        cursor.execute(USE, [seed, step])
        taken: bool = cursor.rowcount == 1
    return taken
