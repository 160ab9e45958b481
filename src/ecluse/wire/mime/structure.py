"""The MIME structure of a message (RFC 2045 to 2049), with every other structure that some reader sees in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from ecluse.domain.content import Content, MemoryContent
from ecluse.wire.mime.decoding import BASE64, IDENTITY, UUENCODE, YENC, decode, is_cut_short, readings
from ecluse.wire.mime.defects import Defect
from ecluse.wire.mime.entity import EntityHead, read_head
from ecluse.wire.mime.fields import MAX_FIELDS, MAX_OCTETS, HeaderSection, read_section
from ecluse.wire.mime.parameters import Parameters

_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
# The part of a mail within a mail that no structure announces: MIME fields, or the first line of uuencode.
_STRAY = re.compile(
    rb"\n[ \t]*content-(?:type|disposition|transfer-encoding)[ \t]*:|\nbegin(?P<b64>-base64)? [0-7]{3,4} (?P<name>[^\r\n]{1,255})"
    rb"|\n=ybegin [^\r\n]{0,255}?\bname=(?P<yenc>[^\r\n]{1,255})",
    re.IGNORECASE,
)
_BLANK_LINE = re.compile(rb"\n[ \t]+\r?\n")
_WINDOW_OCTETS = 262_144
_WINDOW_OVERLAP = 512
_MAX_STRAYS = 100  # In one region.
_STRAY_REACH = 1_048_576  # How far we look for the end of a stray part.


@dataclass(frozen=True, slots=True)
class WalkLimits:
    """Where a walk stops; what lies beyond is not looked at, and the root says so."""

    depth: int = 50
    parts: int = 10_000  # In all readings together.
    header_octets: int = 65_536  # Of one part.
    fields: int = 500  # Of one part.
    decoded_octets: int = 16_777_216  # Of encoded messages and multiparts, together.
    scanned_octets: int = 536_870_912  # Looked through for boundaries, all passes together.


@dataclass(frozen=True, slots=True)
class Part:
    """One part: a container when it has `parts`, else a leaf."""

    type: str  # Lower case, always with "/".
    parameters: Parameters  # Of its Content-Type.
    disposition: str  # "attachment", "inline" or ""; lower case.
    filenames: tuple[str, ...]  # Every reading, the usual one first.
    charset: str  # As declared, lower case; "" when not.
    encoding: str  # A name of `decoding`.
    start: int  # Its body's octets in `source`, or in the message when that is None.
    end: int
    parts: tuple[Part, ...] = ()
    defects: tuple[str, ...] = ()
    encodings: tuple[str, ...] = (IDENTITY,)  # Every reading, `encoding` first.
    other_readings: tuple[Part, ...] = ()  # What readers see here who understand the message differently.
    charsets: tuple[str, ...] = ()  # Every reading, `charset` first.
    source: Content | None = None  # Where the part stands when an encoding hides it from the message itself.


def walk(content: Content, limits: WalkLimits | None = None, section: HeaderSection | None = None) -> Part:
    """The message as a tree. Never raises on any octets; time and memory are bounded by `limits`.

    `section` is the message's own header section where the caller has it already. Large contents stay where they
    are: only header sections and small windows are read, and encoded messages up to `decoded_octets`.
    """
    walker = _Walker(content, limits or WalkLimits())
    return walker.message(content, 0, section)


def every_part(root: Part) -> Iterator[Part]:
    """The root and all parts below it, those of other readings too."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed((*part.parts, *part.other_readings))


def decoded(content: Content, part: Part, max_octets: int, encoding: str | None = None) -> bytes:
    """A leaf's octets without their encoding, at most `max_octets` of them; in another reading if one is named."""
    encoding = encoding or part.encoding
    # Base64 needs 4/3 and its line ends, quoted-printable up to three times as many.
    raw_octets = max_octets if encoding == IDENTITY else max_octets * 3 + 1_024
    source = part.source or content
    raw = source.slice(part.start, min(part.end, part.start + raw_octets))
    return decode(raw, encoding)[:max_octets]


def decoded_readings(content: Content, part: Part, max_octets: int) -> Iterator[bytes]:
    """A leaf's octets as some reader or other decodes them, the usual reading first, each at most `max_octets`."""
    source = part.source or content
    raw = source.slice(part.start, min(part.end, part.start + max_octets * 3 + 1_024))
    for encoding in part.encodings:
        for reading in readings(raw[:max_octets] if encoding == IDENTITY else raw, encoding):
            yield reading[:max_octets]


class _Mark(Enum):
    PART = auto()  # "--boundary" alone on its line.
    CLOSE = auto()  # "--boundary--".
    PREFIX = auto()  # More follows: another boundary for most readers, a delimiter for some.


@dataclass(frozen=True, slots=True)
class _Delimiter:
    kind: _Mark
    before: int  # Where the part before it ends: the line end belongs to the delimiter (RFC 2046 section 5.1.1).
    after: int  # Where the next part starts.


class _Walker:
    """One walk, and what is left of its limits."""

    def __init__(self, content: Content, limits: WalkLimits) -> None:
        self.content = content
        self.limits = limits
        self.parts_left = limits.parts
        self.decoded_left = limits.decoded_octets
        self.scanned_left = limits.scanned_octets
        self.is_exceeded = False

    def message(self, source: Content, depth: int, section: HeaderSection | None = None) -> Part:
        """A whole message, which begins at the first octet of `source`."""
        section = section or read_section(source, 0, source.size, MAX_OCTETS, MAX_FIELDS)
        root = self._entity(source, section, 0, source.size, depth, "text/plain")
        if depth or not self.is_exceeded:
            return root
        return replace(root, defects=(*root.defects, Defect.EXCEEDS_LIMITS))

    def _part(self, source: Content, start: int, end: int, depth: int, default_type: str) -> Part:
        section = read_section(source, start, end, self.limits.header_octets, self.limits.fields)
        if section.strays and section.strays[0][0] == 0 and b":" not in section.strays[0][1]:
            # A part that begins with text has no header section for most readers.
            bare = self._entity(source, HeaderSection((), (), 0), start, end, depth, default_type)
            if not section.names:
                return bare
            other = self._entity(source, section, start, end, depth, default_type)
            return replace(bare, other_readings=(*bare.other_readings, other))
        return self._entity(source, section, start, end, depth, default_type)

    def _entity(
        self, source: Content, section: HeaderSection, start: int, end: int, depth: int, default_type: str
    ) -> Part:
        head = read_head(section, default_type)
        body = min(start + section.octets, end)
        leaf = self._leaf_of(source, head, body, end)
        self.parts_left -= 1
        self.is_exceeded |= section.exceeds_limits
        if depth >= self.limits.depth or self.parts_left <= 0:
            self.is_exceeded = True
            return leaf
        parts, others, defects = self._inside(leaf, head, source, depth)
        if section.strays or section.has_blank_continuation:
            others += self._other_bodies(source, section, head, start, end)
        if not (parts or others or defects):
            return leaf
        return replace(leaf, parts=tuple(parts), other_readings=tuple(others), defects=(*leaf.defects, *defects))

    def _leaf_of(self, source: Content, head: EntityHead, start: int, end: int) -> Part:
        return Part(
            head.type,
            head.parameters,
            head.disposition,
            head.filenames,
            head.charsets[0] if head.charsets else "",
            head.encodings[0],
            start,
            end,
            defects=head.defects,
            encodings=head.encodings,
            charsets=head.charsets,
            source=None if source is self.content else source,
        )

    def _inside(
        self, leaf: Part, head: EntityHead, source: Content, depth: int
    ) -> tuple[list[Part], list[Part], list[str]]:
        """The children of the usual reading, the parts of other readings, and what is wrong."""
        is_multipart = [kind.startswith("multipart/") for kind in head.types]
        parts: list[Part] = []
        others: list[Part] = []
        defects: list[str] = []
        if head.boundaries or is_multipart[0]:
            children, others, defects = self._multipart(leaf, head, source, depth)
            if is_multipart[0]:
                parts = children
            elif children:
                defects.append(Defect.HIDDEN_MULTIPART)
                others += children
        if is_multipart[0] and not all(is_multipart):
            others.append(replace(leaf, type=head.types[is_multipart.index(False)], defects=()))
        if not _MESSAGE_TYPES.isdisjoint(head.types):
            messages = self._messages(leaf, source, depth)
            if head.type in _MESSAGE_TYPES:
                parts = [messages.pop(0)]
            others += messages
        if not parts:
            strays = self._strays(source, leaf.start, leaf.end, leaf.encodings)
            if strays:
                defects.append(Defect.STRAY_PART)
                others += strays
        return parts, others, defects

    # --- Multiparts ---------------------------------------------------------------

    def _multipart(
        self, leaf: Part, head: EntityHead, source: Content, depth: int
    ) -> tuple[list[Part], list[Part], list[str]]:
        parts: list[Part] = []
        others: list[Part] = []
        defects: list[str] = []
        default_type = "message/rfc822" if head.type == "multipart/digest" else "text/plain"
        if not head.boundaries:
            defects.append(Defect.NO_BOUNDARY)
        for boundary in head.boundaries:
            children, hidden, wrong = self._children(source, leaf, boundary, depth, default_type)
            if children and not parts:
                parts, defects = children, defects + wrong
            else:
                others += children
            others += hidden
        if not parts and head.type.startswith("multipart/"):
            defects.append(Defect.NO_PARTS)
        for encoding in head.encodings:
            if encoding != IDENTITY:
                defects.append(Defect.ENCODED_MULTIPART)
                others += self._encoded_multipart(leaf, head, source, encoding, depth)
        return parts, others, list(dict.fromkeys(defects))

    def _children(
        self, source: Content, leaf: Part, boundary: bytes, depth: int, default_type: str
    ) -> tuple[list[Part], list[Part], list[str]]:
        """The parts between the delimiters of one boundary, and what hides around them."""
        delimiters = self._delimiters(source, boundary, leaf.start, leaf.end)
        if not delimiters:
            return [], [], []
        exact = [delimiter for delimiter in delimiters if delimiter.kind is not _Mark.PREFIX]
        close = next((n for n, delimiter in enumerate(exact) if delimiter.kind is _Mark.CLOSE), None)
        usual = _segments(exact if close is None else exact[: close + 1], leaf.end)
        hidden = _hidden_segments(delimiters, usual, leaf.end)
        defects: list[str] = [Defect.NO_CLOSE] if close is None else []
        if hidden:
            defects.append(Defect.AMBIGUOUS_DELIMITERS)
        children = [self._part(source, *span, depth + 1, default_type) for span in self._affordable(usual)]
        others = [self._part(source, *span, depth + 1, default_type) for span in self._affordable(hidden)]
        around = self._strays(source, leaf.start, delimiters[0].before, (IDENTITY,))
        if close is not None:
            around += self._strays(source, exact[close].after, leaf.end, (IDENTITY,))
        if around:
            defects.append(Defect.STRAY_PART)
        return children, others + around, defects

    def _affordable(self, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for span in spans:
            if self.parts_left <= 0:
                self.is_exceeded = True
                return
            yield span

    def _delimiters(self, source: Content, boundary: bytes, start: int, end: int) -> list[_Delimiter]:
        found: list[_Delimiter] = []
        if not self._may_scan(end - start):
            return found
        needle = b"\n--" + boundary
        at = self._first_delimiter(source, needle, start, end)
        while at is not None:
            delimiter = _delimiter(source, at, at + len(needle), start, end)
            found.append(delimiter)
            if len(found) > 2 * self.limits.parts:
                self.is_exceeded = True
                break
            next_at = source.find(needle, delimiter.after - 1, end)
            at = next_at if next_at >= 0 else None
        return found

    def _first_delimiter(self, source: Content, needle: bytes, start: int, end: int) -> int | None:
        """Where the line end before it stands: that of the header section, or -1 at the very beginning."""
        if start == 0 and source.slice(0, len(needle) - 1) == needle[1:]:
            return -1
        at = source.find(needle, max(start - 1, 0), end)
        return at if at >= 0 else None

    def _encoded_multipart(
        self, leaf: Part, head: EntityHead, source: Content, encoding: str, depth: int
    ) -> list[Part]:
        """Against RFC 2045 section 6.4, some readers decode a multipart as a whole."""
        inner = self._decoded_source(leaf, source, encoding)
        whole = replace(leaf, start=0, end=inner.size, source=inner)
        found: list[Part] = []
        for boundary in head.boundaries:
            children, hidden, _ = self._children(inner, whole, boundary, depth + 1, "text/plain")
            found += children + hidden
        return found

    # --- Messages within messages --------------------------------------------------

    def _messages(self, leaf: Part, source: Content, depth: int) -> list[Part]:
        """The message inside, once for each reading of its encoding."""
        found = []
        for encoding in leaf.encodings:
            if encoding == IDENTITY:
                found.append(self._part(source, leaf.start, leaf.end, depth + 1, "text/plain"))
            else:
                found.append(self.message(self._decoded_source(leaf, source, encoding), depth + 1))
        return found

    def _decoded_source(self, leaf: Part, source: Content, encoding: str) -> MemoryContent:
        octets = leaf.end - leaf.start
        raw = source.slice(leaf.start, min(leaf.end, leaf.start + self.decoded_left))
        data = decode(raw, encoding)
        self.is_exceeded |= octets > self.decoded_left or is_cut_short(raw, data, encoding)
        self.decoded_left = max(self.decoded_left - octets, 0)
        return MemoryContent(data)

    # --- Parts that no structure announces ------------------------------------------

    def _other_bodies(
        self, source: Content, section: HeaderSection, head: EntityHead, start: int, end: int
    ) -> list[Part]:
        """The body as readers see it for whom a line that is no field ends the header section."""
        places: list[int] = []
        for offset, line in section.strays[:4]:
            places += [start + offset, start + offset + len(line)]
        if section.has_blank_continuation:
            lines = source.slice(start, start + section.octets)
            blank = _BLANK_LINE.search(lines)
            places += [start + blank.end()] if blank else []
        return [self._leaf_of(source, head, place, end) for place in places if place < end]

    def _strays(self, source: Content, start: int, end: int, encodings: Iterable[str]) -> list[Part]:
        """Parts in a preamble, an epilogue, a text: what forwarding mailers leave there, and what hides there."""
        if end - start < 16 or not self._may_scan(end - start):
            return []
        # Honest base64 holds neither; one octet is looked for much faster than a pattern.
        if BASE64 in encodings and source.find(b":", start, end) < 0 and source.find(b" ", start, end) < 0:
            return []
        found: list[Part] = []
        resume = start
        for match, line in self._stray_lines(source, start, end):
            if line < resume or self.parts_left <= 0:
                continue
            part, resume = self._stray(source, match, line, end)
            self.parts_left -= 1
            found.append(part)
            if len(found) >= _MAX_STRAYS:
                break
        return found

    def _stray_lines(self, source: Content, start: int, end: int) -> Iterator[tuple[re.Match[bytes], int]]:
        """Each match, and the offset of its line. Large regions go by in windows."""
        at = start
        while at < end:
            # The newline stands for the line end before the window.
            window = b"\n" + source.slice(at, min(at + _WINDOW_OCTETS, end))
            for match in _STRAY.finditer(window):
                yield match, at + match.start()
            if at + _WINDOW_OCTETS >= end:
                return
            at += _WINDOW_OCTETS - _WINDOW_OVERLAP

    def _stray(self, source: Content, match: re.Match[bytes], line: int, end: int) -> tuple[Part, int]:
        """The part that begins at a line, and where to look for the next one."""
        if match["yenc"]:
            return self._named_file(source, line, b"\n=yend", end, YENC, match["yenc"])
        if match["name"]:
            encoding = BASE64 if match["b64"] else UUENCODE
            start = line + len(match[0]) if match["b64"] else line
            return self._named_file(source, start, b"\nend", end, encoding, match["name"])
        section = read_section(source, line, end, self.limits.header_octets, self.limits.fields)
        body = min(line + section.octets, end)
        close = source.find(b"\n--", max(body - 1, line), min(end, body + _STRAY_REACH))
        return self._leaf_of(source, read_head(section), body, max(close, body) if close >= 0 else end), body

    def _named_file(
        self, source: Content, start: int, close: bytes, end: int, encoding: str, name: bytes
    ) -> tuple[Part, int]:
        """A file that stands in a text between two lines that only its own encoding knows."""
        closed = source.find(close, start, min(end, start + _STRAY_REACH))
        head = read_head(HeaderSection((), (), 0), "application/octet-stream")
        part = self._leaf_of(source, head, start, closed + 1 if closed >= 0 else end)
        filenames = (name.decode("utf-8", "replace").strip(),)
        named = replace(part, encoding=encoding, encodings=(encoding,), filenames=filenames)
        return named, max(closed, start + 1)

    def _may_scan(self, octets: int) -> bool:
        self.scanned_left -= octets
        self.is_exceeded |= self.scanned_left < 0
        return self.scanned_left >= 0


def _delimiter(source: Content, newline: int, tail_at: int, start: int, end: int) -> _Delimiter:
    tail = source.slice(tail_at, min(tail_at + 128, end))
    rest, line_end, _ = tail.partition(b"\n")
    if line_end:
        after = tail_at + len(rest) + 1
    else:
        found = source.find(b"\n", tail_at, end)
        after = found + 1 if found >= 0 else end
    text = rest.strip(b" \t\r")
    if not text:
        kind = _Mark.PART
    elif text == b"--":
        kind = _Mark.CLOSE
    else:
        kind = _Mark.PREFIX
    before = newline - 1 if newline > start and source.slice(newline - 1, newline) == b"\r" else newline
    return _Delimiter(kind, max(before, start), after)


def _segments(delimiters: list[_Delimiter], end: int) -> list[tuple[int, int]]:
    """The spans between delimiters; after a closing one nothing is expected."""
    stops = [*(delimiter.before for delimiter in delimiters[1:]), end]
    return [
        (delimiter.after, max(stop, delimiter.after))
        for delimiter, stop in zip(delimiters, stops, strict=False)
        if delimiter.kind is not _Mark.CLOSE
    ]


def _hidden_segments(delimiters: list[_Delimiter], usual: list[tuple[int, int]], end: int) -> list[tuple[int, int]]:
    """Spans that exist for readers to whom a prefix is a delimiter, or who go on after the closing one."""
    known = set(usual)
    return [span for span in _segments(delimiters, end) if span not in known]
