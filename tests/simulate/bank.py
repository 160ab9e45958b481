"""The bank of the provider: money that comes by transfer, told in statements that overlap, and whose each line is (6-5)."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django_scopes import scopes_disabled

from ecluse.control.billing import bank_lines
from ecluse.control.billing.bank_file import read_bank_file
from ecluse.control.billing.bank_lines import BankLine
from ecluse.control.billing.matching import Why, propose
from ecluse.control.billing.models import Invoice
from ecluse.control.billing.queries import invoices_of_all
from ecluse.domain.errors import Impossible
from tests.simulate.spans import DAY

if TYPE_CHECKING:
    from tests.simulate.world import World

BY_STATEMENT = 0.6  # Of all transfers; of the others a person has looked at the account, and entered them.
OVERLAP = 4 * DAY  # So far back each statement begins.
_OWN = "INTERETS CREDITEURS"  # The bank's own money, which is no client's.
_OWN_AMOUNT = Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Transfer:
    """One line that the bank has booked."""

    booked_on: date
    label: str
    amount: Decimal  # Below 0 what went.
    payer: int | None  # The client; None: nobody's.


class Bank:
    """Of the whole installation."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self._dice = world, random.Random(f"{seed}/bank")
        self.booked: list[Transfer] = []
        self.proposed: Counter[str] = Counter()  # What spoke for whom a line was proposed to be from.

    def is_asked(self) -> bool:
        """Whether the next transfer is known by a statement alone."""
        return self._dice.random() < BY_STATEMENT

    def live(self) -> None:
        """Now and then two lines of the bank's own that say the same, and rent that goes."""
        if self.world.today.day == 5:
            own = Transfer(self.world.today, _OWN, _OWN_AMOUNT, None)
            self.booked += [own, own, Transfer(self.world.today, "LOYER", Decimal(-900), None)]
            for line in self._imported():
                bank_lines.ignore_line(line, by=self.world.operator)

    def send(self, invoice: Invoice, amount: Decimal, name: str) -> None:
        """A client's money comes, with such words as people write; the provider imports, looks, and says whose it is."""
        label = self._label(name, invoice)
        self.booked.append(Transfer(self.world.today, label, amount, invoice.client_id))
        [line] = self._imported()
        invoices = [invoice]
        bank_lines.apply_line(line, invoice.client, self._said(line, invoice), by=self.world.operator)
        with self.world.refused(Impossible, f"6-5: {line} was booked twice"):
            bank_lines.apply_line(line, invoice.client, invoices, by=self.world.operator)

    def _label(self, name: str, invoice: Invoice) -> str:
        series, _, number = invoice.reference.rpartition("-")
        words = (f"{name} {invoice.reference}", f"VIR {name} FACT {series} {number}", f"VIREMENT {name}")
        return f"{self._dice.choice(words)} /{len(self.booked)}"  # The bank's own number of it.

    def _said(self, line: BankLine, invoice: Invoice) -> list[Invoice]:
        """What the page proposes, where that is right; else a person finds it out, and writes its number."""
        with scopes_disabled():  # As the page: over all clients.
            found = propose(line, invoices_of_all(self.world.today, is_open=True))
        names = [] if found is None else [each.invoice.reference for each, _ in found.parts]
        is_right = found is not None and found.client.pk == invoice.client_id and names == [invoice.reference]
        if found is not None:
            self.proposed[found.why.value if is_right else "wrong"] += 1
            self.world.expect(is_right or found.why != Why.NAMED, f"6-5: {line.label} names {names}")
        return bank_lines.whose(invoice.reference)[1]

    def _imported(self) -> list[BankLine]:
        """What is new in today's statement; nothing of it is new a second time."""
        statement = self._statement()
        bank_lines.keep_rows(read_bank_file(statement), by=self.world.operator)
        again = bank_lines.keep_rows(read_bank_file(statement), by=self.world.operator)
        self.world.expect(again.new == 0, f"6-5: {again.new} lines were new twice")
        return list(bank_lines.waiting_lines())

    def _statement(self) -> bytes:
        """As a French bank writes it."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        writer.writerow(["Compte", "FR76 0000", "", ""])
        writer.writerow(["Date opération", "Libellé", "Débit", "Crédit"])
        for each in self.booked:
            if each.booked_on >= self.world.today - OVERLAP:
                money = f"{abs(each.amount):.2f}".replace(".", ",")
                sides = ("", money) if each.amount > 0 else (money, "")
                writer.writerow([f"{each.booked_on:%d/%m/%Y}", each.label, *sides])
        return out.getvalue().encode("cp1252")
