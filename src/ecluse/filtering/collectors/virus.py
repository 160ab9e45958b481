"""What the virus scanner says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanFacts, ScanState
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Subject
from ecluse.filtering.scanned_files import scanned_files
from ecluse.ports.scanner import Scanner, Stream


def virus(subject: Subject) -> ScanFacts | Coroutine[Any, Any, ScanFacts]:
    """The scanner's answer about all of the message; a scanner that is down is a missing fact, never "clean"."""
    if subject.sources.scanner is None:
        return ScanFacts(ScanState.NOT_CONFIGURED)
    return _scan(subject.sources.scanner, subject)


async def _scan(scanner: Scanner, subject: Subject) -> ScanFacts:
    facts = await scanner.scan(*await _files(subject))
    if facts.state is ScanState.UNAVAILABLE:
        # Raised so that it is counted and shown like every other collector that failed.
        raise Unavailable("the virus scanner does not answer")
    return facts


async def _files(subject: Subject) -> tuple[Stream, ...]:
    content = subject.incoming.content
    if subject.sources.scans_whole_messages:
        return (content,)
    body = await subject.read()
    if content.size <= ON_THE_SPOT_OCTETS:
        return scanned_files(content, body)
    return await asyncio.to_thread(scanned_files, content, body)
