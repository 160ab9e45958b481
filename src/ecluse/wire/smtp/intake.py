"""One message on its way in: its size, what was found wrong with it, and what is passed on of it."""

from __future__ import annotations

from ecluse.domain.reply import Reply
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.data import BdatReader, DataReader, Newlines
from ecluse.wire.smtp.events import ContentDropped, ContentPiece

_SLACK_OCTETS = 65_536


class Intake:
    """The content of one transaction, by DATA or by BDAT.

    Its first fault drops the message at once; the octets up to its end are read without being kept, and `trouble`
    is what is answered then.
    """

    __slots__ = ("_chunks", "_data", "_max_bytes", "raw_octets", "size", "trouble")

    def __init__(self, max_bytes: int, newlines: Newlines) -> None:
        self._max_bytes = max_bytes
        self.raw_octets = 0  # As they came, what was dropped included.
        self._data = DataReader(newlines)
        self._chunks = BdatReader(newlines)
        self.size = 0  # Octets passed on.
        self.trouble: Reply | None = None

    @property
    def is_flood(self) -> bool:
        """Twice what we announced has come and no end: nobody means this as a message."""
        return self.raw_octets > 2 * self._max_bytes + _SLACK_OCTETS

    def read_data(self, piece: bytes) -> tuple[ContentPiece | ContentDropped | None, bytes | None]:
        """What happened, and what follows the end of data; None while the end has not come."""
        octets, rest = self._data.feed(piece)
        return self._count(octets, self._data.fault, len(piece)), rest

    def read_chunk(self, piece: bytes) -> ContentPiece | ContentDropped | None:
        """What happened."""
        return self._count(self._chunks.feed(piece), self._chunks.fault, len(piece))

    def end_chunks(self) -> ContentPiece | ContentDropped | None:
        """What happened to the octet that waited for its successor."""
        return self._count(self._chunks.finish(), self._chunks.fault, 0)

    def announce(self, octets: int) -> ContentDropped | None:
        """What happens because a chunk of this size comes: nothing when there is room for it."""
        fits = self.size + octets <= self._max_bytes
        return None if fits or self.trouble else self._drop(replies.TOO_LARGE)

    def _count(self, octets: bytes, fault: Reply | None, raw_octets: int) -> ContentPiece | ContentDropped | None:
        self.raw_octets += raw_octets
        if self.trouble:
            return None
        self.size += len(octets)
        if fault or self.size > self._max_bytes:
            return self._drop(fault or replies.TOO_LARGE)
        return ContentPiece(octets) if octets else None

    def _drop(self, reply: Reply) -> ContentDropped:
        self.trouble = reply
        return ContentDropped()
