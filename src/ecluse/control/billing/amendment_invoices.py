"""Amendments are paid for by an invoice of their own, once, for the whole months left of the period (6-3, 17-1).

6-3 dates the invoice of a period the last day of its first month; that of an amendment is dated the last day of the month in
which it begins. A line on the next invoice would come with the next period, up to three years late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.invoice_days import has_come, invoice_day
from ecluse.control.billing.invoices import BUNDLES, issue_beside
from ecluse.control.billing.totals import Line, Vat
from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.models import Amendment
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.terms import Period

_BY = Actor(ActorKind.JOB, "invoices")


def issue_due_amendments(now: datetime) -> int:
    """Invoice each whose day has come and that costs something; how many. For a job of the provider's."""
    with scopes_disabled():  # Amendments of all clients.
        begun = Amendment.objects.filter(
            state=AmendmentState.BEGUN, invoice="", months__gt=0, contract__period_waived=False
        )
        found = [row for row in begun.select_related("contract__client") if row.month.net > 0]

    def issue(amendment: Amendment) -> bool:
        with scope(client=amendment.contract.client):
            return _is_issued(amendment, now)

    return for_each("invoice an amendment", found, issue, now)


def _is_issued(amendment: Amendment, now: datetime) -> bool:
    contract, starts_on = amendment.contract, amendment.starts_on
    if starts_on is None or not has_come(invoice_day(starts_on), now, contract.zone):
        return False
    first_day, last_day = _charged(amendment, starts_on)
    with change(by=_BY):
        # Locked: of two workers the second finds the reference of the first; and somebody may have waived it meanwhile.
        locked = Amendment.objects.select_for_update(of=("self",)).select_related("contract").get(pk=amendment.pk)
        if locked.invoice or locked.contract.period_waived:
            return False
        row = issue_beside(
            contract,
            lambda vat: _lines(amendment, vat),
            dated=invoice_day(starts_on),
            first_day=first_day,
            last_day=last_day,
            by=_BY,
        )
        if row is not None:
            Amendment.objects.filter(pk=amendment.pk).update(invoice=row.reference)
    return row is not None


def _charged(amendment: Amendment, starts_on: date) -> tuple[date, date]:
    """The first and the last day of the months it is paid for."""
    contract, after = amendment.contract, int(amendment.before["period_after"])
    months_before = _months_until(contract.first_day or starts_on, after, starts_on)
    paid = Period(contract.first_day or starts_on, months_before, amendment.months)
    return paid.starts_on, paid.ends_on - timedelta(days=1)


def _months_until(first_day: date, after: int, day: date) -> int:
    """Of the contract, that have gone by, or are running, before what begins that day is paid for."""
    while Period(first_day, after, 1).starts_on < day:
        after += 1
    return after


def _lines(amendment: Amendment, vat: Vat) -> Sequence[Line]:
    months = Decimal(amendment.months)
    said = (
        f"Avenant {amendment.reference} : {BUNDLES[Bundle(amendment.bundle)].lower()}, {amendment.addresses} adresses"
    )
    named = f", domaines {', '.join(amendment.domains)}" if amendment.domains else ""
    lines = []
    if amendment.services_month:
        lines.append(Line(f"{said}{named} (supplément mensuel)"[:1000], months, amendment.services_month, vat))
    if amendment.options_month:
        options = f"Avenant {amendment.reference} : options {', '.join(amendment.options)} (supplément mensuel)"
        lines.append(Line(options[:1000], months, amendment.options_month, vat))
    return lines
