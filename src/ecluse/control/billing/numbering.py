"""Numbers of invoices: in order and without a gap, however many write at once."""

from __future__ import annotations

from django.db.models import F

from ecluse.control.billing.models import Series


def next_number(name: str) -> tuple[Series, int]:
    """Within a change: the series is locked until that has happened whole, or has not, and then the number is free again."""
    Series.objects.get_or_create(name=name)
    Series.objects.filter(name=name).update(last=F("last") + 1)
    series = Series.objects.get(name=name)
    return series, series.last
