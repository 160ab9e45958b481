"""What the MIME structure holds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ecluse.domain.evidence import PartFacts
from ecluse.filtering.collect import Subject
from ecluse.wire.mime.facts import part_facts

# Reading a message of this size takes milliseconds at most; a hostile one of 50 MB may take seconds, and meanwhile
# the worker's other senders must be served.
ON_THE_SPOT_OCTETS = 1_048_576


def parts(subject: Subject) -> PartFacts | Coroutine[Any, Any, PartFacts]:
    """Types, file suffixes, defects and the two test strings, in all parts."""
    if subject.incoming.content.size <= ON_THE_SPOT_OCTETS:
        return part_facts(subject.incoming.content, subject.section)
    return asyncio.to_thread(part_facts, subject.incoming.content, subject.section)
