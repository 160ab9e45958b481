"""Answers of the domain name system, kept as long as they may be (RFC 1035 section 7.4, RFC 2308)."""

from __future__ import annotations

import time
from collections import OrderedDict

from ecluse.domain.dns import Answer, DnsStatus

MIN_TTL_S = 5  # A TTL of 0 would ask again for each collector of the same message.
MAX_TTL_S = 86_400
MAX_NEGATIVE_TTL_S = 3_600  # RFC 2308 section 5 advises one to three hours.
FAILURE_TTL_S = 5  # RFC 2308 section 7 allows five minutes; ours heals soon.

Key = tuple[str, str]  # Name in lower case without final dot, type.


class AnswerCache:
    """The most recently used answers; none is given out after its time."""

    __slots__ = ("_entries", "_size")

    def __init__(self, size: int) -> None:
        """Keep at most `size` answers."""
        self._size = size
        self._entries: OrderedDict[Key, tuple[float, Answer]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: Key) -> Answer | None:
        """The answer that still holds."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= time.monotonic():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def keep(self, key: Key, answer: Answer) -> None:
        """Remember an answer and forget the one that was not asked for longest."""
        self._entries[key] = (time.monotonic() + kept_s(answer), answer)
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


def kept_s(answer: Answer) -> int:
    """How long an answer is believed."""
    if answer.is_temporary:
        return FAILURE_TTL_S
    longest = MAX_TTL_S if answer.status is DnsStatus.OK else MAX_NEGATIVE_TTL_S
    return max(MIN_TTL_S, min(answer.ttl, longest))
