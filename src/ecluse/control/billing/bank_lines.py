"""Money that came, from statements of the bank: kept once, shown with whom it may be from, entered by a person (6-5)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.advances import keep
from ecluse.control.billing.bank_row import BankRow
from ecluse.control.billing.invoices import Received, balance, enter_payment
from ecluse.control.billing.matching import named_in
from ecluse.control.billing.models import BankLine, Invoice
from ecluse.control.billing.numbering import numbered
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible

__all__ = ["BankLine"]

TRANSFER = "transfer"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    new: int
    known: int  # They had been imported before.
    gone: int  # Money that went: it pays no invoice.


def keep_rows(rows: Sequence[BankRow], *, by: Actor) -> Imported:
    """Keep those that came, each once however often its statement is imported; nothing is paid by that."""
    came = [each for each in rows if each.amount > 0]
    with change(by=by) as act:
        count = sum(_is_new(act, key, row) for key, row in zip(_keys(came), came, strict=True))
        if count:
            act.record("bank-lines.imported", _newest(), after={"count": count})
    return Imported(count, len(came) - count, len(rows) - len(came))


def waiting_lines() -> QuerySet[BankLine]:
    """Those of which nobody has said whose they are, the newest first."""
    return BankLine.objects.filter(applied_at=None, ignored_at=None)


def find_line(pk: int) -> BankLine | None:
    """Whichever."""
    return BankLine.objects.filter(pk=pk).first()


def whose(text: str) -> tuple[Client, list[Invoice]]:
    """What a person said: invoices by their numbers, in order, or a client by its name, for which it is kept.

    Raises `Impossible` where that names no client, or several.
    """
    references = named_in(text)
    with scopes_disabled():  # The provider's own look-up, over all clients.
        if not references:
            found = list(Client.objects.filter(name__iexact=text.strip())[:2])
            invoices = []
        else:
            invoices = [_invoice(each) for each in references]
            found = list({each.client_id: each.client for each in invoices}.values())
    if len(found) != 1:
        raise Impossible("that names no client, or several")
    return found[0], invoices


def apply_line(line: BankLine, client: Client, invoices: Iterable[Invoice], *, by: Actor) -> Decimal:
    """Pay these invoices of the client's with it, in this order; what is left, which is returned, is kept as an advance.

    Raises `Impossible` where somebody was faster, or an invoice is not this client's or is paid.
    """
    with scope(client=client), change(by=by) as act:
        _claim(line, applied_at=act.at, client=client)
        left = line.amount
        for invoice in invoices:
            part = min(left, balance(invoice))
            if invoice.client_id != client.pk or invoice.is_credit or part <= 0:
                raise Impossible("it is another client's, is paid, or nothing is left for it")
            enter_payment(act, invoice, Received(part, line.booked_on, TRANSFER, line.label), line)
            left -= part
        if left:
            keep(act, client, left, Received(left, line.booked_on, TRANSFER, line.label), line)
        act.record("bank-line.applied", line, client_id=client.pk, after={"amount": str(line.amount)})
        return left


def ignore_line(line: BankLine, *, by: Actor) -> None:
    """It came from no client. Raises `Impossible` where somebody was faster."""
    with change(by=by) as act:
        _claim(line, ignored_at=act.at)
        act.record("bank-line.ignored", line)


def _claim(line: BankLine, **values: datetime | Client) -> None:
    if not waiting_lines().filter(pk=line.pk).update(**values):
        raise Impossible("somebody has said already whose it is")
    line.refresh_from_db()


def _invoice(reference: str) -> Invoice:
    found = numbered(reference).select_related("client").first()
    if found is None:
        raise Impossible("there is no such invoice")
    return found


def _keys(rows: Sequence[BankRow]) -> list[str]:
    """Two lines of one statement that say the same are two; those of two statements are one."""
    seen: Counter[BankRow] = Counter()
    keys = []
    for each in rows:
        seen[each] += 1
        said = [str(each.booked_on), str(each.amount), each.label, str(seen[each])]
        if each.reference:
            said.append(each.reference)
        keys.append(hashlib.sha256("\n".join(said).encode()).hexdigest())
    return keys


def _is_new(act: Change, key: str, row: BankRow) -> bool:
    values = {"booked_on": row.booked_on, "label": row.label, "amount": row.amount}
    _, is_new = BankLine.objects.get_or_create(
        key=key, defaults=values | {"imported_at": act.at, "imported_by": str(act.by)}
    )
    return is_new


def _newest() -> BankLine:
    return BankLine.objects.latest("pk")
