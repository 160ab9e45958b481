"""What a fuzz target is, and how its octets become choices."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A parser with its promises: `examine` raises for octets that break one, and only then."""

    name: str
    examine: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    max_octets: int = 4_096


class Choices:
    """The first octets of an input decide how the rest is used, so that a mutation changes only one thing."""

    OCTETS = 4

    def __init__(self, data: bytes) -> None:
        self.octets = data[self.OCTETS :]
        self.flags = data[0] if data else 0
        self.dice = random.Random(data[1 : self.OCTETS])

    def flag(self, bit: int) -> bool:
        return bool(self.flags >> bit & 1)

    def pieces(self) -> Iterator[bytes]:
        """The octets, cut up at random."""
        largest = self.dice.choice((1, 3, 10, 200, 5_000))
        at = 0
        while at < len(self.octets):
            size = self.dice.randint(1, largest)
            yield self.octets[at : at + size]
            at += size


def seed(octets: bytes, flags: int = 0, dice: bytes = b"abc") -> bytes:
    """An input that `Choices` reads so."""
    return bytes([flags]) + dice + octets
