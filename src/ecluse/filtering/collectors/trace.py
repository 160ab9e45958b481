"""The way that the message has come."""

from __future__ import annotations

from ecluse.domain.evidence import TraceFacts
from ecluse.filtering.collect import Subject
from ecluse.wire.mime.facts import trace_facts


def trace(subject: Subject) -> TraceFacts:
    """How many servers it passed, and how often it passed us."""
    return trace_facts(subject.section, subject.sources.hostname)
