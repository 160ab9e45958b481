"""Recipients of outbound mail that their servers do not know, as the journal has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecluse.domain.event import Ending, MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.domain.suppression import UnknownRecipient
from ecluse.wire.smtp.answer_classes import is_nobody_there

_ENDED = frozenset({Ending.BOUNCED, Ending.EXPIRED, Ending.REJECTED_BY_NEXT_HOP})


def unknown_recipients(events: Iterable[MessageEvent]) -> Iterator[UnknownRecipient]:
    """Of clients' messages: whoever was turned down for good because he is not there."""
    for event in events:
        if event.direction != Direction.OUTBOUND or not event.client:
            continue
        for one in event.recipients:
            if one.fate in _ENDED and is_nobody_there(one.reply):
                yield UnknownRecipient(event.client, one.address.casefold(), event.id, event.at, one.reply)
