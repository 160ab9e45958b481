"""What is wrong with the name of a file, alone and beside the file's type."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.flags import Flag
from ecluse.opening.types import EXECUTABLES, SCRIPTS, Type

_MAX_OCTETS = 255  # Of one name, on every usual file system.
# Marks alone, and joiners, stand in honest names of right-to-left scripts and of emoji.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\0-\x1f\x7f\u00ad\u200b\u2060\ufeff]")
_GAP = re.compile(r"[ \t\u00a0\u2000-\u200a\u2800\u3000_]{12,}")
_ABSOLUTE = re.compile(r"[\\/]|[A-Za-z]:")
_SEPARATORS = re.compile(r"[\\/]")
_DEVICES = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])[ .]*(?:\..*)?",
    re.IGNORECASE,
)

# What people take for harmless; a second suffix behind it is what counts for the system.
_HARMLESS = (
    "pdf doc docx xls xlsx ppt pptx odt ods odp rtf txt csv jpg jpeg png gif bmp tif tiff webp svg mp3 mp4 avi mov wav"
    " zip rar 7z htm html xml eml msg ics"
)
_DANGEROUS = (
    "ade adp app appref-ms bas bat chm cmd com cpl dll exe gadget hlp hta inf ins isp iso img jar js jse lib lnk mde msc"
    " msi msp mst ocx pif ps1 ps1xml ps2 psc1 psm1 reg scf scr sct settingcontent-ms shb shs sys url vb vbe vbs vhd vhdx"
    " vxd wsc wsf wsh xbap xll"
)
HARMLESS_SUFFIXES = frozenset(_HARMLESS.split())
DANGEROUS_SUFFIXES = frozenset(_DANGEROUS.split())

# Programs that run whatever name stands in front of them, or that no honest sender calls a picture.
_NEVER_HARMLESS = frozenset(
    {Type.PE, Type.DOS_PROGRAM, Type.ELF, Type.MACH_O, Type.MSI, Type.LNK, Type.CHM, Type.HTA, Type.ENCODED_SCRIPT}
)


def type_flags(kind: str, name: str) -> Iterator[Flag]:
    """What the type alone says, and whether the name hides it."""
    if kind in EXECUTABLES:
        yield Flag.EXECUTABLE
    if kind in SCRIPTS:
        yield Flag.SCRIPT
    if kind in _NEVER_HARMLESS and suffix_of(name) in HARMLESS_SUFFIXES:
        yield Flag.DISGUISED


def name_flags(name: str) -> Iterator[Flag]:
    """What the name of an entry says."""
    parts = [part for part in _SEPARATORS.split(name) if part]
    if ".." in (part.rstrip(" ") for part in parts):
        yield Flag.TRAVERSAL
    if _ABSOLUTE.match(name):
        yield Flag.ABSOLUTE_NAME
    if _BIDI.search(name):
        yield Flag.BIDI_NAME
    if _CONTROLS.search(name):
        yield Flag.CONTROL_NAME
    if any(_DEVICES.fullmatch(part) for part in parts):
        yield Flag.RESERVED_NAME
    if any(len(part.encode("utf-8", "replace")) > _MAX_OCTETS for part in parts):
        yield Flag.LONG_NAME
    yield from _suffix_flags(parts[-1] if parts else "")


def _suffix_flags(base: str) -> Iterator[Flag]:
    if base.strip(".") and base.endswith((".", " ")):
        yield Flag.TRAILING_DOTS
    pieces = [piece.strip("\0 \t\u00a0_").lower() for piece in base.rstrip(" .").split(".")]
    if len(pieces) < 2 or pieces[-1] not in DANGEROUS_SUFFIXES:
        return
    if len(pieces) > 2 and pieces[-2] in HARMLESS_SUFFIXES:
        yield Flag.DOUBLE_SUFFIX
    if _GAP.search(base):
        yield Flag.PADDED_NAME


def suffix_of(name: str) -> str:
    """What stands behind the last dot, in lower case, without what some systems drop."""
    base = name.rstrip(" .")
    return base.rpartition(".")[2].lower() if "." in base else ""
