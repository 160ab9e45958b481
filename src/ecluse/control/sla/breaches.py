"""A promise that was broken opens a choice, once: leave with a refund, or pay less (10-1 to 10-6).

What is chosen is carried out by `remedies.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

import msgspec
from django.db.models import QuerySet
from django_scopes import scopes_disabled

from ecluse.control.audit.change import Change
from ecluse.control.contracts.terms import Period, within_a_month
from ecluse.control.sla.availability import Month
from ecluse.control.sla.breach_letters import address_letters
from ecluse.control.sla.credits import outage_percent, wrong_verdicts_percent
from ecluse.control.sla.figures import Figures
from ecluse.control.sla.models import Breach, BreachKind, MonthClosing, Remedy
from ecluse.control.sla.periods import period_of
from ecluse.domain.errors import Impossible

__all__ = ["Breach", "BreachKind", "Remedy"]

_LONGEST_MONTH = 31


class TooLate(Impossible):
    """The month in which one may choose is over (6-11)."""


class NoCredit(Impossible):
    """The contract gives no money for this: it may be terminated (10-4, 10-5)."""


def open_breaches(act: Change, closing: MonthClosing, figures: Figures) -> None:
    """A choice for each promise that the month broke; its month runs from today on the client's clocks (6-11)."""
    today = act.at.astimezone(closing.contract.zone).date()
    for kind in figures.broken:
        row = Breach.objects.create(
            client_id=closing.client_id,
            contract=closing.contract,
            closing=closing,
            kind=kind,
            opened_on=today,
            choose_until=last_day_to_ask(today),
        )
        after = {"kind": kind, "month": str(closing), "choose_until": row.choose_until.isoformat()}
        address_letters(row)
        act.record("sla.breach-opened", row, client_id=row.client_id, after=after)


def last_day_to_ask(event: date) -> date:
    """For what the contract gives within a month of it (6-11)."""
    days = (event + timedelta(days=each) for each in range(_LONGEST_MONTH, -1, -1))
    return next(day for day in days if within_a_month(event, day))


def breaches() -> QuerySet[Breach]:
    """Of the scope's client, the newest first."""
    return Breach.objects.select_related("closing", "contract")


def open_everywhere(today: date) -> list[Breach]:
    """Those of all clients that wait for a choice, by the last day for it. For the provider."""
    with scopes_disabled():  # The provider's own list.
        rows = Breach.objects.filter(choice="", choose_until__gte=today).select_related("client", "closing")
        return list(rows.order_by("choose_until", "pk"))


def find_breach(pk: int) -> Breach | None:
    """Of the scope's client."""
    return breaches().filter(pk=pk).first()


def credit_percent(row: Breach) -> Fraction:
    """What a credit for it takes off: of the next invoice for wrong verdicts, of the monthly amount for outages.

    The most critical week is one for a whole period of the contract (10-3): what a client has chosen for an earlier month
    of it is not given twice. 0 where there is no money.
    """
    figures = msgspec.convert(row.closing.figures, Figures)
    match BreachKind(row.kind):
        case BreachKind.VERDICTS:
            worst = figures.parties["both"].worst
            percent = wrong_verdicts_percent(worst.blocked, worst.passed, worst.verdicts)
            return max(Fraction(0), percent - _given_before(row))
        case BreachKind.AVAILABILITY:
            return Fraction(outage_percent(figures.down_s))
        case BreachKind.VIRUSES:
            return Fraction(0)


def note_choice(act: Change, row: Breach, remedy: Remedy, outcome: Mapping[str, str]) -> None:
    """The client has chosen. Of two at once the second raises `Impossible`."""
    values = {"choice": remedy, "chosen_at": act.at, "chosen_by": str(act.by), "outcome": dict(outcome)}
    if not Breach.objects.filter(pk=row.pk, choice="").update(**values):
        raise Impossible("it is chosen")
    row.refresh_from_db()
    act.record("sla.remedy-chosen", row, client_id=row.client_id, after={"choice": remedy, **outcome})


def period_of_month(row: Breach) -> Period:
    """The contract's, in which the month ended: what the client could choose by then."""
    month = Month.of(row.closing.month, row.contract.zone)
    return period_of(row.contract, month.following.first_day - timedelta(days=1))


def _given_before(row: Breach) -> Fraction:
    """Percent of the same period's credits for wrong verdicts, as they were chosen."""
    chosen = Breach.objects.filter(contract=row.contract, kind=BreachKind.VERDICTS, choice=Remedy.CREDIT)
    others = chosen.exclude(pk=row.pk).select_related("closing", "contract")
    same = (each for each in others if period_of_month(each) == period_of_month(row))
    return sum((Fraction(each.outcome["percent"]) for each in same), Fraction(0))
