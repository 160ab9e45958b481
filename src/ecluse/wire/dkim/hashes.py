"""Body hashes, each computed once a message for all who sign and seal (RFC 6376 section 3.7)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ecluse.domain.content import Content
from ecluse.wire.dkim.canonical import BodyCanonicaliser, Mode

_PIECE_BYTES = 32_768  # Small, so that of a message with text and a file most pieces are of the file alone: no spaces.


@dataclass(frozen=True, slots=True)
class WantedHash:
    """A body hash that some signature asks for."""

    mode: Mode
    digest: str  # "sha256", "sha1"
    length: int | None = None  # Octets of the canonical body; None = all.


class BodyHashes:
    """The body hashes of one message."""

    __slots__ = ("_digests", "_octets")

    def __init__(self, digests: dict[WantedHash, bytes], octets: dict[Mode, int]) -> None:
        self._digests = digests
        self._octets = octets

    def digest(self, wanted: WantedHash) -> bytes | None:
        """The hash, or None where the canonical body is shorter than the length. It must have been asked for."""
        if wanted.length is not None and wanted.length > self._octets[wanted.mode]:
            return None
        return self._digests[wanted]

    def octets(self, mode: Mode) -> int:
        """The size of the canonical body."""
        return self._octets[mode]


def hash_body(content: Content, start: int, wanted: Iterable[WantedHash]) -> BodyHashes:
    """All hashes that are wanted of the body that begins at `start`, in one pass for each canonicalisation."""
    hasher = BodyHasher(wanted)
    for at in range(start, content.size, _PIECE_BYTES):
        hasher.update(content.slice(at, at + _PIECE_BYTES))
    return hasher.finish()


class BodyHasher:
    """As `hash_body`, for a caller that does other things between the pieces of a large body."""

    __slots__ = ("_streams",)

    def __init__(self, wanted: Iterable[WantedHash]) -> None:
        each = set(wanted)
        self._streams = {
            mode: (BodyCanonicaliser(mode), _meters(mode, each)) for mode in sorted({one.mode for one in each})
        }

    def update(self, piece: bytes) -> None:
        """Take the next octets of the body."""
        for canonicaliser, meters in self._streams.values():
            for octets in canonicaliser.feed(piece):
                for meter in meters:
                    meter.write(octets)

    def finish(self) -> BodyHashes:
        """All octets have been given."""
        digests: dict[WantedHash, bytes] = {}
        sizes: dict[Mode, int] = {}
        for mode, (canonicaliser, meters) in self._streams.items():
            last = b"".join(canonicaliser.finish())
            for meter in meters:
                meter.write(last)
                digests |= meter.digests()
                sizes[mode] = meter.seen
        return BodyHashes(digests, sizes)


class _Meter:
    """One running hash that is read off at each length that is wanted."""

    __slots__ = ("_digest", "_hash", "_is_whole_wanted", "_lengths", "_mode", "_read", "seen")

    def __init__(self, mode: Mode, digest: str, wanted: set[int | None]) -> None:
        self._mode = mode
        self._digest = digest
        self._hash = new_hash(digest)
        self._is_whole_wanted = None in wanted
        self._lengths = sorted((length for length in wanted if length is not None), reverse=True)
        self._read: dict[WantedHash, bytes] = {}
        self.seen = 0

    def write(self, octets: bytes) -> None:
        while self._lengths and self._lengths[-1] <= self.seen + len(octets):
            length = self._lengths.pop()
            self._hash.update(octets[: length - self.seen])
            octets = octets[length - self.seen :]
            self.seen = length
            self._read[WantedHash(self._mode, self._digest, length)] = self._hash.digest()
        self.seen += len(octets)
        if self._is_whole_wanted or self._lengths:
            self._hash.update(octets)

    def digests(self) -> dict[WantedHash, bytes]:
        if self._is_whole_wanted:
            self._read[WantedHash(self._mode, self._digest)] = self._hash.digest()
        return self._read


def _meters(mode: Mode, wanted: set[WantedHash]) -> list[_Meter]:
    ours = [one for one in wanted if one.mode is mode]
    return [
        _Meter(mode, digest, {one.length for one in ours if one.digest == digest})
        for digest in sorted({one.digest for one in ours})
    ]


def new_hash(digest: str) -> Any:
    """A running hash; sha1 is here only for old mail that is judged by the rules of its time."""
    return hashlib.new(digest, usedforsecurity=False) if digest == "sha1" else hashlib.sha256()
