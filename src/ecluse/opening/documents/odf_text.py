"""What stands in the XML of OpenDocument files: listeners, links, objects, fields, readable text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, ExternalLink, Flagged, Piece, Text, Url
from ecluse.opening.urls import urls_in
from ecluse.opening.xml_events import DeclaresEntities, Start, xml_events

MAX_TEXT_CHARACTERS = 131_072
_REMOTE = re.compile(r"(?:https?|ftp|smb|dav)s?://|\\\\|file://[^/]", re.IGNORECASE)
_DDE_FORMULA = re.compile(r"\bDDE\(", re.IGNORECASE)
_LINK_ELEMENTS = frozenset({"a", "text-a"})
_OBJECT_ELEMENTS = frozenset({"object", "object-ole", "plugin", "applet", "floating-frame"})


def flat_pieces(content: bytes, budget: Budget) -> Iterator[Piece]:
    """What one XML part of an OpenDocument file says, or all of a flat one."""
    words: list[str] = []
    length = 0
    try:
        for event in xml_events(content, budget):
            if isinstance(event, Start):
                yield from _element(event)
            elif isinstance(event, str) and length < MAX_TEXT_CHARACTERS:
                words.append(event)
                length += len(event)
    except DeclaresEntities as problem:
        yield Broken(str(problem))
    text = "".join(words)
    yield from map(Url, urls_in(text))
    yield Text(text)


def _element(event: Start) -> Iterator[Piece]:
    target = event.attributes.get("href", "")[:2_048]
    if event.name == "encryption-data":
        yield Flagged(Flag.ENCRYPTED_DOCUMENT)
        yield Broken("encrypted", is_encrypted=True)
    elif event.name in {"dde-connection-decl", "dde-source"} or _DDE_FORMULA.search(
        event.attributes.get("formula", "")
    ):
        yield Flagged(Flag.DDE)
    elif event.name == "event-listener":
        yield from _listener(target or event.attributes.get("macro-name", ""), event.attributes)
    elif event.name in _LINK_ELEMENTS and target:
        yield Url(target)
    elif target and _REMOTE.match(target) and event.name != "locator":
        yield ExternalLink(target)
        yield Url(target)
        if event.name in _OBJECT_ELEMENTS:
            yield Flagged(Flag.REMOTE_OBJECT)
        elif event.name == "template":
            yield Flagged(Flag.REMOTE_TEMPLATE)


def _listener(target: str, attributes: dict[str, str]) -> Iterator[Piece]:
    """A macro that an event starts, from a place that may be anywhere on the reader's disk."""
    if not target.startswith("vnd.sun.star.script:"):
        return
    yield Flagged(Flag.MACROS)
    if attributes.get("event-name", "").rpartition(":")[2] in {"load", "new", "load-finished", "view-created"}:
        yield Flagged(Flag.AUTO_MACROS)
