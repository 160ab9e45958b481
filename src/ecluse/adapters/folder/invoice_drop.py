"""The port `InvoicePlatform` as two folders: files go out by `out`, notices come in by `in`, moved there by who serves them.

A notice is a CSV of lines "reference;status;time;reason", such as `F2026-00001;210;2026-02-03T10:00:00+01:00;wrong order`.
It is put in under a name that ends in `.csv` once it is whole, and lies in `in/read` when it is done with.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ecluse.adapters.folder.disk import disk_errors, make_folder, write_durably
from ecluse.domain.invoice_status import PlatformStatus, ToldStatus
from ecluse.domain.printable import printable

_WHAT = "invoices"
_REFERENCE = re.compile(r"[A-Z][0-9]{4}-[0-9]{5,9}")
_NOTICE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,150}\.csv")
_MAX_OCTETS = 1_000_000
_MAX_NOTICES = 1_000  # At once.
_MAX_REASON = 300
_LEAST_CELLS = 3


class InvoiceDrop:
    """See `ecluse.ports.invoice_platform.InvoicePlatform`."""

    def __init__(self, folder: Path) -> None:
        self._out, self._in, self._read = folder / "out", folder / "in", folder / "in/read"

    def deposit(self, reference: str, body: bytes) -> None:
        """See `InvoicePlatform.deposit`."""
        if not _REFERENCE.fullmatch(reference):
            raise ValueError(f"{reference!r} is no number of an invoice")
        with disk_errors(_WHAT):
            make_folder(self._out)
            write_durably(self._out / f"{reference}.pdf", body)

    def told(self) -> Iterator[tuple[str, tuple[ToldStatus, ...]]]:
        """See `InvoicePlatform.told`."""
        with disk_errors(_WHAT):
            make_folder(self._read)
            names = sorted(path.name for path in self._in.iterdir() if _NOTICE.fullmatch(path.name))[:_MAX_NOTICES]
        for name in names:
            yield name, tuple(_statuses(self._text(name)))

    def done(self, notice: str) -> None:
        """See `InvoicePlatform.done`."""
        if not _NOTICE.fullmatch(notice):
            raise ValueError(f"{notice!r} is no notice")
        with disk_errors(_WHAT):
            (self._in / notice).replace(self._read / notice)

    def _text(self, name: str) -> str:
        with disk_errors(_WHAT), (self._in / name).open("rb") as file:
            return file.read(_MAX_OCTETS).decode("utf-8", "replace")


def _statuses(text: str) -> Iterator[ToldStatus]:
    for row in csv.reader(text.splitlines(), delimiter=";", quoting=csv.QUOTE_NONE):
        with suppress(ValueError):
            yield _status(row)


def _status(row: list[str]) -> ToldStatus:
    """Raises `ValueError`."""
    if len(row) < _LEAST_CELLS:
        raise ValueError("expected reference;status;time;reason")
    reference, status, time, *rest = (cell.strip() for cell in row)
    at = datetime.fromisoformat(time)
    if not _REFERENCE.fullmatch(reference) or at.tzinfo is None:
        raise ValueError("expected the number of an invoice, and a time with its zone")
    return ToldStatus(reference, PlatformStatus(status), at, printable(" ".join(rest))[:_MAX_REASON])
