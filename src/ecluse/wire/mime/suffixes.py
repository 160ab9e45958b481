"""The last suffix of a file name, as every system that might open the file reads it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

MAX_NAME = 1_024
MAX_SUFFIX = 32

# Marks that no one sees: directions, joiners, fillers (a name "cod.exe" with one shows as "exe.doc").
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, 0x180E, 0xFEFF, 0xFFFD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_CONTROLS = re.compile("[\x00-\x1f\x7f\u2400-\u2421]")
_NEAR_DOTS = str.maketrans(dict.fromkeys("\u3002\u2024\u06d4\uff0e\uff61\ua60e", "."))
# Windows drops dots and spaces at the end; mailers leave quotes and separators there.
_TRAILING = " .\t\"'`;,>)]}"


def suffixes(name: str) -> tuple[str, ...]:
    """The last suffix in every reading: lower case, without dot; () for a name that has none in any."""
    return tuple(dict.fromkeys(suffix for reading in _readings(name) if (suffix := _suffix(reading))))


def _readings(name: str) -> tuple[str, ...]:
    # The end decides, so the end of a long name is what is kept.
    name = name[-MAX_NAME:]
    if name.isascii() and name.isprintable() and "%" not in name and ":" not in name:
        return (name,)
    shown = unicodedata.normalize("NFKC", name.translate(_NEAR_DOTS)).translate(_INVISIBLE)
    readings = [_CONTROLS.sub("", shown), *_cut_at_controls(shown)]
    if "%" in shown:
        unquoted = unquote(shown)
        readings += [_CONTROLS.sub("", unquoted), *_cut_at_controls(unquoted)]
    # On NTFS "a.exe::$DATA" and "a.exe:stream" are a.exe.
    readings += [reading.partition(":")[0] for reading in readings if ":" in reading[2:]]
    return tuple(readings)


def _cut_at_controls(name: str) -> tuple[str, ...]:
    """To a reader in C the name ends at a NUL."""
    found = _CONTROLS.search(name)
    return (name[: found.start()],) if found else ()


def _suffix(name: str) -> str:
    base = name.replace("\\", "/").rstrip(_TRAILING + "/").rpartition("/")[2]
    _, dot, suffix = base.rpartition(".")
    suffix = suffix.strip(_TRAILING).casefold()
    return suffix if dot and 0 < len(suffix) <= MAX_SUFFIX else ""
