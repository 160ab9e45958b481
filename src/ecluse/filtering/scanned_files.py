"""What a virus scanner is given of a message: its text with all header fields as a message, and its files one by one.

A scanner that gets the message whole looks at each file twice: at its letters of base64, and at what they stand for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.content import CHUNK_BYTES, Content, MemoryContent
from ecluse.filtering.body import Body
from ecluse.filtering.message_files import MessageFiles
from ecluse.ports.scanner import Stream
from ecluse.wire.mime.decoded_stream import DecodedStream, is_plain_base64
from ecluse.wire.mime.decoding import BASE64
from ecluse.wire.mime.structure import Part

MIN_OCTETS = 8_192  # A smaller file stays in the message: a question of its own would cost more.
MAX_FILES = 32  # Of one message; the others stay in it.
MAX_READINGS = 100  # Of one message: files in readings that the scanner's own parser may not have.
MAX_READING_OCTETS = 33_554_432  # Of all of them together.
LARGE_OCTETS = 524_288


def scanned_files(content: Content, body: Body) -> tuple[Stream, ...]:
    """The files that a scanner must look at so that nothing of the message escapes it.

    Only what every reader of mail understands in the same way is taken out: a message with any defect of structure, or
    with several readings, is given whole, so that the scanner's own parser sees all that it would have seen.
    """
    if any(part.defects or part.other_readings or part.source is not None for part in body.parts):
        return (content,)
    files = _files(content, body)
    return (_Without(content, files), *(DecodedStream(content, part) for part in files)) if files else (content,)


def other_readings(content: Content, files: MessageFiles, body: Body) -> tuple[tuple[Stream, ...], bool]:
    """The files that some reader of mail finds in the message and the scanner's own parser may not; True: there were more.

    They stand in another structure, behind an encoding that hides a whole part, or are decoded in several ways.
    """
    usual = _usual(body.root)
    found: dict[bytes, None] = {}
    left = MAX_READING_OCTETS
    for part in files.parts:
        # What is large may not be kept decoded.
        is_large = part.end - part.start > LARGE_OCTETS
        if id(part) in usual and is_large and part.encodings == (BASE64,) and is_plain_base64(content, part):
            continue
        octets = files.readings(part)
        if id(part) in usual and len(octets) == 1:
            continue
        found.update(dict.fromkeys(octets))
        left -= sum(map(len, octets))
        if len(found) > MAX_READINGS or left < 0:
            return tuple(map(MemoryContent, list(found)[:MAX_READINGS])), True
    return tuple(map(MemoryContent, found)), False


def _usual(root: Part) -> set[int]:
    """The parts that every parser finds, by their identity."""
    waiting, usual = [root], set[int]()
    while waiting:
        part = waiting.pop()
        if part.source is None:
            usual.add(id(part))
        waiting += part.parts
    return usual


def _files(content: Content, body: Body) -> tuple[Part, ...]:
    """Texts stay, since signatures and the scanner's look at links want them in their mail."""
    large = [part for part in body.leaves if _is_file(part) and is_plain_base64(content, part)]
    return tuple(sorted(large[:MAX_FILES], key=lambda part: part.start))


def _is_file(part: Part) -> bool:
    is_text = part.type in {"text/plain", "text/html"}
    return part.encodings == (BASE64,) and part.end - part.start >= MIN_OCTETS and not is_text


class _Without:
    """The message without the bodies of some of its parts; their header fields, names and places stay."""

    __slots__ = ("_content", "_parts")

    def __init__(self, content: Content, parts: tuple[Part, ...]) -> None:
        self._content, self._parts = content, parts

    def chunks(self) -> Iterator[bytes]:
        """See `ports.scanner.Stream.chunks`."""
        start = 0
        for end, following in (*((part.start, part.end) for part in self._parts), (self._content.size, 0)):
            for at in range(start, end, CHUNK_BYTES):
                yield self._content.slice(at, min(at + CHUNK_BYTES, end))
            start = following
