"""Where invoices are deposited, and who tells what becomes of them: an approved platform, or whatever leads to one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.invoice_status import ToldStatus


class InvoicePlatform(Protocol):
    """Each function raises `Unavailable` where it cannot be reached."""

    def deposit(self, reference: str, body: bytes) -> None:
        """Hand over a Factur-X file; returns once it is kept there. Again, it is the same deposit."""
        ...

    def told(self) -> Iterator[tuple[str, tuple[ToldStatus, ...]]]:
        """What was said and is not done with, by the name of the notice. What cannot be read is left out."""
        ...

    def done(self, notice: str) -> None:
        """It has been kept, and is not told again."""
        ...
