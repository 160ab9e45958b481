"""What goes on the next invoice of a client beside its period: credits of the SLA, support over the quota (5-3, 10-2, 10-4).

Whoever has a claim adds it, once; `invoices` takes what is open when it writes the next invoice of that client.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.models import UNTAXED, ComingLine, Invoice, LineKind
from ecluse.control.billing.totals import Line, Vat, totals
from ecluse.control.contracts.models import Contract
from ecluse.domain.errors import Impossible
from ecluse.domain.money import cents, french, share

__all__ = ["Coming", "LineKind", "Share", "add_line"]

_ALL = 100  # Percent.
_PLACES = 4  # Of a percentage in words: its exact fraction is kept with the line.


@dataclass(frozen=True, slots=True)
class Share:
    """So many percent of the period's price, net of tax, on the invoice that takes it: known only when that is written (10-2)."""

    percent: Fraction

    def __post_init__(self) -> None:
        """Raises `ValueError`."""
        if not 0 < self.percent <= _ALL:
            raise ValueError(f"{self.percent} percent is nothing that can be given back")


@dataclass(frozen=True, slots=True)
class Coming:
    """A claim, of either side. `text` and `note` stand on the invoice, and so are in French."""

    kind: LineKind
    text: str  # "Crédit pour disponibilité, novembre 2026 (10-4)".
    amount: Decimal | Share  # EUR net of tax; below 0 it gives back.
    source: str  # Names the claim, over all clients: "sla-credit:C000012:2026-11".
    note: str = ""  # How it was computed, in short.
    calculation: Mapping[str, Any] = field(default_factory=dict)  # From what, whole: plain JSON, amounts as strings.

    def __post_init__(self) -> None:
        """Raises `ValueError`."""
        if not self.text.strip() or not self.source.strip():
            raise ValueError("a claim is named, and says what it is for")
        if not isinstance(self.amount, Share) and cents(self.amount) == 0:
            raise ValueError("a claim of nothing")


@dataclass(frozen=True, slots=True)
class Taken:
    """One that an invoice takes, as it stands there."""

    row: ComingLine
    line: Line


def add_line(contract: Contract, coming: Coming, *, by: Actor) -> ComingLine:
    """Put the claim on the next invoice of the contract's client, within its scope; the same one a second time changes nothing.

    Raises `Impossible` where another client has one of this source.
    """
    with change(by=by) as act:
        values = _values(coming) | {"contract": contract, "made_at": act.at, "made_by": str(by)}
        _demand_own(contract, coming.source)
        row, is_new = ComingLine.objects.get_or_create(
            source=coming.source, client_id=contract.client_id, defaults=values
        )
        if is_new:
            after = {"source": row.source, "net": str(row.net), "percent": row.percent}
            act.record("coming-line.added", row, client_id=row.client_id, after=after)
        return row


def open_lines() -> list[ComingLine]:
    """Of the scope's client: what no invoice has taken yet."""
    return list(_open().select_related("contract"))


def locked(found: Iterable[ComingLine]) -> list[ComingLine]:
    """Those of them that are still open, within a change: what was waived or taken since they were read is not among them."""
    return list(_open().select_for_update().filter(pk__in=[each.pk for each in found]))


def find_line(pk: int) -> ComingLine | None:
    """Of the scope's client."""
    return ComingLine.objects.filter(pk=pk).first()


def waive(row: ComingLine, why: str, *, by: Actor) -> None:
    """The provider does not ask for it. Raises `Impossible` without a reason, for what is given back, and where it is not open."""
    if not why.strip() or row.net is None or row.net < 0:
        raise Impossible("what the provider asks for it may waive, and says why")
    with change(by=by) as act:
        values = {"waived_at": act.at, "waived_by": str(by), "waived_why": why.strip()[:300]}
        if not _open().filter(pk=row.pk).update(**values):
            raise Impossible("it stands on an invoice, or was waived already")
        row.refresh_from_db()
        act.record("coming-line.waived", row, client_id=row.client_id, after={"why": row.waived_why})


def fitting(period: Sequence[Line]) -> list[Taken]:
    """What is open of the scope's client and fits on the invoice of this period, whose total never falls below 0.

    What is asked comes first, then what is given back, the oldest first; what does not fit waits for the next invoice.
    Within a change: the rows are locked.
    """
    found = _open().select_for_update().exclude(kind__in=UNTAXED)
    price = totals(period).net
    all_of_them = [Taken(each, line_of(each, period[0].vat, price)) for each in found]
    return list(_fitting(period, sorted(all_of_them, key=_gives_back)))


def mark_taken(act: Change, taken: Iterable[Taken], invoice: Invoice) -> None:
    """They stand on that invoice, and on no other."""
    for each in taken:
        ComingLine.objects.filter(pk=each.row.pk).update(invoice=invoice, net=each.line.net)
        after = {"invoice": invoice.reference, "net": str(each.line.net)}
        act.record("coming-line.taken", each.row, client_id=each.row.client_id, after=after)


def line_of(row: ComingLine, vat: Vat, price: Decimal | None = None) -> Line:
    """As it stands on an invoice, a share as one of that price: what is given back with a quantity below 0, since no price is (BR-27)."""
    net, note = row.net, row.note
    if row.percent and price is not None:
        net = -share(price, Fraction(row.percent))
        note = "; ".join(
            part for part in (note, f"{_in_words(Fraction(row.percent))} % de {french(price)} EUR") if part
        )
    if net is None:
        raise ValueError(f"{row.source} has neither an amount nor a price that it is a share of")
    return Line(row.text, Decimal(-1 if net < 0 else 1), abs(net), vat, note)


def _open() -> QuerySet[ComingLine]:
    return ComingLine.objects.filter(invoice=None, waived_at=None)


def _values(coming: Coming) -> dict[str, Any]:
    values = {"kind": coming.kind, "text": coming.text, "note": coming.note, "calculation": dict(coming.calculation)}
    if isinstance(coming.amount, Share):
        return values | {"percent": str(coming.amount.percent)}
    return values | {"net": cents(coming.amount)}


def _demand_own(contract: Contract, source: str) -> None:
    with scopes_disabled():  # A source is named once over all clients.
        owner = ComingLine.objects.filter(source=source).values_list("client_id", flat=True).first()
    if owner not in {None, contract.client_id}:
        raise Impossible("another client has a claim of this source")


def _fitting(period: Sequence[Line], candidates: Iterable[Taken]) -> Iterator[Taken]:
    lines = list(period)
    for each in candidates:
        if totals([*lines, each.line]).net >= 0:
            lines.append(each.line)
            yield each


def _gives_back(taken: Taken) -> bool:
    return taken.line.net < 0


def _in_words(percent: Fraction) -> str:
    rounded = round(percent, _PLACES)
    return f"{Decimal(rounded.numerator) / Decimal(rounded.denominator):f}".replace(".", ",")
