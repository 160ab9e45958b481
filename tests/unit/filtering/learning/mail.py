"""Made-up mail for the classifier: two kinds that differ in words, and share all else."""

from __future__ import annotations

import random

from ecluse.domain.content import MemoryContent
from ecluse.filtering.body import read_body
from ecluse.filtering.learning.letter import Arrival, Letter, read_letter
from ecluse.wire.mime.fields import split_head

HAM_WORDS = [
    "minutes",
    "meeting",
    "patch",
    "review",
    "kernel",
    "invoice",
    "holiday",
    "agenda",
    "budget",
    "thanks",
    "draft",
    "version",
]
SPAM_WORDS = [
    "winner",
    "prize",
    "casino",
    "pills",
    "cheap",
    "replica",
    "urgent",
    "transfer",
    "lottery",
    "millions",
    "claim",
    "bonus",
]

# A prior that says nothing of any message.
EMPTY_PRIOR = b'made = ""\ncommand = ""\neverywhere = 0.0\ncorpora = {}\nwords = {}\nfacts = {}\n'


def raw(text: str, **fields: str) -> bytes:
    head = {"From": "Ann <ann@one.example>", "Subject": "hello", **fields}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in head.items()]
    return "\r\n".join([*lines, "", text]).encode("utf-8", "surrogateescape")


def letter(octets: bytes, arrival: Arrival | None = None) -> Letter:
    content = MemoryContent(octets)
    section = split_head(content)
    return read_letter(section, read_body(content, section), arrival)


def stream(count: int, seed: int = 1, noise: float = 0.33) -> list[tuple[bytes, bool]]:
    """Messages of 30 words, that share of them the other kind's: (message, is spam)."""
    chance = random.Random(seed)
    messages = []
    for _ in range(count):
        is_spam = chance.random() < 0.4
        own, other = (SPAM_WORDS, HAM_WORDS) if is_spam else (HAM_WORDS, SPAM_WORDS)
        words = [chance.choice(other if chance.random() < noise else own) for _ in range(30)]
        messages.append((raw(" ".join(words)), is_spam))
    return messages
