"""Binary presentations ([MS-PPT]): the compound files that lie packed in their records."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ecluse.opening.budget import Budget

MAX_RECORDS = 200_000
_OBJECT_STORAGE = 0x1011  # ExOleObjStg: an embedded object, a control or the VBA project.


def packed_storages(data: bytes, budget: Budget) -> Iterator[bytes]:
    """The content of each stored object, in the order of the file."""
    at = count = 0
    while at + 8 <= len(data) and count < MAX_RECORDS:
        version = int.from_bytes(data[at : at + 2], "little")
        number = int.from_bytes(data[at + 2 : at + 4], "little")
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if number == _OBJECT_STORAGE:
            yield _storage(data[at + 8 : at + 8 + size], version >> 4 == 1, budget)
        # A container's records come next: its own header is all there is to skip.
        at += 8 if version & 0xF == 0xF else 8 + size
        count += 1
        if count % 1_000 == 0:
            budget.check_time()


def _storage(body: bytes, is_packed: bool, budget: Budget) -> bytes:  # noqa: FBT001 - a bit of the record's header.
    if not is_packed:
        return body
    try:
        content = zlib.decompressobj().decompress(body[4:], budget.octets_left)
    except zlib.error:
        return b""
    return content
