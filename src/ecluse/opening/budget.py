"""How much of a file is opened: one budget for the file and all that lies in it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Where opening stops; what lies beyond was not looked at, and the answer says so."""

    depth: int = 16  # Containers in containers.
    members: int = 10_000  # Of all containers together.
    member_octets: int = 104_857_600  # Of one entry's content.
    octets: int = 209_715_200  # Of all contents together.
    ratio: int = 250  # Octets out for each octet of the outermost file in, once `free_octets` are out.
    free_octets: int = 16_777_216
    seconds: float = 8.0  # Of this process's CPU: a machine that is busy makes no file suspicious.
    texts: int = 262_144  # Characters of text that are kept.
    urls: int = 1_000
    pixels: int = 120_000_000  # Of all pictures and pages in which codes are looked for.


class Exceeded(Exception):
    """A limit is reached; the text says which one."""


class Bomb(Exceeded):
    """More comes out than an honest file of that size holds."""


class Budget:
    """What is left of the limits. Each method raises `Exceeded` once nothing is."""

    __slots__ = ("_ends_at", "_members", "_octets", "_octets_in", "_pixels", "limits")

    def __init__(self, limits: Limits, octets_in: int) -> None:
        """`octets_in` is the size of the outermost file."""
        self.limits = limits
        self._octets_in = octets_in
        self._octets = self._members = self._pixels = 0
        self._ends_at = time.process_time() + limits.seconds

    def spend_member(self) -> None:
        """One more entry."""
        self.check_time()
        self._members += 1
        if self._members > self.limits.members:
            raise Exceeded("too many members")

    def spend_octets(self, count: int) -> None:
        """One entry of so many octets came out. The dispatcher spends; openers call `check_octets`."""
        self.check_octets(count)
        self._octets += count

    @property
    def spent(self) -> tuple[int, int]:
        """Members and octets so far."""
        return self._members, self._octets

    def spend_again(self, members: int, octets: int) -> None:
        """What lies in a file that is there once more: it is not opened again, but whoever unpacks it all has it all."""
        self._members += members
        self._octets += octets
        self.check_octets(0)
        if self._members > self.limits.members:
            raise Bomb("a bomb")

    def check_octets(self, count: int) -> None:
        """To be called by unpackers as octets come out: raises once the entry has more than it may hold."""
        self.check_time()
        if self._octets + count > self.octets_at_most:
            raise Exceeded("too much content") if self.octets_at_most == self.limits.octets else Bomb("a bomb")
        if count > self.limits.member_octets:
            raise Exceeded("an entry is too large")

    @property
    def octets_left(self) -> int:
        """How much the next entry may hold; unpackers stop there and not after."""
        return max(0, min(self.octets_at_most - self._octets, self.limits.member_octets))

    @property
    def octets_at_most(self) -> int:
        """Of all contents together."""
        return min(self.limits.octets, max(self.limits.free_octets, self._octets_in * self.limits.ratio))

    def may_spend_pixels(self, count: int) -> bool:
        """Whether a picture of so many pixels may be looked at: one too many is passed over, and the file goes on."""
        self.check_time()
        if self._pixels + count > self.limits.pixels:
            return False
        self._pixels += count
        return True

    def check_time(self) -> None:
        """To be called in every loop that content can lengthen."""
        if time.process_time() > self._ends_at:
            raise Exceeded("out of time")

    def collect(self, pieces: Iterable[bytes]) -> bytes:
        """What an unpacker puts out, piece by piece, as one entry; raises before it is more than may be held."""
        collected = bytearray()
        for piece in pieces:
            collected += piece
            self.check_octets(len(collected))
        return bytes(collected)
