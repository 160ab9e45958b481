"""Addresses that clients' own servers have confirmed, as the journal has them (issue 6: discovery by call-forward)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from ecluse.domain.event import Ending, MessageEvent, Stage
from ecluse.domain.found_address import FoundAddress
from ecluse.domain.incoming import Direction
from ecluse.wire.notations import local_part

AGAIN_AFTER_S = 86_400.0
MAX_REMEMBERED = 100_000

# Of ann+news, and of what others have rewritten (bounce=ann), servers take any: it is no address of its own. A quoted
# one is another way to write one without quotes.
_NO_NAME_OF_ITS_OWN = frozenset('+="')


class FoundAddresses:
    """Tells each once a day, however much mail comes for it; after a start once more."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()  # Client and address -> when.

    def among(self, events: Iterable[MessageEvent]) -> Iterator[FoundAddress]:
        """Of mail that came: names that were tried at RCPT alone are in no event."""
        for event in events:
            for found in _found(event):
                if self._is_due(found):
                    yield found

    def _is_due(self, found: FoundAddress) -> bool:
        key = (found.client, found.address)
        told = self._told.get(key)
        if told is not None and found.at < told + AGAIN_AFTER_S:
            return False
        self._told.pop(key, None)
        self._told[key] = found.at
        if len(self._told) > MAX_REMEMBERED:
            self._told.popitem(last=False)
        return True


def _found(event: MessageEvent) -> Iterator[FoundAddress]:
    if event.stage is not Stage.OUTCOME or event.direction != Direction.INBOUND or not event.client:
        return
    for one in event.recipients:
        found = FoundAddress(event.client, one.address.casefold(), event.at)
        if one.is_found and one.fate is not Ending.REJECTED_BY_NEXT_HOP and _is_its_own_name(found):
            yield found


def _is_its_own_name(found: FoundAddress) -> bool:
    if not _NO_NAME_OF_ITS_OWN.isdisjoint(found.local):
        return False
    try:
        return local_part(found.address, found.domain) == found.local
    except ValueError:
        return False
