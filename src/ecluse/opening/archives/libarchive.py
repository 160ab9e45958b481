"""libarchive on octets in memory: the formats that it reads well, chosen one by one.

Never all of them: some of its filters start programs, and mtree reads the files that it names.
"""

from __future__ import annotations

import ctypes
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from libarchive import ffi

from ecluse.opening.budget import Budget, Exceeded

_EOF, _RETRY, _WARN = 1, -10, -20
_XAR = 0xA0000
_MAX_NAME = 1_024
# In its messages: nothing else tells for all formats.
_ENCRYPTED = re.compile("[Ee]ncrypt|[Cc]rypto")
_LACKS = re.compile("upport|unavailable|Unknown codec|[Uu]nrecognized archive")  # Others may have what it lacks.
_WANTS_MEMORY = re.compile("allocate|[Dd]ictionary size")  # More than it, or the room, allows.

LACKS_METHOD = "unopened: method"

# A copy of our own: the binding's own functions raise, and log names.
_lib = ctypes.CDLL(ffi.libarchive_path)
_pointer, _text = ctypes.c_void_p, ctypes.c_char_p
for _name, _answer, _arguments in (
    ("archive_read_new", _pointer, ()),
    ("archive_read_free", ctypes.c_int, (_pointer,)),
    ("archive_read_open_memory", ctypes.c_int, (_pointer, _text, ctypes.c_size_t)),
    ("archive_read_next_header", ctypes.c_int, (_pointer, ctypes.POINTER(_pointer))),
    ("archive_read_data_block", ctypes.c_int, (_pointer, _pointer, _pointer, _pointer)),
    ("archive_format", ctypes.c_int, (_pointer,)),
    ("archive_read_set_options", ctypes.c_int, (_pointer, _text)),
    ("archive_error_string", _text, (_pointer,)),
    ("archive_entry_pathname", _text, (_pointer,)),
    ("archive_entry_pathname_utf8", _text, (_pointer,)),
    ("archive_entry_pathname_w", ctypes.c_wchar_p, (_pointer,)),
    ("archive_entry_filetype", ctypes.c_uint, (_pointer,)),
    ("archive_entry_symlink", _text, (_pointer,)),
    ("archive_entry_hardlink", _text, (_pointer,)),
    ("archive_entry_is_data_encrypted", ctypes.c_int, (_pointer,)),
):
    _function = getattr(_lib, _name)
    _function.restype, _function.argtypes = _answer, _arguments


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry as libarchive tells it."""

    name: str
    mode: int  # Its kind of file, as `stat` has it; 0 when not told.
    target: str  # Of a link; "" for everything else.
    is_encrypted: bool
    content: bytes
    error: str = ""
    is_too_large: bool = False  # It wants more memory than there is: other readers may have it.
    exceeded: Exceeded | None = None  # The limit that ended its content, and ends the whole.


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why there are no more entries though the end was not reached."""

    error: str
    is_encrypted: bool
    is_too_large: bool  # As in `Stored`.


def entries(
    data: bytes, budget: Budget, formats: tuple[str, ...], filters: tuple[str, ...] = (), options: str = ""
) -> Iterator[Stored | Stopped]:
    """Every entry, in order. `formats` and `filters` are libarchive's words; raises `Exceeded` only."""
    with _reader(formats, filters) as archive:
        if options:
            _lib.archive_read_set_options(archive, options.encode("ascii"))
        if _lib.archive_read_open_memory(archive, data, len(data)) not in {0, _WARN}:
            yield _stopped(archive)
            return
        entry = _pointer()
        while True:
            budget.check_time()
            answer = _lib.archive_read_next_header(archive, ctypes.byref(entry))
            if answer == _EOF:
                return
            if answer in {0, _WARN}:
                stored = _stored(archive, entry, budget)
                yield stored
                if stored.exceeded:
                    raise stored.exceeded
                continue
            yield _stopped(archive)
            if answer != _RETRY:
                return


@contextmanager
def _reader(formats: tuple[str, ...], filters: tuple[str, ...]) -> Iterator[int]:
    archive = _lib.archive_read_new()
    if not archive:
        raise MemoryError
    try:
        for kind in formats:
            _support("format", kind, archive)
        for kind in filters:
            _support("filter", kind, archive)
        yield archive
    finally:
        _lib.archive_read_free(archive)


def _support(what: str, kind: str, archive: int) -> None:
    support = getattr(_lib, f"archive_read_support_{what}_{kind}")
    support.restype, support.argtypes = ctypes.c_int, (_pointer,)
    support(archive)


def _stopped(archive: int) -> Stopped:
    error = _error(archive)
    return Stopped(_why(error), bool(_ENCRYPTED.search(error)), bool(_WANTS_MEMORY.search(error)))


def _why(error: str) -> str:
    """The library's words in words of ours."""
    if _ENCRYPTED.search(error):
        return "encrypted"
    return LACKS_METHOD if _LACKS.search(error) else "broken"


def _error(archive: int) -> str:
    return (_lib.archive_error_string(archive) or b"").decode("utf-8", "replace")


def _stored(archive: int, entry: ctypes.c_void_p, budget: Budget) -> Stored:
    mode = stat.S_IFMT(_lib.archive_entry_filetype(entry))
    target = _lib.archive_entry_symlink(entry) or _lib.archive_entry_hardlink(entry) or b""
    is_encrypted = _lib.archive_entry_is_data_encrypted(entry) > 0
    content, error = b"", ""
    exceeded = None
    try:
        if mode in {0, stat.S_IFREG}:
            content, error = _content(archive, budget)
    except Exceeded as problem:
        exceeded, error = problem, str(problem)
    is_encrypted |= bool(_ENCRYPTED.search(error))
    return Stored(
        _name_of(entry),
        mode,
        target.decode("utf-8", "replace")[:_MAX_NAME],
        is_encrypted,
        content,
        "encrypted" if is_encrypted else str(exceeded) if exceeded else _why(error) if error else "",
        bool(_WANTS_MEMORY.search(error)),
        exceeded,
    )


def _name_of(entry: ctypes.c_void_p) -> str:
    raw = _lib.archive_entry_pathname_utf8(entry) or _lib.archive_entry_pathname(entry)
    if raw is not None:
        return str(raw[:_MAX_NAME].decode("utf-8", "replace"))
    return (_lib.archive_entry_pathname_w(entry) or "")[:_MAX_NAME]


def _content(archive: int, budget: Budget) -> tuple[bytes, str]:
    """What came out, and the library's words for why there is no more."""
    block, size, offset = _pointer(), ctypes.c_size_t(), ctypes.c_int64()
    places = (ctypes.byref(block), ctypes.byref(size), ctypes.byref(offset))
    # Its reader of xar counts offsets on from file to file; elsewhere a first block may follow a hole.
    start = None if _lib.archive_format(archive) == _XAR else 0
    collected = bytearray()
    while (answer := _lib.archive_read_data_block(archive, *places)) in {0, _WARN}:
        start = offset.value if start is None else start
        hole = max(0, offset.value - start - len(collected))
        budget.check_octets(len(collected) + hole + size.value)
        collected += bytes(hole)
        collected += ctypes.string_at(block, size.value) if size.value else b""
    return bytes(collected), "" if answer == _EOF else _error(archive) or "broken"
