"""The message is larger than the service takes."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

MAX_MESSAGE_BYTES = 52_428_800  # Market 2.4, header section included.


def too_large(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Reception cuts such a message off; this holds for messages that come by another way."""
    if evidence.size > MAX_MESSAGE_BYTES:
        yield Finding("MESSAGE_TOO_LARGE", f"{evidence.size} octets")
