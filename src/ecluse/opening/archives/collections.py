"""The openers for archives that libarchive reads: which of its formats belong to which type."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.libarchive import LACKS_METHOD, Stopped, Stored, entries
from ecluse.opening.archives.links import link_flags
from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece
from ecluse.opening.types import Type

# Type -> formats, filters, options: libarchive's words.
_READERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    Type.RAR: (("rar", "rar5"), (), ""),
    Type.SEVEN_ZIP: (("7zip",), (), ""),
    # Some readers go on behind the first end mark; hidden files would lie there.
    Type.TAR: (("tar",), (), "read_concatenated_archives"),
    Type.CPIO: (("cpio",), (), ""),
    Type.AR: (("ar",), (), ""),
    Type.DEB: (("ar",), (), ""),
    Type.RPM: (("cpio",), ("rpm", "gzip", "bzip2", "xz", "lzma", "zstd"), ""),
    Type.XAR: (("xar",), (), ""),
    Type.LHA: (("lha",), (), ""),
    Type.WARC: (("warc",), (), ""),
    Type.ISO: (("iso9660",), (), ""),
    Type.COMPRESS: (("raw",), ("compress",), ""),
    Type.LZ4: (("raw",), ("lz4",), ""),
    Type.LZIP: (("raw",), ("lzip",), ""),
}
LIBARCHIVE = frozenset(_READERS) - {Type.SEVEN_ZIP, Type.ISO}  # What others look at, too, calls `open_collection`.
_ONE_FILE = frozenset({Type.COMPRESS, Type.LZ4, Type.LZIP})
_KINDS = {
    0: MemberKind.FILE,
    stat.S_IFREG: MemberKind.FILE,
    stat.S_IFDIR: MemberKind.DIRECTORY,
    stat.S_IFLNK: MemberKind.LINK,
}


def open_collection(file: File, budget: Budget) -> Iterator[Piece]:
    """Every entry; what libarchive cannot read to its end is an error of the entry or of the file."""
    formats, filters, options = _READERS[file.type]
    names: set[str] = set()
    for found in entries(file.content, budget, formats, filters, options):
        if isinstance(found, Stopped):
            yield Broken(found.error, found.is_encrypted)
            yield from map(Flagged, _lacks(found))
            continue
        name = _inner_name(file.name) if file.type in _ONE_FILE else found.name
        # A tar may hold several states of a file on purpose.
        is_double = name in names and file.type is not Type.TAR and bool(found.content)
        names.add(name)
        yield _entry(name, found, (Flag.DUPLICATE_NAME,) if is_double else ())


def _entry(name: str, found: Stored, flags: tuple[Flag, ...]) -> Entry:
    kind = MemberKind.LINK if found.target else _KINDS.get(found.mode, MemberKind.OTHER)
    if kind is MemberKind.LINK:
        flags += tuple(link_flags(found.target))
    if kind is MemberKind.OTHER:
        flags += (Flag.DEVICE,)
    flags += tuple(_lacks(found))
    has_content = kind is MemberKind.FILE or bool(found.content)
    is_lost = bool(found.error) and not found.content
    return Entry(
        name,
        found.content if has_content and not is_lost else None,
        kind,
        found.is_encrypted,
        found.error,
        flags,
    )


def _lacks(found: Stored | Stopped) -> Iterator[Flag]:
    """What others may have, who then read on: more memory, or the method."""
    if found.is_too_large:
        yield Flag.LIMIT
    if found.error == LACKS_METHOD:
        yield Flag.UNOPENED


def _inner_name(name: str) -> str:
    stem, dot, _ = name.rpartition(".")
    return stem if dot else name
