"""A message's files: which parts are to be opened, and their octets, decoded once for all collectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecluse.domain.content import Content
from ecluse.filtering.body import Body
from ecluse.wire.mime.decoded_stream import DecodedStream
from ecluse.wire.mime.decoding import readings
from ecluse.wire.mime.structure import Part
from ecluse.wire.mime.suffixes import suffixes

KEPT_OCTETS = 1_048_576  # Of all files of a message, in every reading; what is beyond is decoded for each who asks.

# Texts that a reader shows in the message; as attachments the harmless ones among them are not opened either.
_SHOWN_TYPES = frozenset({"text/plain", "text/html", "text/enriched", "text/calendar", "text/x-amp-html"})
_PLAIN_SUFFIXES = frozenset({"", "txt", "text", "log", "csv", "ics", "md", "asc", "diff", "patch"})
_REPORT_TYPES = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_HEAD_OCTETS = 1_024
_NOT_TEXT = bytes(octet for octet in range(32) if octet not in b"\t\n\f\r\x1b")
# Files that begin with letters.
_MARKS = (
    b"PK",
    b"MZ",
    b"Rar!",
    b"MSCF",
    b"%PDF",
    b"%!PS",
    b"{\\rtf",
    b"#@~^",
    b"ITSF",
    b"!<arch>",
    b"=ybegin",
    b"begin ",
)


class MessageFiles:
    """Everything but what a reader shows as text and what is text by its octets; may be asked by several threads."""

    __slots__ = ("_content", "_kept", "_left", "parts")

    def __init__(self, content: Content, body: Body) -> None:
        self._content = content
        self._kept: dict[int, tuple[bytes, ...]] = {}  # By the identity of the part, which `body` keeps alive.
        self._left = KEPT_OCTETS
        self.parts = tuple(part for part in body.leaves if part.end > part.start and not _is_text(content, part))

    def readings(self, part: Part) -> tuple[bytes, ...]:
        """The octets of a leaf in every reading, each once, the usual one first; none that is empty."""
        found = self._kept.get(id(part))
        if found is None:
            found = _decoded(self._content, part)
            octets = sum(map(len, found))
            if octets <= self._left:
                self._left -= octets
                self._kept[id(part)] = found
        return found

    def chunks(self, part: Part) -> Iterable[bytes]:
        """The octets of a leaf in its usual reading, a large one piece by piece."""
        if part.end - part.start > self._left and id(part) not in self._kept:
            return DecodedStream(self._content, part).chunks()
        return self.readings(part)[:1]


def _decoded(content: Content, part: Part) -> tuple[bytes, ...]:
    source = part.source or content
    raw = source.slice(part.start, part.end)
    return tuple(dict.fromkeys(octets for encoding in part.encodings for octets in readings(raw, encoding) if octets))


def _is_text(content: Content, part: Part) -> bool:
    # A reader shows text whatever part is called a report, but it opens what its name says.
    if part.type not in _SHOWN_TYPES | _REPORT_TYPES:
        return False
    is_page = part.type in {"text/html", "text/x-amp-html"}
    if is_page and (part.disposition == "attachment" or part.filenames):
        # A page that is opened by itself runs scripts, which no mail reader does.
        return False
    names = {suffix for name in part.filenames for suffix in suffixes(name) or ("",)}
    return names <= _PLAIN_SUFFIXES and all(_looks_like_text(head) for head in _heads(content, part))


def _looks_like_text(head: bytes) -> bool:
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return not head.startswith(_MARKS) and (is_wide or len(head.translate(None, _NOT_TEXT)) == len(head))


def _heads(content: Content, part: Part) -> Iterator[bytes]:
    source = part.source or content
    raw = source.slice(part.start, min(part.end, part.start + _HEAD_OCTETS))
    return (head.lstrip() for encoding in part.encodings for head in readings(raw, encoding))
