"""What a client chooses for a broken promise is done at once: its contract ends with a refund, or it pays less (10-1 to 10-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.coming_lines import Coming, LineKind, Share, add_line
from ecluse.control.billing.models import Invoice, InvoiceKind
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.prices import refund_of
from ecluse.control.contracts.refund_requests import Cause, Event, ask_refund
from ecluse.control.contracts.terms import Period
from ecluse.control.sla.availability import Month
from ecluse.control.sla.breaches import NoCredit, TooLate, credit_percent, note_choice, period_of_month
from ecluse.control.sla.credits import credit
from ecluse.control.sla.models import Breach, BreachKind, Remedy
from ecluse.domain.money import cents

# What stands on an invoice or a credit note is in French, as French law wants it.
_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a client may choose between, as things stand on a day."""

    percent: Fraction  # 0: no money is given for it.
    amount: Decimal | None  # Of the credit, net of tax; None where the next invoice is what it is taken of.
    refund: Decimal  # Net of tax, if it leaves that day.


def offer_of(row: Breach, today: date) -> Offer:
    """In the client's scope."""
    percent = credit_percent(row)
    amount = credit(_monthly(row), percent) if row.kind == BreachKind.AVAILABILITY else None
    return Offer(percent, amount, refund_of(row.contract, today))


def choose(row: Breach, remedy: Remedy, today: date, *, by: Actor) -> None:
    """Once, within a month (6-11, 10-6). Raises `TooLate`, `NoCredit`; `OutOfTurn` where the contract is over, `Impossible`."""
    if today > row.choose_until:
        raise TooLate("the month in which one may choose is over")
    with change(by=by) as act:
        # Locked: two who choose at once for two months of a period are not both given its worst week.
        contract = Contract.objects.select_for_update(of=("self",)).get(pk=row.contract_id)
        do = _terminate if remedy is Remedy.TERMINATE else _credit
        note_choice(act, row, remedy, do(act, row, contract, today))


def _credit(act: Change, row: Breach, contract: Contract, today: date) -> dict[str, str]:
    offer = offer_of(row, today)
    if not offer.percent or offer.amount == 0:
        raise NoCredit("the contract gives no money for this")
    amount = Share(offer.percent) if offer.amount is None else -offer.amount
    outcome = {"percent": str(offer.percent)}
    if offer.amount is not None:
        outcome |= {"monthly": str(_monthly(row)), "amount": str(offer.amount)}
    coming = Coming(
        kind=LineKind.SLA_CREDIT,
        text=_text(row),
        amount=amount,
        source=source_of(row),
        note=_note(row, offer),
        calculation={"seal": row.closing.seal, **outcome},
    )
    add_line(contract, coming, by=act.by)
    return outcome


def source_of(row: Breach) -> str:
    """What names its credit."""
    return f"sla:{row.contract.reference}:{row.closing}:{row.kind}"


def _terminate(act: Change, row: Breach, contract: Contract, today: date) -> dict[str, str]:
    """Over from now on; what was paid for months that have not begun comes back by credit notes (10-1)."""
    amount = refund_of(contract, today)
    event = Event(Cause.BREACH, f"sla-breach:{row.pk}", on=row.opened_on, known_on=row.opened_on)
    ask_refund(contract, event, leaves_on=today, by=act.by)
    return {"refund": str(amount)}


def _monthly(row: Breach) -> Decimal:
    """What a month cost then, net of tax and without options (10-4): the period's price, and what was added by its end."""
    period = period_of_month(row)
    following = Month.of(row.closing.month, row.contract.zone).following.first_day
    begun = row.contract.amendments.filter(state=AmendmentState.BEGUN, before__period_after=period.after)
    added = sum(Fraction(each.services_month) for each in begun.filter(starts_on__lt=following))
    return cents(Fraction(_services_price(row.contract, period)) / period.months + added)


def _services_price(contract: Contract, period: Period) -> Decimal:
    """As the period began. The first line of its invoice is the services'."""
    if contract.period == period:
        return contract.services_price
    invoice = Invoice.objects.filter(contract=contract, kind=InvoiceKind.INVOICE, period_after=period.after).first()
    return contract.services_price if invoice is None else read_lines(invoice.lines)[0].net


def _text(row: Breach) -> str:
    what = {BreachKind.VERDICTS: "verdicts erronés (10-2)", BreachKind.AVAILABILITY: "indisponibilité (10-4)"}
    month = f"{_MONTHS[row.closing.month.month - 1]} {row.closing.month.year}"
    return f"Avoir sur engagement de service, {what[BreachKind(row.kind)]}, {month}"


def _note(row: Breach, offer: Offer) -> str:
    """How it was computed: the invoice that takes it says of which amount a percentage is."""
    figures = row.closing.figures
    if row.kind == BreachKind.AVAILABILITY:
        return f"{figures['down_s'] // 60} min, {offer.percent} % de {_monthly(row)} EUR"
    worst = figures["parties"]["both"]["worst"]
    return f"semaine la plus critique : {worst['blocked']} + {worst['passed']} sur {worst['verdicts']} messages"
