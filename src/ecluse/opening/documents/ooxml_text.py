"""What stands in the XML parts of office documents: fields, formulas, connections, readable text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents.field_codes import field_pieces
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import ExternalLink, Flagged, Piece, Text, Url
from ecluse.opening.urls import urls_in
from ecluse.opening.xml_events import End, Start, XmlEvent, xml_events

MAX_TEXT_CHARACTERS = 131_072  # Of one part.
MAX_FIELD_CHARACTERS = 65_536
_TEXT_ELEMENTS = frozenset({"t", "v", "Data", "p"})
_BREAKS = frozenset({"p", "tc", "br", "tab", "si", "Row"})
_XLM_CALLS = re.compile(
    r"\b(?:CALL|EXEC|REGISTER(?:\.ID)?|FOPEN|FWRITE\w*|FORMULA(?:\.FILL)?|RUN|SEND\.KEYS|FILE\.DELETE)\(", re.IGNORECASE
)
_DDE_FORMULA = re.compile(r"""^\s*[=+@-]?\s*(?:['"]?[\w .\\:]{1,100}['"]?\|\s*['"]|DDE\()""", re.IGNORECASE)
_FETCHES = re.compile(r"\b(?:WEBSERVICE|IMPORTDATA|IMPORTXML|IMAGE)\(\s*\"([^\"]{1,2048})\"", re.IGNORECASE)
_LINKS = re.compile(r"\bHYPERLINK\(\s*\"([^\"]{1,2048})\"", re.IGNORECASE)


class _Reader:
    """Goes through one part; fields may be nested and split over any number of runs."""

    __slots__ = ("_fields", "_formula", "_is_macro_sheet", "_length", "_stack", "_words")

    def __init__(self, is_macro_sheet: bool) -> None:  # noqa: FBT001 - a fact about the part.
        self._is_macro_sheet = is_macro_sheet
        self._fields: list[list[str]] = []
        self._formula: list[str] = []
        self._stack: list[str] = []
        self._words: list[str] = []
        self._length = 0

    def take(self, event: XmlEvent) -> Iterator[Piece]:
        """One event of the part."""
        if isinstance(event, Start):
            self._stack.append(event.name)
            yield from self._start(event)
        elif isinstance(event, End):
            if self._stack:
                self._stack.pop()
            yield from self._end(event.name)
        else:
            self._text(event)

    def end(self) -> Iterator[Piece]:
        """What was still open, and the readable text."""
        while self._fields:
            yield from field_pieces("".join(self._fields.pop()))
        text = "".join(self._words)
        yield from map(Url, urls_in(text))
        yield Text(text)

    def _start(self, event: Start) -> Iterator[Piece]:
        name, attributes = event.name, event.attributes
        if name == "fldChar":
            yield from self._field_mark(attributes.get("fldCharType", ""))
        elif name == "fldSimple":
            yield from field_pieces(attributes.get("instr", ""))
        elif name == "ddeLink":
            yield Flagged(Flag.DDE)
        elif name == "webPr" and "url" in attributes:
            yield ExternalLink(attributes["url"])
        elif name == "customUI" and "://" in attributes.get("onLoad", ""):
            yield ExternalLink(attributes["onLoad"])
            yield Flagged(Flag.REMOTE_TEMPLATE)
        elif name == "f":
            self._formula = []
        elif name in {"hlink", "hlinkClick"} and "href" in attributes:
            yield Url(attributes["href"])
        if formula := attributes.get("Formula"):
            yield from self._formula_pieces(formula)
        elif name == "definedName" and re.match(r"(?:_xlnm\.)?auto_", attributes.get("name", ""), re.IGNORECASE):
            yield Flagged(Flag.AUTO_MACROS)

    def _field_mark(self, kind: str) -> Iterator[Piece]:
        if kind == "begin":
            self._fields.append([])
        elif self._fields and kind in {"separate", "end"}:
            instruction = "".join(self._fields[-1])
            if instruction:
                yield from field_pieces(instruction)
            self._fields[-1] = []
            if kind == "end":
                self._fields.pop()
                # What a field yields is part of the instruction around it.
                if self._fields:
                    self._fields[-1].append(instruction)

    def _end(self, name: str) -> Iterator[Piece]:
        if name in _BREAKS:
            self._say("\n")
        elif name == "f" and self._formula:
            yield from self._formula_pieces("".join(self._formula))
            self._formula = []
        elif name == "Path" and "|" in "".join(self._formula):
            yield Flagged(Flag.DDE)
        if name in {"Path", "Cell"}:
            self._formula = []

    def _formula_pieces(self, formula: str) -> Iterator[Piece]:
        if _DDE_FORMULA.match(formula):
            yield Flagged(Flag.DDE)
        yield from map(ExternalLink, _FETCHES.findall(formula))
        yield from map(Url, _LINKS.findall(formula))
        if self._is_macro_sheet and _XLM_CALLS.search(formula):
            yield Flagged(Flag.SUSPICIOUS_MACROS)

    def _text(self, text: str) -> None:
        element = self._stack[-1] if self._stack else ""
        if element == "instrText":
            if not self._fields:
                self._fields.append([])
            if sum(map(len, self._fields[-1])) < MAX_FIELD_CHARACTERS:
                self._fields[-1].append(text)
        elif element in {"f", "Path"}:
            self._formula.append(text)
        elif element in _TEXT_ELEMENTS:
            self._say(text)

    def _say(self, text: str) -> None:
        if self._length < MAX_TEXT_CHARACTERS:
            self._words.append(text)
            self._length += len(text)


def part_pieces(name: str, content: bytes, budget: Budget) -> Iterator[Piece]:
    """All that one part says. Raise `DeclaresEntities`."""
    reader = _Reader("macrosheets/" in name)
    for event in xml_events(content, budget):
        yield from reader.take(event)
    yield from reader.end()
