"""What a client's mail server passes on: a message that came in for the client, and goes on to somebody outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a forwarded message has shown (`wire/stamp.py`)."""

    rewrites_in: str = ""  # The client's domain in which the foreign sender is rewritten; "" = it stays as it is.
    is_sender_proven: bool = False  # Whether a notification would reach the true sender, and no stranger.
