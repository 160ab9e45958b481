"""Relations of Office Open XML (ECMA-376 part 2): what a part refers to outside its document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import ExternalLink, Flagged, Piece, Url
from ecluse.opening.xml_events import Start, xml_events

MAX_LINKS = 2_000  # Of one part.
_REMOTE = re.compile(r"\s*(?:(?:https?|ftp|mhtml|ms-[\w-]+):|\\\\|//|file:/*\\\\|file:////)", re.IGNORECASE)
# Kinds of relations whose target is fetched when the document is opened, by the last word of their type.
_TEMPLATES = frozenset({"attachedTemplate", "customUI"})
_OBJECTS = frozenset({"oleObject", "package", "frame", "subDocument", "aFChunk", "control", "vbaProject"})


def relation_pieces(content: bytes, budget: Budget) -> Iterator[Piece]:
    """Targets outside the package: links to click are URLs, everything else is fetched."""
    count = 0
    for event in xml_events(content, budget):
        if not isinstance(event, Start) or event.attributes.get("TargetMode", "").casefold() != "external":
            continue
        count += 1
        if count > MAX_LINKS:
            return
        kind = event.attributes.get("Type", "").rpartition("/")[2]
        yield from _outside(kind, event.attributes.get("Target", "")[:2_048])


def _outside(kind: str, target: str) -> Iterator[Piece]:
    if kind == "hyperlink":
        yield Url(target)
        return
    is_remote = bool(_REMOTE.match(target))
    # A template on the author's own disk is everyday; nobody can fetch it, and its path names a person.
    if kind in _TEMPLATES and not is_remote:
        return
    yield ExternalLink(target)
    if is_remote:
        yield Url(target)
    if is_remote and kind in _TEMPLATES:
        yield Flagged(Flag.REMOTE_TEMPLATE)
    elif is_remote and kind in _OBJECTS:
        yield Flagged(Flag.REMOTE_OBJECT)
