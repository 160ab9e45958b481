"""The books: each entry is validated once, and keeps its number, its day and its accounts (PCG, article 921-3).

Numbers are of a financial year, in the order of validation, without a gap. What comes with a day of a year that is closed is booked on
the first day that is not: its paper keeps its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from django.db.models import QuerySet
from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.accounts import newest_accounts
from ecluse.control.billing.booking import Booking, booked
from ecluse.control.billing.models import ADVANCE, Advance, BookEntry, FinancialYear, Invoice, Payment
from ecluse.control.contracts.terms import PARIS
from ecluse.domain.errors import Impossible

__all__ = ["FinancialYear"]

AT_ONCE = 500
_BOOK = "book an entry"
_BY = Actor(ActorKind.JOB, "books")


def book_due() -> int:
    """Validate what is not in the books yet, in the order in which it was entered; how many. A job of the provider's, over all clients."""
    with scopes_disabled():  # The provider's books are over all clients.
        if not _due(1, timezone.now()):
            return 0
        with change(by=_BY) as act:
            # Of two workers the second finds what the first has booked.
            years = list(FinancialYear.objects.select_for_update())
            found = _drafted(act.at)
            if found and not years:
                years = [_first_year(found)]
            entries = [_entered(act, each, years) for each in found]
            if entries:
                act.record("books.validated", entries[-1], after={"count": len(entries)})
        return len(entries)


def waiting() -> int:
    """How much is not in the books yet."""
    with scopes_disabled():  # The provider's books are over all clients.
        return sum(each.count() for each in _unbooked())


def financial_years() -> Sequence[FinancialYear]:
    """All of them, the newest first."""
    return list(FinancialYear.objects.order_by("-first"))


def find_year(pk: int) -> FinancialYear | None:
    """Whichever."""
    return FinancialYear.objects.filter(pk=pk).first()


def end_year(year: FinancialYear, last: date, *, by: Actor) -> None:
    """It is longer or shorter than twelve months. Raises `Impossible` unless it is the newest, and nothing is booked after that day."""
    with change(by=by) as act, scopes_disabled():  # As above.
        row = FinancialYear.objects.select_for_update().get(pk=year.pk)
        if row.closed_at is not None or FinancialYear.objects.filter(first__gt=row.first).exists():
            raise Impossible("its end is the beginning of another, or it is closed")
        if not row.first < last < _year_later(_year_later(row.first)):
            raise Impossible("a financial year has a first day and a last, and twenty-four months at most")
        if BookEntry.objects.filter(year=row, on__gt=last).exists():
            raise Impossible("something is booked after that day")
        before, row.last = row.last, last
        row.save(update_fields=["last"])
        act.record("financial-year.ended", row, before={"last": str(before)}, after={"last": str(last)})


def close_year(year: FinancialYear, *, by: Actor) -> None:
    """Nothing is booked on its days any more. Raises `Impossible` before it is over, while one before it or something to book is open."""
    with change(by=by) as act:
        row = FinancialYear.objects.select_for_update().get(pk=year.pk)
        if row.closed_at is not None or row.last >= act.at.astimezone(PARIS).date():
            raise Impossible("it is closed, or not over")
        if waiting() or FinancialYear.objects.filter(first__lt=row.first, closed_at=None).exists():
            raise Impossible("something is to be booked yet, or the year before is open")
        row.closed_at, row.closed_by = act.at, str(by)
        row.save(update_fields=["closed_at", "closed_by"])
        act.record("financial-year.closed", row, after={"entries": row.entries})


def _unbooked() -> tuple[QuerySet[Invoice], QuerySet[Payment], QuerySet[Advance]]:
    invoices = Invoice.objects.select_related("buyer", "seller", "corrects__seller").filter(book_entry=None)
    payments = Payment.objects.select_related("invoice__buyer", "invoice__seller").filter(book_entry=None)
    # What is used of an advance, or becomes one, is booked as the payment that it is.
    kept = Advance.objects.select_related("client").filter(book_entry=None).exclude(means=ADVANCE)
    return invoices, payments, kept


def _due(limit: int, now: datetime) -> list[Invoice | Payment | Advance]:
    """The first of those that may be tried now: what waits after an error keeps nothing that came later from the books."""
    invoices, payments, kept = _unbooked()
    invoices, payments, kept = ready(_BOOK, invoices, now), ready(_BOOK, payments, now), ready(_BOOK, kept, now)
    found: list[tuple[datetime, int, Invoice | Payment | Advance]] = []
    found += ((each.made_at, 0, each) for each in invoices.order_by("made_at", "pk")[:limit])
    found += ((each.entered_at, 1, each) for each in payments.order_by("entered_at", "pk")[:limit])
    found += ((each.entered_at, 2, each) for each in kept.order_by("entered_at", "pk")[:limit])
    found.sort(key=lambda each: (each[0], each[1], each[2].pk))
    return [row for _, _, row in found[:limit]]


def _drafted(now: datetime) -> list[Booking]:
    """What cannot be booked keeps nothing else from it; it waits, and its year stays open."""
    found: list[Booking] = []
    accounts = newest_accounts()

    def draft(source: Invoice | Payment | Advance) -> bool:
        found.append(booked(source, accounts))
        return True

    for_each(_BOOK, _due(AT_ONCE, now), draft, now)
    return found


def _entered(act: Change, booking: Booking, years: list[FinancialYear]) -> BookEntry:
    today = act.at.astimezone(PARIS).date()
    # Nothing is validated before its day, least of all a slip of the pen.
    year, on = _place(min(booking.on, today), years)
    if booking.postings:
        year.entries += 1
        year.save(update_fields=["entries"])
    return BookEntry.objects.create(
        client_id=booking.source.client_id,
        year=year,
        number=year.entries if booking.postings else None,
        journal=booking.journal,
        on=on,
        piece=booking.piece,
        piece_on=booking.piece_on,
        text=" ".join(booking.text.split())[:300],
        client_name=" ".join(booking.client_name.split())[:300],
        postings=msgspec.to_builtins(booking.postings),
        validated_on=today,
        debt=booking.debt,
        invoice=booking.source if isinstance(booking.source, Invoice) else None,
        payment=booking.source if isinstance(booking.source, Payment) else None,
        advance=booking.source if isinstance(booking.source, Advance) else None,
    )


def _place(day: date, years: list[FinancialYear]) -> tuple[FinancialYear, date]:
    """The open year of that day, or the first open day after it; years are begun as they come."""
    while years[-1].last < day or years[-1].closed_at is not None:
        first = years[-1].last + timedelta(days=1)
        years.append(FinancialYear.objects.create(first=first, last=_year_later(first) - timedelta(days=1)))
    year = next(each for each in years if each.last >= day and each.closed_at is None)
    return year, max(day, year.first)


def _first_year(found: Sequence[Booking]) -> FinancialYear:
    """The calendar year of the oldest; of a day long before it was entered somebody has mistyped the year."""
    year = max(min(each.on.year for each in found), min(each.made_at.year for each in found) - 1)
    return FinancialYear.objects.create(first=date(year, 1, 1), last=date(year, 12, 31))


def _year_later(day: date) -> date:
    return day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else date(day.year + 1, 3, 1)
