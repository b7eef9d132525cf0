"""When the audit log of an account was checked last, and what was found: its page says so."""

from django.db import models


class AuditCheck(models.Model):
    """The last walk along the chain of an account that came to its end.

    `last_row` is the key of the last row that was walked: what was written later was not checked. `broken_row` is the
    first row that did not fit (0: there was none at all), None when all did.
    """

    account = models.OneToOneField(
        "applications.Account", models.CASCADE, primary_key=True, related_name="audit_check"
    )
    began_at = models.DateTimeField()
    rows = models.PositiveBigIntegerField()
    last_row = models.PositiveBigIntegerField()
    broken_row = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.rows} rows until {self.began_at}"
