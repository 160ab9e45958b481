"""Numbers of invoices: in order and without a gap, however many write at once."""

from __future__ import annotations

from django.db.models import F, QuerySet

from ecluse.control.billing.models import Invoice, Series


def next_number(name: str) -> tuple[Series, int]:
    """Within a change: the series is locked until that has happened whole, or has not, and then the number is free again."""
    Series.objects.get_or_create(name=name)
    Series.objects.filter(name=name).update(last=F("last") + 1)
    series = Series.objects.get(name=name)
    return series, series.last


def numbered(reference: str) -> QuerySet[Invoice]:
    """The invoice that has this number, "F2026-00001", or none, of the scope. Raises `ValueError` for what is no number."""
    series, _, number = reference.rpartition("-")
    return Invoice.objects.filter(series=series, number=int(number))
