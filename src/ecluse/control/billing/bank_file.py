"""Statements of the provider's bank, as CSV or as CAMT.053. Bounded; nothing is guessed about a line that is not clear."""

from __future__ import annotations

import codecs

from ecluse.control.billing import bank_camt, bank_csv
from ecluse.control.billing.bank_row import BadStatement, BankRow

MAX_BYTES = max(bank_csv.MAX_BYTES, bank_camt.MAX_BYTES)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_bank_file(content: bytes) -> list[BankRow]:
    """Its lines in order. Raises `BadStatement`."""
    is_xml = _is_xml(content)
    if len(content) > (bank_camt.MAX_BYTES if is_xml else bank_csv.MAX_BYTES):
        raise BadStatement("it is too large")
    return bank_camt.read(content) if is_xml else bank_csv.read(content)


def _is_xml(content: bytes) -> bool:
    begin = content[:100].removeprefix(codecs.BOM_UTF8).lstrip()
    return begin.startswith(b"<") or (begin.startswith(_UTF16) and b"<" in begin[:4])
