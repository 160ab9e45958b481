"""Statements of French banks as CSV: what came, and with which words."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from ecluse.control.billing.bank_row import MAX_ROWS, BadStatement, BankRow, label_of
from ecluse.domain.money import CENT

MAX_BYTES = 1_000_000
_PREAMBLE_ROWS = 30  # Account, owner, period: banks write them above the head.
_MAX_DIGITS = 12
_DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y%m%d")
_DELIMITERS = (";", "\t", ",")

# Heads of columns, without accents and whatever is no letter; the first that is there is used, of labels all.
_DATE = (
    "dateoperation",
    "datedoperation",
    "datedeloperation",
    "datecomptable",
    "datedecomptabilisation",
    "dateope",
    "bookingdate",
    "date",
)
_LABEL = (
    "libelle",
    "libelleoperation",
    "libelledeloperation",
    "libellesimplifie",
    "intitule",
    "label",
    "description",
    "detail",
    "details",
    "motif",
    "communication",
    "reference",
    "informationscomplementaires",
    "payer",
)
_AMOUNT = ("montant", "montantdeloperation", "montantoperation", "amount")
_CREDIT = ("credit", "montantcredit", "montantaucredit")
_DEBIT = ("debit", "montantdebit", "montantaudebit")
# A column that says which side an amount beside it stands on.
_SIDE = (
    "sens",
    "sensoperation",
    "sensdeloperation",
    "debitcredit",
    "creditdebit",
    "debitoucredit",
    "creditdebitindicator",
)
_DEBITS = ("d", "db", "dr", "debit", "dbit", "debiteur", "-")
_CREDITS = ("c", "cr", "credit", "crdt", "crediteur", "+")
_SIDES = dict.fromkeys(_DEBITS, -1) | dict.fromkeys(_CREDITS, 1)
_CURRENCY = re.compile(r"(en)?(euros?|eur)$")
_GROUPS = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(\1\d{3})*")  # "1.500": a thousand and a half, or one and a half?


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where what stands."""

    date: int
    labels: tuple[int, ...]
    amount: int | None
    credit: int | None
    debit: int | None
    side: int | None


def read(content: bytes) -> list[BankRow]:
    """Its lines in order. Raises `BadStatement`."""
    text = _decoded(content)
    delimiter = max(_DELIMITERS, key=lambda each: _head_score(text, each))
    rows = enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1)
    try:
        columns = _columns(rows)
        found = [_row(line, cells, columns) for line, cells in rows if any(each.strip() for each in cells)]
    except csv.Error:
        raise BadStatement("it is no CSV") from None
    if len(found) > MAX_ROWS:
        raise BadStatement("it has too many lines")
    return found


def _decoded(content: bytes) -> str:
    """UTF-8, else what banks' programs write on Windows."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _head_score(text: str, delimiter: str) -> int:
    """How many heads that we know a line has, when it is split there."""
    lines = text.splitlines()[:_PREAMBLE_ROWS]
    known = {*_DATE, *_LABEL, *_AMOUNT, *_CREDIT, *_DEBIT}
    return max((sum(_plain(cell) in known for cell in line.split(delimiter)) for line in lines), default=0)


def _columns(rows: Iterator[tuple[int, list[str]]]) -> _Columns:
    """Of the head; the rows behind it are left. Raises `BadStatement`."""
    for line, cells in rows:
        names = [_plain(each) for each in cells]
        day, amount, credit = _first(names, _DATE), _first(names, _AMOUNT), _first(names, _CREDIT)
        labels = tuple(index for index, name in enumerate(names) if name in _LABEL)
        if day is not None and labels and (amount is not None or credit is not None):
            side = None if amount is None else _first(names, _SIDE)
            return _Columns(day, labels, amount, credit, _first(names, _DEBIT), side)
        if line >= _PREAMBLE_ROWS:
            break
    raise BadStatement("no line names the columns date, label, and amount or credit")


def _first(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(each) for each in wanted if each in names), None)


def _plain(head: str) -> str:
    """Letters alone, without a currency: `Montant (EUR)` is `montant`."""
    letters = "".join(
        each for each in unicodedata.normalize("NFKD", head.casefold()) if each.isascii() and each.isalpha()
    )
    return _CURRENCY.sub("", letters)


def _row(line: int, cells: Sequence[str], columns: _Columns) -> BankRow:
    label = label_of(" ".join(_cell(cells, each) for each in columns.labels))
    return BankRow(_day(_cell(cells, columns.date), line), label, _amount(cells, columns, line))


def _amount(cells: Sequence[str], columns: _Columns, line: int) -> Decimal:
    if columns.amount is not None and (text := _cell(cells, columns.amount)):
        amount = _money(text, line)
        return amount if columns.side is None else _on_its_side(amount, _cell(cells, columns.side), line)
    # Some banks write what went with a sign, and some without.
    credit = _money(_cell(cells, columns.credit), line)
    return credit or -abs(_money(_cell(cells, columns.debit), line))


def _on_its_side(amount: Decimal, said: str, line: int) -> Decimal:
    """With the sign that a column of its own gives it. Raises `BadStatement` where that is not clear."""
    sign = _SIDES.get(_plain(said) or said)
    if sign is None or (sign > 0 > amount):
        raise BadStatement("it is not clear whether an amount came or went", line)
    return sign * abs(amount)


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index].strip() if index is not None and index < len(cells) else ""


def _day(text: str, line: int) -> date:
    for pattern in _DAYS:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day of the bank's, without an hour.
        except ValueError:
            continue
    raise BadStatement("no date stands where one should", line)


def _money(text: str, line: int) -> Decimal:
    """`1 234,56`, `1.234,56-`, `1,234.56`, `+12`: EUR; no text is nothing. Raises `BadStatement` for what is not whole cents."""
    plain = re.sub(r"[\s'\u2019\u20ac]|EUR", "", text)
    if plain.endswith("-"):
        plain = f"-{plain[:-1]}"
    if _GROUPS.fullmatch(plain):
        raise BadStatement("an amount may be meant in thousands, or not", line)
    point = max(plain.rfind(","), plain.rfind("."))
    if point >= 0:
        whole, cents = re.sub(r"[.,]", "", plain[:point]), plain[point + 1 :]
        plain = f"{whole}.{cents}"
    if not plain:
        return Decimal(0)
    if not re.fullmatch(rf"[+-]?\d{{0,{_MAX_DIGITS - 2}}}(\.\d{{1,2}}0*)?", plain):
        raise BadStatement("no amount of whole cents stands where one should", line)
    try:
        return Decimal(plain).quantize(CENT)
    except InvalidOperation:
        raise BadStatement("no amount stands where one should", line) from None
