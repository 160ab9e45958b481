"""What an erasure says of itself: store by store what went, and what stayed and why; without naming anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecluse.domain.personal_data import Erasing


@dataclass(frozen=True, slots=True)
class Line:
    """What became of the traces in one field of one store."""

    store: str
    field: str
    erasing: Erasing
    rows: int
    why: str = ""  # It stays, or stays for a while.

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is left."""
        return self.erasing not in {Erasing.KEPT, Erasing.LAPSES}


def plain(lines: Iterable[Line]) -> list[dict[str, str | int]]:
    """As it is kept with the request."""
    return [
        {"store": each.store, "field": each.field, "erasing": each.erasing.value, "rows": each.rows, "why": each.why}
        for each in lines
    ]


def lines_of(kept: object) -> Iterator[Line]:
    """As it was kept; nothing where nothing was."""
    for each in kept if isinstance(kept, list) else ():
        yield Line(each["store"], each["field"], Erasing(each["erasing"]), each["rows"], each["why"])
