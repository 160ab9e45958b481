"""What is owed for invoices that were paid late: claimed by the job, asked for, or waived, by a person (6-7, 6-8).

Neither is a price, so that both stand outside the tax, and on a document of their own: `docs/decisions/0031`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import structlog
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.claim_invoices import invoice_claims
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line, open_lines
from ecluse.control.billing.invoice_days import due_on, is_late
from ecluse.control.billing.invoices import balance, credited, due_day
from ecluse.control.billing.key_rates import known_rates
from ecluse.control.billing.late_payment import POINTS, RECOVERY, PenaltyPart, penalty, penalty_parts
from ecluse.control.billing.models import MAX_NOTE, UNTAXED, ComingLine, Invoice, Payment, Purpose
from ecluse.control.billing.registers import newest_buyer, newest_seller
from ecluse.control.billing.totals import Vat, VatCategory
from ecluse.domain.errors import Impossible
from ecluse.domain.money import french

log = structlog.get_logger()

OUTSIDE_THE_TAX = Vat(VatCategory.OUTSIDE)
_BY = Actor(ActorKind.JOB, "late payment")


@dataclass(frozen=True, slots=True)
class _Late:
    """An amount that was still to pay after one day, until another, and what each half-year of that costs."""

    amount: Decimal
    after: date
    until: date
    parts: tuple[PenaltyPart, ...]


def claim_late() -> int:
    """Claim what is owed for each invoice that was paid, and late, once; for how many. A job of the provider's."""
    rates = known_rates()
    with scopes_disabled():  # Invoices of all clients.
        claimed = set(ComingLine.objects.filter(kind=LineKind.RECOVERY).values_list("source", flat=True))
        found = [row for row in _paid_late() if _recovery_source(row) not in claimed]

    def claim(invoice: Invoice) -> bool:
        with scope(client=invoice.client):
            return _is_claimed(invoice, rates)

    return for_each("claim late payment", found, claim, timezone.now())


def ask_for_claims(*, by: Actor) -> Invoice:
    """One document over all that is open of the scope's client. Raises `Impossible` where nothing is."""
    seller, buyer = newest_seller(), newest_buyer()
    if seller is None or buyer is None:
        raise Impossible("it is not known who invoices, or whom")
    with change(by=by) as act:
        invoice = invoice_claims(
            act, claims(), OUTSIDE_THE_TAX, purpose=Purpose.LATE_PAYMENT, seller=seller, buyer=buyer
        )
        if invoice is None:
            raise Impossible("nothing is owed for late payment")
        return invoice


def claims() -> list[ComingLine]:
    """Open ones, of the scope's client."""
    return [each for each in open_lines() if each.kind in UNTAXED]


def claims_of_all() -> list[ComingLine]:
    """For the provider."""
    with scopes_disabled():  # The provider's own list.
        rows = ComingLine.objects.filter(invoice=None, waived_at=None, kind__in=UNTAXED)
        return list(rows.select_related("client").order_by("client__name", "pk"))


def accrued(invoice: Invoice, day: date) -> Decimal | None:
    """The penalties until that day on what is still to pay and on what was paid late; None where a rate is not known."""
    try:
        return _sum(_late_spans(invoice, known_rates(), day))
    except Impossible:
        return None


def recomputed(calculation: Mapping[str, Any]) -> Decimal:
    """The penalties of a claim once more, from what stands with it alone."""
    found: list[PenaltyPart] = []
    for each in calculation["spans"]:
        rates = {date.fromisoformat(part["half_year"]): Decimal(part["key_rate"]) for part in each["parts"]}
        after, until = date.fromisoformat(each["after"]), date.fromisoformat(each["until"])
        found += penalty_parts(Decimal(each["amount"]), after, until, rates)
    return penalty(found)


def _paid_late() -> list[Invoice]:
    """Those of which something came after the earliest day on which they may have been due."""
    came = Payment.objects.filter(invoice__purpose=Purpose.SERVICES, amount__gt=0)
    dates = came.values_list("invoice", "paid_on", "invoice__dated")
    late = {pk for pk, paid_on, dated in dates if is_late(due_on(dated), paid_on)}
    return list(Invoice.objects.filter(pk__in=late, contract__isnull=False).select_related("client", "contract"))


def _is_claimed(invoice: Invoice, rates: Mapping[date, Decimal]) -> bool:
    contract = invoice.contract
    if contract is None or balance(invoice) > 0:
        return False
    try:
        found = _claims_of(invoice, rates)
    except Impossible as problem:
        _say_unknown(str(problem))
        return False
    with change(by=_BY):
        for each in found:
            add_line(contract, each, by=_BY)
    return bool(found)


@cache
def _say_unknown(problem: str) -> None:
    """Once in the life of a worker; the provider's page shows it as long as it is so."""
    log.warning("late payment not computed", problem=problem)


def _claims_of(invoice: Invoice, rates: Mapping[date, Decimal]) -> list[Coming]:
    """None where all was paid in time. Raises `Impossible` where a rate is not known."""
    late = _late_spans(invoice, rates)
    if not late:
        return []
    text = f"Indemnité forfaitaire pour frais de recouvrement, facture {invoice.reference}"
    found = [Coming(LineKind.RECOVERY, text, RECOVERY, _recovery_source(invoice))]
    amount = _sum(late)
    if amount > 0:
        text, source = f"Pénalités de retard, facture {invoice.reference}", f"late-penalty:{invoice.reference}"
        calculation = _calculation(invoice, late)
        found.insert(0, Coming(LineKind.LATE_PENALTY, text, amount, source, _note(late), calculation))
    return found


def _recovery_source(invoice: Invoice) -> str:
    return f"recovery:{invoice.reference}"


def _late_spans(invoice: Invoice, rates: Mapping[date, Decimal], until: date | None = None) -> list[_Late]:
    """What was still to pay after it was due, from one payment to the next, the last one, or the day `until`.

    What was taken back is to pay again from then on; what credit notes have taken off was never owed.
    """
    due = due_day(invoice)
    if due is None:
        return []
    came: dict[date, Decimal] = {}
    for each in invoice.payments.all():
        day = max(each.paid_on, due)
        came[day] = came.get(day, Decimal(0)) + each.amount
    left, since, found = invoice.gross - credited(invoice) - came.pop(due, Decimal(0)), due, []
    for day in sorted({*came, *([until] if until is not None and is_late(due, until) else [])}):
        if left > 0:
            found.append(_Late(left, since, day, tuple(penalty_parts(left, since, day, rates))))
        left, since = left - came.get(day, Decimal(0)), day
    return found


def _sum(late: Iterable[_Late]) -> Decimal:
    return penalty(part for each in late for part in each.parts)


def _calculation(invoice: Invoice, late: Iterable[_Late]) -> dict[str, Any]:
    return {
        "due": str(due_day(invoice)),
        "points": POINTS,
        "spans": [
            {
                "amount": str(each.amount),
                "after": str(each.after),
                "until": str(each.until),
                "parts": [
                    {"half_year": str(part.half_year), "days": part.days, "key_rate": str(part.key_rate)}
                    for part in each.parts
                ],
            }
            for each in late
        ],
    }


def _note(late: Iterable[_Late]) -> str:
    """In French, as it stands on the document."""
    parts = [
        f"{french(each.amount)} EUR, {part.days} j à {french(part.key_rate + POINTS)} %"
        for each in late
        for part in each.parts
    ]
    whole = "; ".join(parts)
    return whole if len(whole) <= MAX_NOTE else f"{len(parts)} périodes au taux de la BCE majoré de {POINTS} points"
