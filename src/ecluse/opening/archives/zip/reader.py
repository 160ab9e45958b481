"""The opener for zips: directory and local headers side by side, and what neither of them tells."""

from __future__ import annotations

import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.links import link_flags
from ecluse.opening.archives.zip.directories import Directory, directories, has_end
from ecluse.opening.archives.zip.methods import KNOWN_METHODS
from ecluse.opening.archives.zip.readings import Reading, readings
from ecluse.opening.archives.zip.records import DESCRIPTOR, IS_MASKED, IS_UTF8, LOCAL, Header, local_header
from ecluse.opening.budget import Budget, Exceeded
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece

_UNIX = 3
_MACOS = 19
_DOS_DIRECTORY = 0x10
_MAX_NAME = 1_024
_DESCRIPTOR_OCTETS = 24  # At most: signature, checksum and two sizes of 64 bits.
_MAX_HIDDEN = 1_000  # Local headers outside of everything that are looked at.
_MAX_SIGNATURES = 200_000  # What begins like one: no honest file holds so many.


def open_zip(file: File, budget: Budget) -> Iterator[Piece]:
    """Every entry that some reader sees, each content once; what readers see differently is flagged."""
    yield from _ZipReading(file, budget).pieces()


@dataclass(slots=True)
class _ZipReading:
    """One zip being read, and which octets were accounted for."""

    file: File
    budget: Budget
    spans: list[tuple[int, int]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)

    def pieces(self) -> Iterator[Piece]:
        data = self.file.content
        read = 0
        found, strays = directories(data)
        for directory in found:
            if self._is_inside(directory.start):
                continue
            read += 1
            if read > 1:
                yield Flagged(Flag.AMBIGUOUS)
            yield from map(Flagged, directory.flags)
            yield from self._of_directory(directory)
        if read and not all(map(self._is_inside, strays)):
            yield Flagged(Flag.AMBIGUOUS)
        yield from self._overlaps()
        if not read and not (has_end(data) and LOCAL not in data):
            yield Broken("no directory")
        yield from self._hidden(is_hidden=read > 0)

    def _of_directory(self, directory: Directory) -> Iterator[Piece]:
        self.spans += [(header.at, header.name_end) for header in directory.headers]
        own: list[tuple[int, int, int]] = []
        for central in directory.headers:
            self.budget.check_time()
            local = local_header(self.file.content, central.offset + directory.shift) or local_header(
                self.file.content, central.offset
            )
            if local is None:
                yield Entry(_name(central), error="no local header", flags=(Flag.BROKEN,))
                continue
            end = local.end
            for piece in self._of_entry(central, local):
                end = max(end, piece.end)
                yield from piece.entries
            self.spans += [(local.at, local.name_end), (local.end, end)]
            own.append((local.at, end, _DESCRIPTOR_OCTETS if local.has_descriptor else 0))
        yield from _gaps(self.file.content, sorted(own), directory.start)

    def _of_entry(self, central: Header | None, local: Header) -> Iterator[_Read]:
        headers = (local,) if central is None else (central, local)
        flags = [] if central is None else list(_contradictions(central, local))
        flags += [Flag.DUPLICATE_NAME] if self._is_known(_name(headers[0])) else []
        is_first = True
        try:
            for reading in readings(self.file.content, _believed(headers), local.end, self.file.passwords, self.budget):
                if central and not _fits_descriptor(self.file.content, reading.end, central, local):
                    flags.append(Flag.MISMATCH)
                entries = _entries(headers, reading, tuple(flags), is_unreached=reading.is_encrypted or not is_first)
                yield _Read(reading.end, tuple(entries))
                # All readings but the first are those of other readers.
                is_first = False
                flags = list(dict.fromkeys((*flags, Flag.AMBIGUOUS)))
        except Exceeded as problem:
            yield _Read(local.end, (Entry(_name(headers[0]), error=str(problem), flags=tuple(flags)),))
            raise

    def _is_known(self, name: str) -> bool:
        self.names[name] = self.names.get(name, 0) + 1
        return self.names[name] > 1

    def _overlaps(self) -> Iterator[Piece]:
        spans = sorted(self.spans)
        if any(start < end for (_, end), (start, _) in pairwise(spans)):
            yield Flagged(Flag.OVERLAPPING)

    def _is_inside(self, at: int) -> bool:
        return any(start <= at < end for start, end in self.spans)

    def _hidden(self, *, is_hidden: bool) -> Iterator[Piece]:
        """Entries that no directory names: readers of streams see them."""
        data = self.file.content
        spans = _merged(self.spans)
        at, looked_at, signatures = 0, 0, 0
        flags = (Flag.HIDDEN_MEMBER,) if is_hidden else ()
        while (at := data.find(LOCAL, at)) >= 0:
            self.budget.check_time()
            signatures += 1
            if looked_at >= _MAX_HIDDEN or signatures > _MAX_SIGNATURES:
                yield Flagged(Flag.LIMIT)
                return
            inside = _end_around(spans, at)
            local = None if inside else _plausible(data, at)
            if local is None:
                at = max(inside, at + 4)
                continue
            looked_at += 1
            end = local.end
            for piece in self._of_entry(None, local):
                end = max(end, piece.end)
                for entry in piece.entries:
                    yield replace(entry, flags=(*entry.flags, *flags), is_unreached=is_hidden or entry.is_unreached)
            at = end


@dataclass(frozen=True, slots=True)
class _Read:
    """One reading of an entry as pieces, and where its data end."""

    end: int
    entries: tuple[Entry, ...]


def _believed(headers: tuple[Header, ...]) -> tuple[Header, ...]:
    """The headers whose sizes say something: a local one that leaves them to its descriptor repeats the directory."""
    if len(headers) == 1:
        return headers
    central, local = headers[0], _completed(*headers)
    if _same(central, local):
        return (central,)
    return central, local


def _completed(central: Header, local: Header) -> Header:
    """The local header with what it leaves to its descriptor."""
    if not local.has_descriptor:
        return local
    return replace(
        local,
        packed=local.packed or central.packed,
        size=local.size or central.size,
        checksum=local.checksum or central.checksum,
    )


def _same(central: Header, local: Header) -> bool:
    """Whether both lead to the same content."""
    return (central.real_method, central.is_encrypted, central.packed, central.size) == (
        local.real_method,
        local.is_encrypted,
        local.packed,
        local.size,
    )


def _contradictions(central: Header, local: Header) -> Iterator[Flag]:
    """In what the two headers of an entry differ."""
    is_masked = bool(local.flags & IS_MASKED)
    told = _completed(central, local)
    sizes_differ = not is_masked and (central.packed, central.size) != (told.packed, told.size)
    names_differ = not is_masked and central.name.replace(b"\\", b"/") != local.name.replace(b"\\", b"/")
    if (
        central.real_method != local.real_method
        or central.is_encrypted != local.is_encrypted
        or sizes_differ
        or names_differ
        or not (_has_honest_unicode(central) and _has_honest_unicode(local))
    ):
        yield Flag.AMBIGUOUS
    if central.is_damaged or local.is_damaged:
        yield Flag.MISMATCH
    if not is_masked and central.checksum != told.checksum:
        yield Flag.AMBIGUOUS
    if (central.date, central.time, central.has_descriptor) != (local.date, local.time, local.has_descriptor):
        yield Flag.MISMATCH


def _fits_descriptor(data: bytes, at: int, central: Header, local: Header) -> bool:
    """Whether the record behind the data, where there must be one, says what the directory says."""
    if not local.has_descriptor or not central.has_descriptor or central.is_encrypted:
        return True
    at += 4 if data.startswith(DESCRIPTOR, at) else 0
    checksum = central.checksum.to_bytes(4, "little")
    sizes = (central.packed, central.size)
    return any(
        data.startswith(checksum + b"".join(size.to_bytes(width, "little") for size in sizes), at)
        for width in (4, 8)
        if max(sizes) < 1 << 8 * width
    )


def _entries(
    headers: tuple[Header, ...], reading: Reading, flags: tuple[Flag, ...], *, is_unreached: bool
) -> Iterator[Entry]:
    """One entry for each name that a reader may see."""
    names = dict.fromkeys(name for header in headers for name in _names(header))
    kind = _kind(headers[0], next(iter(names)), reading)
    for name in list(names)[:4]:
        yield Entry(
            name,
            None if kind is MemberKind.DIRECTORY else reading.content,
            kind,
            reading.is_encrypted,
            reading.error,
            tuple(dict.fromkeys((*flags, *reading.flags, *_kind_flags(headers[0], kind, reading)))),
            is_unreached=is_unreached,
        )


def _kind(header: Header, name: str, reading: Reading) -> MemberKind:
    if reading.content:
        return (
            MemberKind.LINK
            if header.system in {_UNIX, _MACOS} and stat.S_ISLNK(header.attributes >> 16)
            else MemberKind.FILE
        )
    is_directory = name.endswith(("/", "\\")) or bool(header.attributes & _DOS_DIRECTORY)
    return MemberKind.DIRECTORY if is_directory and not reading.error else MemberKind.FILE


def _kind_flags(header: Header, kind: MemberKind, reading: Reading) -> Iterator[Flag]:
    content = reading.content or b""
    if kind is MemberKind.LINK:
        yield from link_flags(content.decode("utf-8", "replace"))
    elif content and (header.attributes & _DOS_DIRECTORY or header.name.endswith((b"/", b"\\"))):
        # Some readers make a folder of it, others a file.
        yield Flag.AMBIGUOUS


def _has_honest_unicode(header: Header) -> bool:
    """The field for names in Unicode is absent, or says more than a name in ASCII could."""
    if not header.unicode_name:
        return True
    return header.unicode_name_is_valid and (not header.name.isascii() or header.name == header.unicode_name)


def _names(header: Header) -> Iterator[str]:
    if not (header.unicode_name and _has_honest_unicode(header)):
        yield _name(header)
    if header.unicode_name:
        yield header.unicode_name[:_MAX_NAME].decode("utf-8", "replace")


def _name(header: Header) -> str:
    raw = header.name[:_MAX_NAME]
    if header.flags & IS_UTF8:
        return raw.decode("utf-8", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _plausible(data: bytes, at: int) -> Header | None:
    """The local header at an offset, if one is there that an entry may have."""
    # Before all of it is read: a file may be nothing but signatures.
    if int.from_bytes(data[at + 8 : at + 10], "little") not in KNOWN_METHODS:
        return None
    local = local_header(data, at)
    return local if local and 0 < len(local.name) <= _MAX_NAME and not local.is_damaged else None


def _end_around(spans: list[tuple[int, int]], at: int) -> int:
    """The end of the span in which an offset lies, 0 for none; spans are sorted and apart."""
    before = bisect_right(spans, (at, len(spans) and spans[-1][1] + 1)) - 1
    return spans[before][1] if before >= 0 and at < spans[before][1] else 0


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _gaps(data: bytes, spans: list[tuple[int, int, int]], directory: int) -> Iterator[Piece]:
    """Whether octets lie before, between or behind entries; descriptors are no gap."""
    if not spans:
        return
    if spans[0][0] > 0 and data[: spans[0][0]].strip(b"\0"):
        yield Flagged(Flag.PREPENDED)
    for (_, end, descriptor), (start, *_) in zip(spans, [*spans[1:], (directory, 0, 0)], strict=True):
        # Alignment fills with NUL.
        if start - end > descriptor and data[end:start].strip(b"\0"):
            yield Flagged(Flag.GAP)
            return
