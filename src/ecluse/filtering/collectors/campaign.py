"""Whether the same text or file came from others to others within the last hour or two."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

from xxhash import xxh3_64

from ecluse.domain.campaign import CampaignFacts
from ecluse.domain.evidence import NOT_ASKED, Unknown
from ecluse.filtering import campaigns
from ecluse.filtering.body import Body
from ecluse.filtering.collect import Subject
from ecluse.filtering.message_files import MessageFiles
from ecluse.ports.counters import Counters
from ecluse.wire.mime.structure import Part
from ecluse.wire.similarity.fingerprints import MAX_FILE_OCTETS, MIN_FILE_OCTETS, file_fingerprints, text_fingerprints

MAX_FILES = 5

# Pictures are in many a signature; calendar entries and signatures (S/MIME, PGP) are small and alike.
_USUAL = ("image/", "text/plain", "text/calendar", "message/", "multipart/", "application/pkcs7", "application/pgp")
# Two documents of one program share most of what stands in them, compressed or not: only the very same counts.
_ALIKE_BY_FORMAT = (b"PK", b"\xd0\xcf\x11\xe0", b"%PDF", b"Rar!", b"7z", b"\x1f\x8b", b"{\\rt")


def campaign(subject: Subject) -> CampaignFacts | Unknown | Coroutine[Any, Any, CampaignFacts]:
    """Fingerprints, and the spread of the one that is known best; bounces and notices have neither."""
    counters = subject.sources.counters
    if counters is None:
        return NOT_ASKED
    if subject.incoming.envelope.sender is None:
        return CampaignFacts()
    if subject.body is None:
        return _large(subject, counters)
    found = fingerprints_of(subject.files(subject.body), subject.body)
    return _facts(counters, found, subject.incoming.received_at)


def fingerprints_of(files: MessageFiles, body: Body) -> tuple[str, ...]:
    """Of the texts together, and of each unusual file."""
    parts = [part for part in body.leaves if _is_unusual(part)][:MAX_FILES]
    texts = text_fingerprints([text.visible for text in body.texts])
    return (*texts, *dict.fromkeys(one for part in parts for one in _of_file(files.chunks(part))))


async def _large(subject: Subject, counters: Counters) -> CampaignFacts:
    body = await subject.read()
    fingerprints = await asyncio.to_thread(fingerprints_of, subject.files(body), body)
    return _facts(counters, fingerprints, subject.incoming.received_at)


def _facts(counters: Counters, fingerprints: tuple[str, ...], now: float) -> CampaignFacts:
    counts = {one: campaigns.messages(counters, one, now) for one in fingerprints}
    known = tuple(one for one, count in counts.items() if count)
    if not known:
        return CampaignFacts(fingerprints)
    best = max(known, key=lambda one: counts[one])
    return CampaignFacts(fingerprints, known, campaigns.spread(counters, best, round(counts[best], 1), now))


def _is_unusual(part: Part) -> bool:
    is_page = part.type == "text/html" and part.disposition != "attachment"
    return part.end - part.start >= MIN_FILE_OCTETS and not is_page and not part.type.startswith(_USUAL)


def _of_file(chunks: Iterable[bytes]) -> Iterator[str]:
    digest, head = xxh3_64(), b""
    for chunk in chunks:
        digest.update(chunk)
        if len(head) < MAX_FILE_OCTETS:
            head += chunk[:MAX_FILE_OCTETS]
    yield f"x0{digest.hexdigest()}"
    head = head[:MAX_FILE_OCTETS]
    if not head.startswith(_ALIKE_BY_FORMAT):
        yield from file_fingerprints(head)
