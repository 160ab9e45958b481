"""What is kept of the message that brought about a lock: its header, for a report of it (RFC 5965)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_HEADER = 16_384  # Octets; of a longer one the beginning, up to the end of a line.
KEPT_S = 30 * 86_400.0  # As bodies (15-4): a header quotes subjects and names recipients.


@dataclass(frozen=True, slots=True)
class LockEvidence:
    """Nothing of the body is among it."""

    message_id: str  # As the journal knows it.
    received_at: float  # UTC, seconds since the epoch.
    ip: str  # Where it came from.
    sender: str  # Of the envelope; "" is the null sender.
    header: bytes
