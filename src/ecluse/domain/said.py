"""What somebody says a message was, on its way to the process that learns."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.act import Channel, Origin


@dataclass(frozen=True, slots=True)
class Said:
    """One message and what it was; of its content nothing is left but places of tokens."""

    client: str
    channel: Channel
    voter: str  # A keyed hash or a name of ours, the same for the same person.
    message: str  # Equal for the same message, whoever speaks of it; begins with our id where it has one.
    is_spam: bool
    tokens: bytes  # As in `Act.tokens`.
    undoes: int = 0  # The number of an act to be taken back; then nothing else counts but client and voter.
    tokens_version: int = 1  # As in `Act.tokens_version`.
    origin: Origin | None = None  # Where another node was told; None: this one.
    at: float = 0.0  # When that node was told: UTC, seconds since the epoch; 0: now.
    takes_back: Origin | None = None  # The act to be taken back, by what its own node calls it; as `undoes`.
