"""What the MIME structure holds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ecluse.domain.evidence import PartFacts
from ecluse.filtering.collect import Subject
from ecluse.wire.mime.facts import part_facts


def parts(subject: Subject) -> PartFacts | Coroutine[Any, Any, PartFacts]:
    """Types, file suffixes, defects and the two test strings, in all parts."""
    body = subject.body
    if body is None:
        return _parts(subject)
    return part_facts(subject.incoming.content, subject.section, body.root)


async def _parts(subject: Subject) -> PartFacts:
    body = await subject.read()
    return await asyncio.to_thread(part_facts, subject.incoming.content, subject.section, body.root)
