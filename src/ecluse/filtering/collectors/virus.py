"""What the virus scanner says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanFacts, ScanState, gravest
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Subject
from ecluse.filtering.scanned_files import other_readings, scanned_files
from ecluse.ports.scanner import Scanner, Stream

_FINAL = frozenset({ScanState.INFECTED, ScanState.UNAVAILABLE})  # Nothing else that is scanned changes these.


def virus(subject: Subject) -> ScanFacts | Coroutine[Any, Any, ScanFacts]:
    """The scanner's answer about all of the message; a scanner that is down is a missing fact, never "clean"."""
    if subject.sources.scanner is None:
        return ScanFacts(ScanState.NOT_CONFIGURED)
    return _scan(subject.sources.scanner, subject)


async def _scan(scanner: Scanner, subject: Subject) -> ScanFacts:
    facts = await scanner.scan(*await _files(subject))
    if facts.state not in _FINAL:
        # The room has been at work meanwhile.
        facts = await _scan_unreached(scanner, subject, facts)
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


async def _scan_unreached(scanner: Scanner, subject: Subject, facts: ScanFacts) -> ScanFacts:
    """The answer for the message and for what only we find in it; what is too much of that was not scanned."""
    others, has_more = await _other_readings(subject)
    opened = await subject.opened()
    streams = (*others, *map(MemoryContent, opened.unreached))
    answers = [facts]
    if has_more or opened.has_more_unreached:
        answers.append(ScanFacts(ScanState.TOO_LARGE, engine=facts.engine))
    if streams:
        answers.append(await scanner.scan(*streams))
    return gravest(answers)


async def _other_readings(subject: Subject) -> tuple[tuple[Stream, ...], bool]:
    body = await subject.read()
    content, files = subject.incoming.content, subject.files(body)
    if content.size <= ON_THE_SPOT_OCTETS:
        return other_readings(content, files, body)
    return await asyncio.to_thread(other_readings, content, files, body)
