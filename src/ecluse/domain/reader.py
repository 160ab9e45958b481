"""Whom a verdict is explained to."""

from __future__ import annotations

from enum import StrEnum


class Reader(StrEnum):
    """Each is told what is his to know, the first the least."""

    RECIPIENT = "recipient"  # Plain sentences: what he forwards to a spammer must teach nothing.
    ADMINISTRATOR = "administrator"  # The client's: findings and what they count.
    PROVIDER = "provider"  # Everything, the words that the classifier went by included.
