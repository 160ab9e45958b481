"""The facts about headers and parts that become evidence: numbers, words and domains, never content (15-7)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import idna

from ecluse.domain.content import Content
from ecluse.domain.evidence import HeaderFacts, PartFacts, TraceFacts
from ecluse.wire.eicar import EICAR, MAX_OCTETS, SPACE, is_eicar
from ecluse.wire.mime.addresses import AddressList, parse_addresses
from ecluse.wire.mime.decoding import BASE64, IDENTITY, decode, readings
from ecluse.wire.mime.defects import Defect
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.structure import Part, decoded, every_part
from ecluse.wire.mime.suffixes import suffixes

# In pieces, so that no scanner takes this file for the test mail itself.
_GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
_HEAD_OCTETS = 1_024  # What is decoded of a leaf to see how it begins.
_GARBAGE_OCTETS = 65_536  # The same where nearly nothing came out of that.
_GTUBE_OCTETS = 1_048_576  # How much of all encoded texts is decoded to look for the line.
_AUTHOR_OCTETS = 16_384  # How much of a From is read.
_MAX_AUTHOR_FIELDS = 8

_DATE = re.compile(
    rb"(?:[a-z]{3,9}\s*,?\s*)?\d{1,2}[\s-]+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[\s.-]+"
    rb"(?:\d{2}|\d{4})\s+[012]?\d:[0-5]\d(?::[0-6]\d)?(?:\s*(?:[+-]\d{4}|\(?[a-z]{1,5}\)?))?",
    re.IGNORECASE,
)
_NOT_LETTERS = re.compile(rb"[^a-z]")


def trace_facts(section: HeaderSection, hostname: str) -> TraceFacts:
    """The message's Received fields; `hostname` is the name that our own carry."""
    received = [raw for name, raw in zip(section.names, section.raws, strict=True) if name == b"received"]
    return TraceFacts(
        received_count=len(received),
        own_count=sum(bool(_own_trace(hostname).search(raw)) for raw in received if b"(Ecluse)" in raw),
    )


def author_domains(section: HeaderSection) -> tuple[str, ...]:
    """As `HeaderFacts.from_domains`."""
    return _domains(_all_authors(section))


def authors_of(section: HeaderSection) -> tuple[tuple[str, ...], bool]:
    """`from_domains` and `from_is_ambiguous` of `HeaderFacts`, without the rest."""
    authors = _all_authors(section)
    return _domains(authors), _is_ambiguous(authors, section)


def header_facts(section: HeaderSection) -> HeaderFacts:
    """What a message's header section looks like."""
    authors = _all_authors(section)
    date = section.first(b"date")
    return HeaderFacts(
        octets=section.octets,
        counts={name.decode("ascii"): count for name, count in Counter(section.names).items()},
        from_domains=_domains(authors),
        from_is_ambiguous=_is_ambiguous(authors, section),
        has_date=date is not None and _DATE.match(date.value[:200]) is not None,
        malformed_lines=section.malformed_lines,
    )


def part_facts(content: Content, section: HeaderSection, root: Part) -> PartFacts:
    """What the MIME structure holds, in every reading that clients have; `section` is the message's own."""
    parts = list(every_part(root))
    names = dict.fromkeys(name for part in parts for name in part.filenames)
    defects = dict.fromkeys(defect for part in parts for defect in part.defects)
    return PartFacts(
        count=len(parts),
        depth=_depth(root),
        suffixes=tuple(dict.fromkeys(suffix for name in names for suffix in suffixes(name))),
        types=tuple(dict.fromkeys(part.type for part in parts)),
        defects=tuple(map(str, defects)),
        has_eicar=any(_is_eicar(content, part) for part in parts if not part.parts),
        has_gtube=_has_gtube(content, section, parts),
        exceeds_limits=Defect.EXCEEDS_LIMITS in root.defects,
    )


def a_labels(domain: str) -> str:
    """A domain in lower case and A-labels (RFC 5890); one that IDNA refuses is only made lower case."""
    if domain.isascii():
        return domain.lower().rstrip(".")
    try:
        return idna.encode(domain[:255], uts46=True).decode("ascii").rstrip(".")
    except UnicodeError:
        return domain.casefold()


# --- Headers -----------------------------------------------------------------------


def _all_authors(section: HeaderSection) -> list[AddressList]:
    return [_authors(field.value) for field in section.all(b"from")[:_MAX_AUTHOR_FIELDS]]


def _authors(value: bytes) -> AddressList:
    if len(value) <= _AUTHOR_OCTETS:
        return parse_addresses(value)
    return AddressList(parse_addresses(value[:_AUTHOR_OCTETS]).addresses, is_ambiguous=True)


def _domains(authors: list[AddressList]) -> tuple[str, ...]:
    domains = (mailbox.domain for author in authors for mailbox in author.addresses)
    return tuple(dict.fromkeys(a_labels(domain) for domain in domains if domain))


def _is_ambiguous(authors: list[AddressList], section: HeaderSection) -> bool:
    if len(authors) > 1 or any(author.is_ambiguous for author in authors):
        return True
    # `From\0:` or `From_:` are an author to some readers.
    return any(
        _NOT_LETTERS.sub(b"", line.partition(b":")[0].lower()) == b"from" for _, line in section.strays if b":" in line
    )


@lru_cache(maxsize=16)
def _own_trace(hostname: str) -> re.Pattern[bytes]:
    """What our trace writer puts into Received: `by HOST (Ecluse) with ESMTPS id ID`, folded or not."""
    host = re.escape(hostname.encode("utf-8"))
    return re.compile(rb"\sby\s+" + host + rb"\s+\(Ecluse\)\s+with\s+[A-Za-z0-9]+\s+id\s+[0-9a-f]{32}\b")


# --- Parts -------------------------------------------------------------------------


def _depth(root: Part) -> int:
    """Levels of the tree in the usual reading; 1 for a message without parts."""
    level, depth = [root], 0
    while level:
        depth += 1
        level = [child for part in level for child in part.parts]
    return depth


def _is_eicar(content: Content, part: Part) -> bool:
    return any(_begins_as_eicar(content, part, encoding) for encoding in part.encodings)


def _begins_as_eicar(content: Content, part: Part, encoding: str) -> bool:
    source = part.source or content
    raw = source.slice(part.start, min(part.start + _HEAD_OCTETS, part.end))
    if encoding == IDENTITY:
        return part.end - part.start <= MAX_OCTETS and is_eicar(raw)
    if encoding == BASE64 and part.end - part.start > _HEAD_OCTETS and len(decode(raw, encoding)) < len(EICAR):
        raw = source.slice(part.start, min(part.start + _GARBAGE_OCTETS, part.end))
    for reading in readings(raw, encoding):
        head = reading.lstrip(SPACE)
        if head.startswith(EICAR):
            whole = source.slice(part.start, min(part.start + _GARBAGE_OCTETS, part.end))
            return any(is_eicar(each) for each in readings(whole, encoding))
    return False


def _has_gtube(content: Content, section: HeaderSection, parts: list[Part]) -> bool:
    if content.find(_GTUBE, 0, section.octets) >= 0:
        return True
    texts = [part for part in parts if not part.parts and part.type.startswith("text/")]
    if any(_holds_gtube_plainly(content, part) for part in texts if IDENTITY in part.encodings):
        return True
    return any(_GTUBE in text for text in _decoded_texts(content, texts))


def _holds_gtube_plainly(content: Content, part: Part) -> bool:
    return (part.source or content).find(_GTUBE, part.start, part.end) >= 0


def _decoded_texts(content: Content, texts: list[Part]) -> Iterator[bytes]:
    """The encoded texts, as far as they go in `_GTUBE_OCTETS` together."""
    left = _GTUBE_OCTETS
    for part in texts:
        for encoding in part.encodings:
            if encoding != IDENTITY and left > 0:
                text = decoded(content, part, left, encoding)
                left -= len(text)
                yield text
