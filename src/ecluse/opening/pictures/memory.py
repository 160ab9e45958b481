"""What was seen in the pictures that this process looked at last: the same logo is in every document of a house."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from ecluse.opening.pieces import Piece

MAX_PICTURES = 1_000
MAX_PIECES = 20  # Of one picture; one that says more is looked at each time.


class PictureMemory:
    """The pictures seen last, by the SHA-256 of their octets."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[Piece, ...]] = OrderedDict()
        self._silent: frozenset[str] = frozenset()

    def recall(self, digest: str) -> tuple[Piece, ...] | None:
        """What the picture says; None for one that is not remembered."""
        if digest not in self._seen:
            return None
        self._seen.move_to_end(digest)
        return self._seen[digest]

    def keep(self, digest: str, pieces: tuple[Piece, ...]) -> None:
        """Remember it, and forget the one that was not asked for the longest time; nothing is kept under ""."""
        if not digest or len(pieces) > MAX_PIECES:
            return
        self._seen[digest] = pieces
        if len(self._seen) > MAX_PICTURES:
            self._seen.popitem(last=False)

    def is_silent(self, digest: str) -> bool:
        """Whether another helper has found no code in it."""
        return digest in self._silent

    def take_over(self, silent: Iterable[bytes]) -> None:
        """Pictures in which helpers before this one have found no code, by their digests."""
        self._silent |= {digest.hex() for digest in silent}


MEMORY = PictureMemory()  # Of this process, which lives for a few dozen files.
