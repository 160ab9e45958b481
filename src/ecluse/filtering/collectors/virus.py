"""What the virus scanner says."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanFacts, ScanState
from ecluse.filtering.collect import Subject
from ecluse.ports.scanner import Scanner


def virus(subject: Subject) -> ScanFacts | Coroutine[Any, Any, ScanFacts]:
    """The scanner's answer about the whole message; a scanner that is down is a missing fact, never "clean"."""
    if subject.sources.scanner is None:
        return ScanFacts(ScanState.NOT_CONFIGURED)
    return _scan(subject.sources.scanner, subject.incoming.content)


async def _scan(scanner: Scanner, content: Content) -> ScanFacts:
    facts = await scanner.scan(content)
    if facts.state is ScanState.UNAVAILABLE:
        # Raised so that it is counted and shown like every other collector that failed.
        raise Unavailable("the virus scanner does not answer")
    return facts
