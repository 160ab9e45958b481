"""The octets that came and were not read yet, given out as command lines or as stretches of content."""

from __future__ import annotations

from ecluse.wire.smtp import replies
from ecluse.wire.smtp.grammar import SyntaxTrouble

_CRLF = b"\r\n"


class InputBuffer:
    """What a session has still to read; of a command line it keeps no more than `max_line_octets`."""

    __slots__ = ("_at", "_has_cut", "_max_line_octets", "_octets")

    def __init__(self, max_line_octets: int) -> None:
        self._max_line_octets = max_line_octets
        self._octets = b""
        self._at = 0  # What stands before it was read: many short commands in one piece cost no copy each.
        self._has_cut = False  # The beginning of the line that comes was thrown away.

    def __len__(self) -> int:
        return len(self._octets) - self._at

    def feed(self, data: bytes) -> None:
        """Add octets at the end."""
        self._octets = self._octets[self._at :] + data
        self._at = 0

    def clear(self) -> None:
        """Throw all away."""
        self._octets, self._at, self._has_cut = b"", 0, False

    def take_line(self) -> bytes | None:
        """The next line without its CRLF, or None while it has no end.

        Raises `SyntaxTrouble` in the place of a line that is too long.
        """
        end = self._octets.find(_CRLF, self._at)
        if end < 0:
            self._cut_long_line()
            return None
        line = self._octets[self._at : end]
        self._at = end + len(_CRLF)
        has_cut, self._has_cut = self._has_cut, False
        if has_cut or len(line) + len(_CRLF) > self._max_line_octets:
            raise SyntaxTrouble(replies.LINE_TOO_LONG)
        return line

    def take(self, most: int) -> bytes:
        """Up to `most` octets, as many as there are."""
        piece = self._octets[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def take_all(self) -> bytes:
        """All octets."""
        piece = self._octets[self._at :]
        self._octets, self._at = b"", 0
        return piece

    def _cut_long_line(self) -> None:
        if len(self._octets) - self._at >= self._max_line_octets:
            self._octets = b"\r" if self._octets.endswith(b"\r") else b""
            self._at = 0
            self._has_cut = True
