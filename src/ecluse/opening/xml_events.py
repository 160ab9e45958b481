"""XML as a stream of events: without entities of its own, without namespaces, and past what breaks its grammar."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias
from xml.parsers import expat

from ecluse.opening.budget import Budget

MAX_ATTRIBUTES = 200
_CHUNK_OCTETS = 65_536
_TAG = re.compile(
    r"<(/?)(?:[\w.-]{1,100}:)?([\w.-]{1,100})((?:[^<>\"']|\"[^\"<]{0,65536}\"|'[^'<]{0,65536}'){0,1000})>"
)
_ATTRIBUTE = re.compile(r"(?:[\w.-]{1,100}:)?([\w.-]{1,100})\s{0,10}=\s{0,10}(?:\"([^\"]*)\"|'([^']*)')")


class DeclaresEntities(ValueError):
    """The document defines words of its own: no office program writes that, and expansion is how such bombs work."""


@dataclass(frozen=True, slots=True)
class Start:
    """An element begins; names are without their prefixes, of the element and of its attributes."""

    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """An element ends."""

    name: str


XmlEvent: TypeAlias = Start | End | str  # A string is text between elements.


def xml_events(data: bytes, budget: Budget) -> Iterator[XmlEvent]:
    """Each element and text in order. Raise `DeclaresEntities`; what is not well-formed is read by its tags alone."""
    found: list[XmlEvent] = []
    parser = _parser(found)
    try:
        for at in range(0, len(data), _CHUNK_OCTETS):
            budget.check_time()
            parser.Parse(data[at : at + _CHUNK_OCTETS], at + _CHUNK_OCTETS >= len(data))
            yield from found
            found.clear()
    except (expat.ExpatError, LookupError, UnicodeError):
        yield from found
        yield from _rough_events(_decoded(data)[_characters_read(parser, data) :], budget)


def _parser(found: list[XmlEvent]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: found.append(
        Start(_local(name), {_local(key): value for key, value in list(attributes.items())[:MAX_ATTRIBUTES]})
    )
    parser.EndElementHandler = lambda name: found.append(End(_local(name)))
    parser.CharacterDataHandler = found.append
    parser.EntityDeclHandler = _refuse_entities
    return parser


def _refuse_entities(*_declaration: object) -> None:
    raise DeclaresEntities("declares entities")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _characters_read(parser: expat.XMLParserType, data: bytes) -> int:
    at = max(0, parser.ErrorByteIndex)
    return at // 2 if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else len(data[:at].decode("utf-8", "replace"))


def _decoded(data: bytes) -> str:
    return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")


def _rough_events(text: str, budget: Budget) -> Iterator[XmlEvent]:
    """By what looks like tags."""
    at = 0
    for count, tag in enumerate(_TAG.finditer(text)):
        if count % 1_000 == 0:
            budget.check_time()
        if at < tag.start():
            yield html.unescape(text[at : tag.start()])
        at = tag.end()
        if tag[1]:
            yield End(tag[2])
            continue
        yield Start(tag[2], {one[1]: html.unescape(one[2] or one[3] or "") for one in _ATTRIBUTE.finditer(tag[3])})
        if tag[3].endswith("/"):
            yield End(tag[2])
