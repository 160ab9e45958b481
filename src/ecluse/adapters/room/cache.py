"""What was opened lately, so that an attachment which comes a hundred times is opened once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from ecluse.domain.opened import Opened

_ENTRY_OCTETS = 400  # Beside the answer: key, passwords, the entry itself; measured.

Key = tuple[bytes, str]  # SHA-256 of the content, and the file's name, about which an answer may speak too.


@dataclass(frozen=True, slots=True)
class _Entry:
    packed: bytes  # Packed, it takes a tenth of the memory, and its size is known.
    passwords: tuple[str, ...]


class AnswerCache:
    """The answers used last, in at most `octets` of memory; lives and dies with its process, as the openers do."""

    def __init__(self, octets: int) -> None:
        self._octets = octets
        self._used = 0
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Opened)

    def find(self, key: Key, passwords: tuple[str, ...]) -> Opened | None:
        """The answer; None where there is none, or where other passwords might open what stayed shut."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        opened = self._decoder.decode(entry.packed)
        if opened.is_encrypted and entry.passwords != passwords:
            return None
        self._entries.move_to_end(key)
        return opened

    def keep(self, key: Key, passwords: tuple[str, ...], opened: Opened) -> None:
        """Remember it, and forget what was not used for the longest time."""
        self._drop(key)
        entry = _Entry(self._encoder.encode(opened), passwords)
        if _size(key, entry) > self._octets:
            return
        self._entries[key] = entry
        self._used += _size(key, entry)
        while self._used > self._octets:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._used -= _size(key, entry)


def _size(key: Key, entry: _Entry) -> int:
    return len(entry.packed) + len(key[1]) * 4 + sum(map(len, entry.passwords)) * 4 + _ENTRY_OCTETS
