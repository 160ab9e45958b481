"""A message's octets under its content key: pieces of 64 kB, each with its own tag, bound to its place.

The nonce of a piece holds what it is (body or summary), its number, and whether it is the last: pieces that are cut
off, moved, doubled or taken from another message do not open. Both directions read from the middle without the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible

PIECE = 65_536
TAG = 16
_BODY, _SUMMARY = b"b", b"s"


class _Pieces:
    """Content that is made piece by piece; `_piece` gives one, all but the last of `_length` octets."""

    __slots__ = ("_cipher", "_content", "_count", "_length", "_message", "_size")

    def __init__(self, content: Content, content_key: bytes, message_id: str) -> None:
        self._content, self._message = content, message_id.encode()
        self._cipher = AESGCM(content_key)
        self._size = self._count = self._length = 0

    @property
    def size(self) -> int:
        """See `Content.size`."""
        return self._size

    def slice(self, start: int, end: int) -> bytes:
        """See `Content.slice`."""
        start, end, _ = slice(start, end).indices(self._size)
        if start >= end:
            return b""
        first, last = start // self._length, (end - 1) // self._length
        octets = b"".join(self._piece(number) for number in range(first, last + 1))
        return octets[start - first * self._length : end - first * self._length]

    def find(self, needle: bytes, start: int = 0, end: int | None = None) -> int:
        """See `Content.find`."""
        start, stop, _ = slice(start, end).indices(self._size)
        overlap = max(len(needle) - 1, 0)
        for window in range(start, max(stop, start + 1), self._length):
            found = self.slice(window, min(window + self._length + overlap, stop)).find(needle)
            if found >= 0:
                return window + found
        return -1

    def chunks(self) -> Iterator[bytes]:
        """See `Content.chunks`."""
        for number in range(self._count):
            yield self._piece(number)

    def _nonce(self, number: int) -> bytes:
        return _nonce(_BODY, number, is_last=number == self._count - 1)

    def _piece(self, number: int) -> bytes:
        raise NotImplementedError


class SealedContent(_Pieces):
    """What is written of a message: its octets, sealed."""

    __slots__ = ()

    def __init__(self, content: Content, content_key: bytes, message_id: str) -> None:
        super().__init__(content, content_key, message_id)
        self._count = max(1, -(-content.size // PIECE))  # An empty message has one empty piece: it ends, too.
        self._size = content.size + self._count * TAG
        self._length = PIECE + TAG

    def _piece(self, number: int) -> bytes:
        octets = self._content.slice(number * PIECE, (number + 1) * PIECE)
        return self._cipher.encrypt(self._nonce(number), octets, self._message)


class OpenedContent(_Pieces):
    """The message again. Reading raises `Impossible` where the key is another's or an octet was changed."""

    __slots__ = ()

    def __init__(self, content: Content, content_key: bytes, message_id: str) -> None:
        """Raises `Impossible` for content that cannot be a sealed message."""
        super().__init__(content, content_key, message_id)
        self._count = -(-content.size // (PIECE + TAG))
        self._size = content.size - self._count * TAG
        self._length = PIECE
        if content.size < TAG or self._size < (self._count - 1) * PIECE:
            raise Impossible("this is no sealed message")

    def beginning(self) -> bytes:
        """What a beginning that was cut off at any octet holds in whole pieces; its end is not looked for."""
        whole = range(self._content.size // (PIECE + TAG))
        return b"".join(self._open(number, _nonce(_BODY, number, is_last=False)) for number in whole)

    def _piece(self, number: int) -> bytes:
        return self._open(number, self._nonce(number))

    def _open(self, number: int, nonce: bytes) -> bytes:
        octets = self._content.slice(number * (PIECE + TAG), (number + 1) * (PIECE + TAG))
        return _decrypted(self._cipher, nonce, octets, self._message)


def sealed_summary(octets: bytes, content_key: bytes, message_id: str) -> bytes:
    """A few words about the message under the same key."""
    return AESGCM(content_key).encrypt(_nonce(_SUMMARY, 0, is_last=True), octets, message_id.encode())


def opened_summary(octets: bytes, content_key: bytes, message_id: str) -> bytes:
    """The words again. Raises `Impossible`."""
    return _decrypted(AESGCM(content_key), _nonce(_SUMMARY, 0, is_last=True), octets, message_id.encode())


def _decrypted(cipher: AESGCM, nonce: bytes, octets: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, octets, bound)
    except InvalidTag as error:
        raise Impossible("the sealed message does not open: another key, or it was changed") from error


def _nonce(what: bytes, number: int, *, is_last: bool) -> bytes:
    return what + bytes(6) + number.to_bytes(4, "big") + bytes([is_last])
