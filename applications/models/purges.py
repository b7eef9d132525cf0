"""When `purge` last came to its end, on whichever node: an operator is told when it no longer runs."""

from datetime import datetime

from django.db import models


class Purge(models.Model):
    """The last one; there is one row at most."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    ended_at = models.DateTimeField()

    objects = models.Manager["Purge"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="purge_is_one_row")]

    def __str__(self) -> str:
        return f"until {self.ended_at}"


def last_purge() -> datetime | None:
    """Return when the last one ended; None where none ever did."""
    return Purge.objects.values_list("ended_at", flat=True).first()
