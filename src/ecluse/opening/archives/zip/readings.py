"""What one entry of a zip holds, once for every way in which its two headers let it be read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ecluse.opening.archives import streams
from ecluse.opening.archives.streams import Unpacked, unpack
from ecluse.opening.archives.zip.decryption import decrypted, spellings
from ecluse.opening.archives.zip.methods import METHODS, STORED
from ecluse.opening.archives.zip.records import DESCRIPTOR, Header
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag

_MAX_DESCRIPTORS = 16  # Signatures that are tried as the end of stored data.


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an entry."""

    content: bytes | None
    end: int  # Where its data end.
    is_encrypted: bool = False
    error: str = ""
    flags: tuple[Flag, ...] = ()


def readings(
    data: bytes, headers: tuple[Header, ...], start: int, passwords: tuple[str, ...], budget: Budget
) -> Iterator[Reading]:
    """Every different content, what the first header says before the others. `start` is where the data begin."""
    seen: set[bytes | None] = set()
    for header in _variants(data, headers, start):
        reading = _reading(data, header, start, passwords, budget)
        if reading.content not in seen:
            seen.add(reading.content)
            yield reading


def _variants(data: bytes, headers: tuple[Header, ...], start: int) -> Iterator[Header]:
    """The headers, and what lies between them: method, encryption and size of the one or the other."""
    yield headers[0]
    tried = {(headers[0].method, headers[0].is_encrypted, headers[0].packed)}
    for shape in headers:
        for flags in dict.fromkeys(header.flags for header in headers):
            for packed in _sizes(data, headers, start):
                variant = replace(shape, flags=flags, packed=packed)
                key = (variant.method, variant.is_encrypted, packed)
                if key not in tried and (len(headers) > 1 or variant.real_method == STORED):
                    tried.add(key)
                    yield variant


def _sizes(data: bytes, headers: tuple[Header, ...], start: int) -> list[int]:
    """How long the data may be, whichever header or record after the data is believed."""
    sizes = [header.packed for header in headers]
    if any(header.real_method == STORED and not header.is_encrypted for header in headers):
        sizes += [header.size for header in headers]
        if any(header.has_descriptor for header in headers):
            sizes += _described_sizes(data, start)
    return [size for size in dict.fromkeys(sizes) if start + size <= len(data)]


def _described_sizes(data: bytes, start: int) -> list[int]:
    """Where a descriptor stands that names its own distance: how a reader of streams finds the end of stored data."""
    sizes = []
    at = start - 1
    for _ in range(_MAX_DESCRIPTORS):
        at = data.find(DESCRIPTOR, at + 1)
        if at < 0:
            break
        if int.from_bytes(data[at + 8 : at + 12], "little") == at - start:
            sizes.append(at - start)
    return sizes


def _reading(data: bytes, header: Header, start: int, passwords: tuple[str, ...], budget: Budget) -> Reading:
    view = memoryview(data)[start:]
    if not header.is_encrypted:
        return _plain(header, view, start, budget)
    packed = view[: header.packed]
    end = start + len(packed)
    if not packed and not header.size:
        return Reading(b"", end)
    for password in spellings(passwords):
        plain = decrypted(header, packed, password, budget)
        if plain is None:
            continue
        inner = replace(header, packed=len(plain))
        reading = _plain(inner, memoryview(plain), start, budget)
        if not reading.error and Flag.WRONG_CHECKSUM not in reading.flags:
            return replace(reading, end=end, is_encrypted=True)
    return Reading(None, end, is_encrypted=True, error="no password fits")


def _plain(header: Header, view: memoryview, start: int, budget: Budget) -> Reading:
    method = header.real_method
    if method == STORED:
        unpacked = unpack(streams.stored(view[: header.packed]), budget)
    elif method in METHODS:
        unpacked = unpack(METHODS[method](view, header), budget)
    else:
        end = start + min(header.packed, len(view))
        return Reading(None, end, error=f"method {method}", flags=(Flag.UNOPENED,))
    return _judged(header, unpacked, start)


def _judged(header: Header, unpacked: Unpacked, start: int) -> Reading:
    error = unpacked.error
    if header.real_method == STORED and unpacked.consumed < header.packed:
        error = "cut short"
    flags = unpacked.flags
    if header.real_method != STORED and not error and unpacked.consumed != header.packed:
        # A reader that believes the size stops earlier, or later.
        flags = (Flag.AMBIGUOUS,) if unpacked.consumed > header.packed else (Flag.MISMATCH,)
    # AE-2 has no checksum of the content but one of the cipher text, which has been checked.
    if not error and not (header.aes[:1] == b"\x02" and not header.checksum):
        is_right = zlib.crc32(unpacked.content) == header.checksum and len(unpacked.content) == header.size
        flags = flags if is_right else (*flags, Flag.WRONG_CHECKSUM)
    if error and not unpacked.content:
        return Reading(None, start, error=error, flags=flags)
    return Reading(unpacked.content, start + unpacked.consumed, error=error, flags=flags)
