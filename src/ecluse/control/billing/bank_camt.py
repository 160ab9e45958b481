"""Statements of banks as CAMT.053 (ISO 20022), versions 02 to 10, out of XML that came from outside.

Elements are known by their names without a namespace: what a statement's reader needs stands where it stood in all of them, or deeper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from xml.parsers import expat

from ecluse.control.billing.bank_row import MAX_ROWS, BadStatement, BankRow, label_of
from ecluse.domain.money import CENT

MAX_BYTES = 5_000_000  # A line takes some 2,000 octets of it.
MAX_ELEMENTS = 250_000
MAX_DEPTH = 32
_MAX_TEXT = 1_000
_STATEMENT = ("Document", "BkToCstmrStmt", "Stmt")
_AMOUNT = re.compile(r"\d{1,10}(\.\d{1,2}0*)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SIGNS: Mapping[str, int] = MappingProxyType({"CRDT": 1, "DBIT": -1})
_NO_REFERENCE = "NOTPROVIDED"  # What stands where the payer gave none.
_PAYERS = ("Dbtr/Nm", "Dbtr/Pty/Nm", "UltmtDbtr/Nm", "UltmtDbtr/Pty/Nm")


def read(content: bytes) -> list[BankRow]:
    """Booked lines in order, those of a batch one by one. Raises `BadStatement`."""
    root = _tree(content)
    if root.name != _STATEMENT[0] or not (statements := root.all("/".join(_STATEMENT[1:]))):
        raise BadStatement("it is no CAMT.053")
    entries = [entry for statement in statements for entry in statement.all("Ntry")]
    rows = [row for entry in entries if _is_booked(entry) for row in _rows(entry)]
    if len(rows) > MAX_ROWS:
        raise BadStatement("it has too many lines")
    return rows


@dataclass(slots=True)
class _Element:
    """One element: its name without a namespace, its text, what is in it."""

    name: str
    line: int
    currency: str = ""
    text: str = ""
    children: list[_Element] = field(default_factory=list)

    def all(self, path: str) -> list[_Element]:
        """Those that stand there below it, in order."""
        found = [self]
        for name in path.split("/"):
            found = [child for each in found for child in each.children if child.name == name]
        return found

    def first(self, *paths: str) -> str:
        """The text of the first that stands on one of these paths, and says something."""
        return next((each.text for path in paths for each in self.all(path) if each.text), "")


class _Builder:
    """What the parser tells, as a tree of so many elements at most."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.root: _Element | None = None
        self._parser = parser
        self._open: list[_Element] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise BadStatement("it has more or deeper elements than a statement has")
        line = self._parser.CurrentLineNumber
        element = _Element(tag.rpartition(":")[2], line, attributes.get("Ccy", ""))
        if self._open:
            self._open[-1].children.append(element)
        self.root = self.root or element
        self._open.append(element)

    def add_text(self, text: str) -> None:
        element = self._open[-1]
        element.text += text[: _MAX_TEXT - len(element.text)]

    def end(self, _tag: str) -> None:
        element = self._open.pop()
        element.text = element.text.strip()

    def refuse(self, *_declaration: object) -> None:
        """A statement needs neither a document type nor entities of its own; both are only ever used to attack its reader."""
        raise BadStatement("it declares a document type")


def _tree(content: bytes) -> _Element:
    parser = expat.ParserCreate()
    builder = _Builder(parser)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.add_text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes no keywords.
    except expat.ExpatError as problem:
        raise BadStatement("it is no XML", problem.lineno) from None
    except (LookupError, ValueError):  # An encoding that nobody knows.
        raise BadStatement("it is in no encoding that is known") from None
    if builder.root is None:
        raise BadStatement("it is empty")
    return builder.root


def _is_booked(entry: _Element) -> bool:
    """What is only expected, or said for information, is no money yet."""
    return entry.first("Sts/Cd", "Sts") in {"BOOK", ""}


def _rows(entry: _Element) -> list[BankRow]:
    """One of each transaction of a batch, where they come to what the entry says; else one of all that it says."""
    amount, details, day = _signed(entry, entry), entry.all("NtryDtls/TxDtls"), _day(entry)
    own = entry.first("AcctSvcrRef", "NtryRef")
    parts = [each for each in (_part(one, entry) for one in details) if each is not None]
    if 1 < len(parts) == len(details) and sum(parts) == amount:
        return [
            BankRow(day, _label(entry, [one]), part, one.first("Refs/AcctSvcrRef") or own)
            for part, one in zip(parts, details, strict=True)
        ]
    return [BankRow(day, _label(entry, details), amount, own)]


def _part(details: _Element, entry: _Element) -> Decimal | None:
    """What one transaction moved; None where that does not stand there in euros."""
    holder = next((each for each in (details, *details.all("AmtDtls/TxAmt")) if each.all("Amt")), None)
    try:
        return None if holder is None else _signed(holder, details if details.all("CdtDbtInd") else entry)
    except BadStatement:
        return None


def _signed(holder: _Element, said_by: _Element) -> Decimal:
    """Raises `BadStatement` for what is no amount of whole cents in euros, or on no side."""
    amount = next(iter(holder.all("Amt")), holder)
    sign = _SIGNS.get(said_by.first("CdtDbtInd"))
    if amount.currency != "EUR" or sign is None or not _AMOUNT.fullmatch(amount.text):
        raise BadStatement("no amount of whole cents in euros stands where one should", amount.line)
    return sign * Decimal(amount.text).quantize(CENT)


def _day(entry: _Element) -> date:
    """When it was booked. Raises `BadStatement`."""
    said = _DAY.match(entry.first("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    try:
        return date.fromisoformat(said[0] if said else "")
    except ValueError:
        raise BadStatement("no date stands where one should", entry.line) from None


def _label(entry: _Element, details: Sequence[_Element]) -> str:
    """Who paid, and every word that may say for what; each once. What names an invoice comes first: a label has an end."""
    words = dict.fromkeys(each for one in details for each in _words(one))
    words |= dict.fromkeys(filter(None, (each.text for each in entry.all("AddtlNtryInf"))))
    words.pop(_NO_REFERENCE, None)
    return label_of(" ".join(words))


def _words(details: _Element) -> Iterator[str]:
    yield from (details.first(f"RltdPties/{path}") for path in _PAYERS)
    for path in ("Strd/CdtrRefInf/Ref", "Strd/RfrdDocInf/Nb", "Ustrd", "Strd/AddtlRmtInf"):
        yield from (each.text for each in details.all(f"RmtInf/{path}") if each.text)
    yield details.first("Refs/EndToEndId")
    yield details.first("AddtlTxInf")
