"""Message content on the wire: where it ends (RFC 5321 section 4.1.1.4) and what may not stand in it (2.3.8)."""

from __future__ import annotations

from enum import StrEnum

from ecluse.domain.reply import Reply
from ecluse.wire.smtp.replies import BARE_NEWLINE, NUL_OCTET

_CRLF = b"\r\n"
_END = b"\r\n.\r\n"
_DOT_LINE = b"\r\n."


class Newlines(StrEnum):
    """What becomes of a bare CR or LF in a message. It never ends the message, whichever is chosen."""

    REFUSE = "refuse"
    MEND = "mend"  # It is made CRLF before anybody looks at the message.


class _ContentRules:
    """What holds for content however it comes; remembers the first breach in `fault`."""

    __slots__ = ("_newlines", "fault")

    def __init__(self, newlines: Newlines) -> None:
        self._newlines = newlines
        self.fault: Reply | None = None

    def _checked(self, octets: bytes) -> bytes:
        """The octets as they may be passed on; no CRLF may be cut apart at their ends."""
        if b"\0" in octets:
            self.fault = NUL_OCTET
        # Two replacements by single octets run at memory speed, unlike any search for pairs:
        # only octets whose CR and LF all stand in pairs come back unchanged.
        elif octets.replace(b"\r", b"").replace(b"\n", _CRLF) != octets:
            if self._newlines is Newlines.MEND:
                return octets.replace(_CRLF, b"\n").replace(b"\r", b"\n").replace(b"\n", _CRLF)
            self.fault = BARE_NEWLINE
        return octets


class DataReader(_ContentRules):
    """Reads what follows 354: ends at CRLF.CRLF alone, undoes dot-stuffing, finds what is not allowed.

    Once `fault` is set the octets given back mean nothing, but the true end is still found.
    """

    __slots__ = ("_held", "_phantom")

    def __init__(self, newlines: Newlines) -> None:
        super().__init__(newlines)
        # The CRLF that ended the DATA command makes a dot at the very start stand at the start of a line.
        self._held = _CRLF
        self._phantom = len(_CRLF)

    def feed(self, piece: bytes) -> tuple[bytes, bytes | None]:
        """The next content, and what follows the end of data; None while the end has not come."""
        octets = self._held + piece
        end, has_dot_lines = _find_end(octets)
        if end >= 0:
            body, rest = octets[: end + len(_CRLF)], octets[end + len(_END) :]
        else:
            held = _length_of_begun_end(octets)
            body, rest = octets[: len(octets) - held], None
            self._held = octets[len(octets) - held :]
        return self._read(body, has_dot_lines=has_dot_lines), rest

    def _read(self, body: bytes, *, has_dot_lines: bool) -> bytes:
        if self.fault is not None or not body:
            return b""
        if has_dot_lines:
            body = body.replace(_DOT_LINE, _CRLF)
        checked = self._checked(body)
        phantom, self._phantom = self._phantom, 0
        return checked[phantom:] if phantom else checked


class BdatReader(_ContentRules):
    """Reads BDAT chunks (RFC 3030): their sizes are exact and nothing is stuffed; the rules for content are the same."""

    __slots__ = ("_held",)

    def __init__(self, newlines: Newlines) -> None:
        super().__init__(newlines)
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """The next content. A CR at the end waits for what follows it."""
        octets = self._held + piece if self._held else piece
        self._held = octets[-1:] if octets.endswith(b"\r") else b""
        body = octets[:-1] if self._held else octets
        return self._checked(body) if self.fault is None else b""

    def finish(self) -> bytes:
        """What was still held back at the end of the last chunk."""
        held, self._held = self._held, b""
        return self._checked(held) if held and self.fault is None else b""


def _find_end(octets: bytes) -> tuple[int, bool]:
    """Where the first CRLF.CRLF begins or -1, and whether other lines may begin with a dot.

    A search for one octet and a search from the end cost a fraction of `bytes.find` for the whole sequence,
    and mostly the sequence stands at the end or nowhere.
    """
    if b"." not in octets:
        return -1, False
    last = octets.rfind(_DOT_LINE)
    if last < 0:
        return -1, False
    if last == len(octets) - len(_END) and octets.endswith(_END) and not _has_dot_line(octets, last):
        return last, False
    return octets.find(_END), True


def _has_dot_line(octets: bytes, before: int) -> bool:
    return octets.find(b".", 0, before) >= 0 and octets.rfind(_DOT_LINE, 0, before) >= 0


def _length_of_begun_end(octets: bytes) -> int:
    """How many of the last octets may turn out to belong to CRLF.CRLF."""
    for length in range(len(_END) - 1, 0, -1):
        if octets.endswith(_END[:length]):
            return length
    return 0
