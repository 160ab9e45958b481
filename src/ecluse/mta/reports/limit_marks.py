"""Limits of outbound mail that are near or reached, as the journal has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecluse.domain.event import MessageEvent
from ecluse.domain.limit_mark import LimitMark


def limit_marks(events: Iterable[MessageEvent]) -> Iterator[LimitMark]:
    """Of clients' messages; of the provider's own servers nobody is told."""
    for event in events:
        yield from (each for each in event.limits if each.client)
