"""One spooled message as a file: a fixed prefix, the message, its content, then the steps of its delivery.

    prefix    magic and format (8 octets), header size, header CRC-32, content size, content CRC-32, CRC-32 of all that
    header    `QueuedMessage` as it was kept: a msgpack map
    content   the exact octets, where they do not lie beside it
    steps     any number of: size, CRC-32, `Progress` as a msgpack map

Numbers are little-endian. Maps may gain fields (a reader ignores what it does not know and defaults what it misses),
so the previous release reads the next one's files; the format number grows only when that would not hold: a sealed
message has format 2, which a release without seals leaves where it is, one whose content lies beside it, since
others share it, has format 3, and one whose content has left the node's disk (`ecluse.ports.bodies`) format 4.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from zlib import crc32

import msgspec

from ecluse.adapters.folder.disk import pwrite_all, write_all
from ecluse.domain.content import CHUNK_BYTES, Content
from ecluse.domain.queue import Progress, QueuedMessage, advance

_MAGIC = b"ECLUSEQ"
_FORMAT = 1
_SEALED_FORMAT = 2  # The same, but a release that does not know seals would deliver octets that nobody can read.
_APART_FORMAT = 3  # The content is in a file of its own; its size and checksum stand here.
_AWAY_FORMAT = 4  # The same, and it lies in the store of bodies.
_PREFIX = struct.Struct("<7sBIIQI")
_CHECKSUM = struct.Struct("<I")
_STEP = struct.Struct("<II")
_HEADER_AT = _PREFIX.size + _CHECKSUM.size
_FIRST_READ_BYTES = 8192  # Prefix and header of nearly every message in one read.
_MAX_STEP_BYTES = 16_777_216
# Each call to the system gives up the interpreter, and has to win it back from a busy loop.
_AT_ONCE_BYTES = CHUNK_BYTES

_encode = msgspec.msgpack.Encoder().encode
_decode_message = msgspec.msgpack.Decoder(QueuedMessage).decode
_decode_progress = msgspec.msgpack.Decoder(Progress).decode


class Damaged(Exception):
    """The file is not what was once written."""


class Foreign(Exception):
    """The file is whole, but only another release can read it."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What a file says."""

    message: QueuedMessage  # As it stands after all steps.
    content_at: int
    content_size: int
    content_crc: int
    is_apart: bool  # The content is in a file of its own, from its first octet on.
    is_away: bool  # The content is in the store of bodies.
    end: int  # Where the next step belongs; what stands behind it was torn by a crash.


def write_message(fd: int, message: QueuedMessage, content: Content) -> None:
    """Write a whole file, a large one's prefix last; the caller syncs it."""
    header = _encode(message)
    version = _SEALED_FORMAT if message.seal else _FORMAT
    if content.size <= _AT_ONCE_BYTES:
        chunks = tuple(content.chunks())
        checksum = reduce(lambda so_far, chunk: crc32(chunk, so_far), chunks, 0)
        write_all(fd, b"".join((_start(version, header, content.size, checksum), header, *chunks)))
        return
    write_all(fd, bytes(_HEADER_AT) + header)
    checksum = write_content(fd, content)
    pwrite_all(fd, _start(version, header, content.size, checksum), 0)


def write_content(fd: int, content: Content) -> int:
    """Write the octets at the file's position; their CRC-32."""
    checksum = 0
    for chunk in content.chunks():
        checksum = crc32(chunk, checksum)
        write_all(fd, chunk)
    return checksum


def write_without_content(fd: int, message: QueuedMessage, size: int, checksum: int) -> None:
    """Write the file of a message whose content lies beside it; the caller syncs both."""
    _write_start(fd, _APART_FORMAT, message, size, checksum)


def write_away(fd: int, stored: StoredMessage) -> None:
    """Write the file of a message whose content has gone to the store of bodies, as it stands now; the caller syncs it."""
    _write_start(fd, _AWAY_FORMAT, stored.message, stored.content_size, stored.content_crc)


def _write_start(fd: int, version: int, message: QueuedMessage, size: int, checksum: int) -> None:
    header = _encode(message)
    write_all(fd, _start(version, header, size, checksum) + header)


def _start(version: int, header: bytes, size: int, checksum: int) -> bytes:
    prefix = _PREFIX.pack(_MAGIC, version, len(header), crc32(header), size, checksum)
    return prefix + _CHECKSUM.pack(crc32(prefix))


def read_message(fd: int) -> StoredMessage:
    """The message without looking at its content, beyond being all there. Raises `Damaged`, `Foreign`."""
    start = os.pread(fd, _FIRST_READ_BYTES, 0)
    version, header_size, header_crc, content_size, content_crc = _parse_prefix(start)
    is_apart, is_away = version == _APART_FORMAT, version == _AWAY_FORMAT
    steps_at = _HEADER_AT + header_size + (0 if is_apart or is_away else content_size)
    # Asked for before the header is read: a size that is not there must not be allocated.
    file_size = os.fstat(fd).st_size
    tail = file_size - steps_at
    if tail < 0:
        raise Damaged(f"{-tail} octets are missing")
    header_end = _HEADER_AT + header_size
    if header_end > len(start):
        start = os.pread(fd, header_end, 0)
    header = start[_HEADER_AT:header_end]
    if crc32(header) != header_crc:
        raise Damaged("the header's checksum is wrong")
    try:
        message = _decode_message(header)
        end = steps_at
        # Of a small message all has been read: a start opens every one that waits.
        for step, size in _steps(start[steps_at:] if len(start) == file_size else os.pread(fd, tail, steps_at)):
            message = advance(message, _decode_progress(step))
            end += size
    except msgspec.MsgspecError as error:
        raise Foreign(str(error)) from error
    content_at = 0 if is_apart or is_away else header_end
    return StoredMessage(message, content_at, content_size, content_crc, is_apart, is_away, end)


def verify_content(fd: int, stored: StoredMessage) -> None:
    """Read the content once through, in its own file or the message's. Raises `Damaged` unless it is what was kept."""
    checksum, stop = 0, stored.content_at + stored.content_size
    for position in range(stored.content_at, stop, CHUNK_BYTES):
        checksum = crc32(os.pread(fd, min(CHUNK_BYTES, stop - position), position), checksum)
    if checksum != stored.content_crc:
        raise Damaged("the content's checksum is wrong")


def append_progress(fd: int, stored: StoredMessage, progress: Progress) -> None:
    """Add one step in place of whatever a crash left half written; the caller syncs it."""
    step = _encode(progress)
    if os.fstat(fd).st_size > stored.end:
        os.ftruncate(fd, stored.end)
    try:
        pwrite_all(fd, _STEP.pack(len(step), crc32(step)) + step, stored.end)
    except OSError:
        os.ftruncate(fd, stored.end)
        raise


def _parse_prefix(start: bytes) -> tuple[int, int, int, int, int]:
    if len(start) < _HEADER_AT:
        raise Damaged("the file is too short")
    prefix = start[: _PREFIX.size]
    if _CHECKSUM.pack(crc32(prefix)) != start[_PREFIX.size : _HEADER_AT]:
        raise Damaged("the prefix's checksum is wrong")
    magic, version, header_size, header_crc, content_size, content_crc = _PREFIX.unpack(prefix)
    if magic != _MAGIC:
        raise Damaged("this is no spooled message")
    if version > _AWAY_FORMAT:
        raise Foreign(f"format {version} is newer than {_AWAY_FORMAT}")
    return version, header_size, header_crc, content_size, content_crc


def _steps(tail: bytes) -> Iterator[tuple[bytes, int]]:
    """Each whole step and the octets it takes; ends at the first that is not whole."""
    position = 0
    while position + _STEP.size <= len(tail):
        size, checksum = _STEP.unpack_from(tail, position)
        step = tail[position + _STEP.size : position + _STEP.size + size]
        if not 0 < size <= _MAX_STEP_BYTES or len(step) != size or crc32(step) != checksum:
            return
        yield step, _STEP.size + size
        position += _STEP.size + size
