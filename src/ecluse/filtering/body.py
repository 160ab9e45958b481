"""A message's body as its readers see it: the tree, the texts and the files, read once for all collectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ecluse.domain.content import Content
from ecluse.wire.html.reader import read_html
from ecluse.wire.html.reading import HtmlReading
from ecluse.wire.mime.charsets import text_readings
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.structure import Part, decoded_readings, every_part, walk

MAX_TEXTS = 50
MAX_READINGS = 4  # Of one text.
MAX_TEXT_OCTETS = 262_144  # Of one text.
MAX_OCTETS = 1_048_576  # Of all texts together.


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text that a reader is shown."""

    text: str
    is_html: bool
    part: Part
    html: HtmlReading | None = None  # What it is as a page; None for plain text.

    @property
    def visible(self) -> str:
        """What the reader sees of it."""
        return self.text if self.html is None else self.html.visible


@dataclass(frozen=True, slots=True)
class Body:
    """What the message holds below its header section."""

    root: Part
    parts: tuple[Part, ...]  # The root and all below it, in every reading.
    texts: tuple[TextPart, ...]

    @property
    def leaves(self) -> Iterator[Part]:
        """The parts that hold no others."""
        return (part for part in self.parts if not part.parts)


def read_body(content: Content, section: HeaderSection) -> Body:
    """Walk the structure and decode the texts. Never raises on any octets; bounded by `WalkLimits` and the above."""
    root = walk(content, None, section)
    parts = tuple(every_part(root))
    return Body(root, parts, tuple(read_texts(content, parts)))


def read_texts(content: Content, parts: tuple[Part, ...]) -> Iterator[TextPart]:
    """The texts among these parts, each read when it is asked for."""
    left, count = MAX_OCTETS, 0
    for part in parts:
        if part.parts or not part.type.startswith("text/") or part.disposition == "attachment":
            continue
        if left <= 0 or count == MAX_TEXTS:
            return
        is_html = part.type == "text/html"
        for text in _readings(content, part, min(left, MAX_TEXT_OCTETS)):
            left, count = left - len(text), count + 1
            yield TextPart(text, is_html, part, read_html(text) if is_html else None)


def _readings(content: Content, part: Part, max_octets: int) -> tuple[str, ...]:
    """The text as its readers have it who disagree about encoding or charset; nearly always one."""
    octets = dict.fromkeys(decoded_readings(content, part, max_octets))
    texts = (text for one in octets for text in text_readings(one, part.charsets))
    return tuple(islice(dict.fromkeys(texts), MAX_READINGS))
