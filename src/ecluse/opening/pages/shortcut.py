"""Shortcuts: files whose only purpose is to start or open something else."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents.packages import monikers
from ecluse.opening.flags import Flag
from ecluse.opening.pages.decoding import text_of
from ecluse.opening.pages.script import script_pieces
from ecluse.opening.pieces import ExternalLink, File, Flagged, Piece, Text, Url
from ecluse.opening.types import Type
from ecluse.opening.urls import urls_in, urls_in_octets

MAX_STRING_CHARACTERS = 32_768
_HEADER_OCTETS = 76
_HAS_ID_LIST, _HAS_LINK_INFO, _IS_UNICODE = 0x01, 0x02, 0x80
# Name, relative path, working folder, arguments, icon ([MS-SHLLINK] 2.4), in the order of the file.
_STRINGS = (0x04, 0x08, 0x10, 0x20, 0x40)
_INTERPRETER = re.compile(
    r"\b(?:cmd|powershell|pwsh|mshta|wscript|cscript|rundll32|regsvr32|msiexec|certutil|bitsadmin|curl|forfiles|conhost"
    r"|explorer\.exe\s+\\\\|wmic|ftp|ssh)(?:\.exe)?\b",
    re.IGNORECASE,
)
_FIELD = re.compile(r"(?im)^[ \t]{0,99}(?:url|baseurl|iconfile|exec|command)[ \t]{0,99}=[ \t]{0,99}([^\s].{0,2047})$")
_REMOTE = re.compile(r"(?:\\\\|file:|https?:|smb:|ftp:)", re.IGNORECASE)
_DANGEROUS = re.compile(
    r"\.(?:exe|js|jse|vbs|vbe|hta|lnk|bat|cmd|ps1|msi|scr|wsf|cpl|url|pif)(?:$|[?#])", re.IGNORECASE
)


def open_lnk(file: File, budget: Budget) -> Iterator[Piece]:
    """The command of a Windows shortcut."""
    command = "\n".join(_lnk_strings(file.content))
    yield Text(command)
    if _INTERPRETER.search(command):
        yield Flagged(Flag.SHORTCUT_COMMAND)
    yield from script_pieces(command, budget)
    yield from map(Url, urls_in_octets(file.content[:262_144]))
    for target in monikers(file.content):
        yield from _target(target)


def _lnk_strings(data: bytes) -> Iterator[str]:
    """Local path and the five strings, as many as there are."""
    if len(data) < _HEADER_OCTETS:
        return
    flags = struct.unpack_from("<I", data, 20)[0]
    at = _HEADER_OCTETS
    if flags & _HAS_ID_LIST:
        items = data[at + 2 : at + 2 + int.from_bytes(data[at : at + 2], "little")]
        yield from (found.decode("ascii") for found in re.findall(rb"[\x20-\x7e]{4,260}", items))
        at += 2 + len(items)
    if flags & _HAS_LINK_INFO:
        size = int.from_bytes(data[at : at + 4], "little")
        yield _local_path(data[at : at + size])
        at += size
    width = 2 if flags & _IS_UNICODE else 1
    for bit in _STRINGS:
        if flags & bit:
            count = int.from_bytes(data[at : at + 2], "little")
            text = data[at + 2 : at + 2 + count * width]
            yield text.decode("utf-16-le" if width == 2 else "cp1252", "replace")[:MAX_STRING_CHARACTERS]
            at += 2 + count * width


def _local_path(information: bytes) -> str:
    at = int.from_bytes(information[16:20], "little")
    network = int.from_bytes(information[20:24], "little")
    path = information[at:].partition(b"\0")[0] if at else b""
    share = information[network + 20 :].partition(b"\0")[0] if network else b""
    return (path or share)[:1_024].decode("cp1252", "replace")


def open_shortcut(file: File, _budget: Budget) -> Iterator[Piece]:
    """Shortcuts that are text: Windows' and the desktop's, settings, libraries, web queries."""
    text = text_of(file.content)
    yield Text(text[:65_536])
    yield from map(Url, urls_in(text))
    for found in _FIELD.finditer(text):
        yield from _target(found[1].strip())
        if _INTERPRETER.search(found[1]):
            yield Flagged(Flag.SHORTCUT_COMMAND)
    if file.type in {Type.IQY, Type.LIBRARY_MS}:
        yield from map(ExternalLink, urls_in(text))
    if file.type == Type.SETTINGS_LINK and _INTERPRETER.search(text):
        yield Flagged(Flag.SHORTCUT_COMMAND)


def _target(target: str) -> Iterator[Piece]:
    if not _REMOTE.match(target):
        return
    yield ExternalLink(target)
    yield Url(target)
    is_page, is_program = target.lower().startswith("http"), bool(_DANGEROUS.search(target))
    if is_program or not is_page:
        yield Flagged(Flag.REMOTE_SHORTCUT)
    if is_program and not is_page:
        yield Flagged(Flag.REMOTE_PROGRAM)
