"""Whom an outbound message is for, from where it came, and which others it is like."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ecluse.domain.sending import SendingFacts
from ecluse.filtering.collect import Subject
from ecluse.filtering.likeness import likeness


def sending(subject: Subject) -> SendingFacts | Coroutine[Any, Any, SendingFacts]:
    """Also where nothing is remembered of anybody: near-identical messages are counted in any case."""
    if subject.body is None:
        return _large(subject)
    return SendingFacts(likeness(subject.section, subject.body, subject.files(subject.body)))


async def _large(subject: Subject) -> SendingFacts:
    body = await subject.read()
    return SendingFacts(await asyncio.to_thread(likeness, subject.section, body, subject.files(body)))
