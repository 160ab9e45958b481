"""One row of any table that a job has in hand, or could not do."""

from __future__ import annotations

from django.db import models


class Attempt(models.Model):
    """Of one piece of work upon one row. It goes once that is done."""

    work = models.CharField(max_length=40)  # What was to be done: "invoice a period".
    row = models.CharField(max_length=300)  # "billing.invoice:12".
    times = models.PositiveIntegerField(default=0)  # So often an error came that nobody foresaw.
    problem = models.CharField(max_length=100, blank=True)  # The class of the last one.
    at = models.DateTimeField()  # When it was tried last.
    next_at = models.DateTimeField(null=True)  # Not before; null: in hand, or whoever had it was killed.

    class Meta:
        ordering = ("work", "row")
        constraints = (models.UniqueConstraint(fields=("work", "row"), name="a_row_is_in_hand_once"),)

    def __str__(self) -> str:
        return f"{self.work} {self.row}"
