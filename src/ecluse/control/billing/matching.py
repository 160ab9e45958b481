"""Whose money a line of the bank's statement may be: by the invoices that it names, by its amount, by its client's name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ecluse.control.billing.models import BankLine
from ecluse.control.billing.queries import Standing
from ecluse.control.tenants.models import Client

_REFERENCE = re.compile(r"(?<![A-Z0-9])F[ -]?(\d{4})[ -]?(\d{5,7})(?!\d)")
# A structured creditor reference around it (ISO 11649), in groups of four or not.
_STRUCTURED = re.compile(r"(?<![A-Z0-9])RF ?(\d{2}) ?(F(?: ?\d){9,11})(?! ?\d)")
_LEGAL_FORMS = frozenset(
    {"SAS", "SASU", "SARL", "EURL", "SA", "SCI", "SNC", "GMBH", "LTD", "FILS", "THE", "LES", "DES"}
)
_MIN_WORD = 3


class Why(StrEnum):
    """What speaks for it."""

    NAMED = "named"  # It names the invoices.
    AMOUNT_AND_NAME = "amount-and-name"
    AMOUNT = "amount"  # Of one invoice alone.
    NAME = "name"  # Of one client alone.


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whom it may be from, and what it would pay."""

    why: Why
    client: Client
    parts: tuple[tuple[Standing, Decimal], ...]  # Each invoice, and how much of it.
    left: Decimal  # What would be kept as an advance.


def propose(line: BankLine, unpaid: Sequence[Standing]) -> Proposal | None:
    """None where nothing speaks for anybody, or as much for several. `unpaid`: of all clients; the oldest is paid first."""
    for why, found in _guesses(line, unpaid):
        if len({each.invoice.client_id for each in found}) == 1:
            parts = tuple(_parts(line.amount, found))
            return Proposal(why, found[0].invoice.client, parts, line.amount - sum(amount for _, amount in parts))
    return None


def named_in(text: str) -> list[str]:
    """References of invoices, in order, each once, however a bank has spaced them."""
    plain = _STRUCTURED.sub(_without_check, _upper(text))
    return list(dict.fromkeys(f"F{year}-{number}" for year, number in _REFERENCE.findall(plain)))


def _without_check(found: re.Match[str]) -> str:
    """The reference alone, where its check digits are right (modulo 97 is 1); else what stands there."""
    check, reference = found[1], found[2].replace(" ", "")
    digits = "".join(str(int(each, 36)) for each in f"{reference}RF{check}")
    return f" {reference} " if int(digits) % 97 == 1 else found[0]


def _guesses(line: BankLine, unpaid: Sequence[Standing]) -> Iterator[tuple[Why, list[Standing]]]:
    by_reference = {each.invoice.reference: each for each in unpaid}
    yield Why.NAMED, [by_reference[each] for each in named_in(line.label) if each in by_reference]
    words = frozenset(re.findall(r"[A-Z0-9]+", _upper(line.label)))
    of_amount = [each for each in unpaid if each.left == line.amount]
    of_name = sorted((each for each in unpaid if _is_in(each, words)), key=lambda each: each.invoice.pk)
    yield Why.AMOUNT_AND_NAME, [each for each in of_name if each.left == line.amount]
    if len(of_amount) == 1:
        yield Why.AMOUNT, of_amount
    yield Why.NAME, of_name


def _parts(amount: Decimal, found: Iterable[Standing]) -> Iterator[tuple[Standing, Decimal]]:
    for each in found:
        part = min(amount, each.left)
        if part <= 0:
            return
        amount -= part
        yield each, part


def _is_in(standing: Standing, words: frozenset[str]) -> bool:
    names = (standing.invoice.client.name, standing.invoice.buyer.plain["name"])
    return any(own and own <= words for own in map(_words, names))


def _words(name: str) -> frozenset[str]:
    found = re.findall(r"[A-Z0-9]+", _upper(name))
    return frozenset(each for each in found if len(each) >= _MIN_WORD) - _LEGAL_FORMS


def _upper(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text.upper()) if not unicodedata.combining(each))
