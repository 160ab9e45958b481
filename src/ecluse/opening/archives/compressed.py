"""The opener for files that are one compressed stream or several behind each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ecluse.opening.archives import streams
from ecluse.opening.archives.streams import Stream, unpack
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Entry, File, Flagged, Piece
from ecluse.opening.types import Type

_STREAMS: dict[str, Callable[[memoryview], Stream]] = {
    Type.GZIP: streams.gzip,
    Type.BZIP2: streams.bzip2,
    Type.XZ: streams.xz,
    Type.LZMA: streams.lzma_alone,
    Type.ZSTD: streams.zstd,
}
COMPRESSED = frozenset(_STREAMS)
_MAX_STREAMS = 1_000  # Behind each other; BGZF and pigz make many.
_HAS_NAME = 0x08
_HAS_EXTRA = 0x04
_SHORT_SUFFIXES = {"tgz": "tar", "tbz": "tar", "tbz2": "tar", "txz": "tar", "tzst": "tar", "tlz": "tar", "svgz": "svg"}
_PADDING = b"\0"


def open_compressed(file: File, budget: Budget) -> Iterator[Piece]:
    """The streams joined as one entry, as most readers have it; each alone too, since some stop after the first."""
    unpack_one = _STREAMS[file.type]
    view = memoryview(file.content)
    parts: list[bytes] = []
    error, at = "", 0
    flags: tuple[Flag, ...] = ()
    while at < len(view) and len(parts) < _MAX_STREAMS:
        unpacked = unpack(unpack_one(view[at:]), budget)
        if unpacked.error and parts and not unpacked.content:
            break
        parts.append(unpacked.content)
        error, flags = unpacked.error, unpacked.flags
        if error:
            break
        at += unpacked.consumed
    joined = b"".join(parts)
    budget.check_octets(len(joined))
    yield Entry(_inner_name(file), joined if joined or not error else None, error=error, flags=flags)
    if len(parts) > 1:
        yield from (Entry(_inner_name(file), part, is_member=False) for part in parts)
    if not error:
        yield from _rest(bytes(view[at:]))


def _rest(rest: bytes) -> Iterator[Piece]:
    if rest.strip(_PADDING):
        yield Flagged(Flag.APPENDED)
        yield Entry("", rest, is_member=False)


def _inner_name(file: File) -> str:
    if file.type == Type.GZIP and (name := _gzip_name(file.content)):
        return name
    stem, dot, suffix = file.name.rpartition(".")
    short = _SHORT_SUFFIXES.get(suffix.lower())
    if short:
        return f"{stem}.{short}"
    return stem if dot else file.name


def _gzip_name(content: bytes) -> str:
    """The name in the header (RFC 1952 section 2.3), without the folders that it may not have."""
    flags = content[3] if len(content) > 10 else 0
    start = 10
    if flags & _HAS_EXTRA:
        start += 2 + int.from_bytes(content[10:12], "little")
    if not flags & _HAS_NAME:
        return ""
    end = content.find(b"\0", start, start + 1_024)
    return content[start:end].decode("latin-1") if end > start else ""
