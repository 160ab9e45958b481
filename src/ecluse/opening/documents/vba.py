"""VBA projects in compound files ([MS-OVBA]): the source of the modules, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.documents.compound import CompoundFile
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Flagged, Piece, Text, Url
from ecluse.opening.urls import urls_in

MAX_SOURCE_OCTETS = 4_194_304  # Of one module.
MAX_MODULES = 500
_CHUNK_SIGNATURE = 0x3000  # In the header of each chunk.
_SIGNATURE = re.compile(rb"\x01[\x00-\xff][\xb0-\xbf]\x00Attribut", re.DOTALL)
# What every module has without anybody having written code.
_EMPTY_LINE = re.compile(
    r"(?im)^[ \t]*(?:(?:attribute|option|rem|begin)\s.*|version\s[\d.]+.*|'.*|#\s*(?:if|else|end).*|end)?[ \t]*\r?$"
)
# Procedures that run without being called: by opening, closing, drawing or time.
_AUTO = re.compile(
    r"\b(?:auto_?(?:open|close|exec|exit|new)|document_?(?:open|close|new|beforeclose|change)"
    r"|workbook_(?:open|activate|beforeclose|close)|presentation(?:open|close)|onslideshow\w*"
    r"|\w+_(?:painted|painting|gotfocus|mousehover|mousemove|layout|resize|onconnecting|windowactivate"
    r"|downloadcomplete|navigatecomplete2|beforenavigate2|statechange))\b",
    re.IGNORECASE,
)
# What macros for work have no reason to call: programs, downloads, raw memory, scripts, Office's own protection.
_SUSPICIOUS = re.compile(
    r"\b(?:shell(?:execute\w*)?|wscript\.shell|shell\.application|powershell|mshta|rundll32|regsvr32|certutil|bitsadmin"
    r"|urldownloadtofile\w?|(?:microsoft|msxml2|winhttp)\.(?:xmlhttp|serverxmlhttp|winhttprequest)[\w.]*|adodb\.stream"
    r"|virtualalloc\w*|createthread|writeprocessmemory|rtlmovememory|createremotethread|ntallocatevirtualmemory"
    r"|winmgmts|win32_process\w*|cmd(?:\.exe)?\s*/[ck]|frombase64string|schedule\.service|accessvbom"
    r"|new:\{?72c24dd5-d70a-438b-8a42-98424b88afb8|disableattachmentsinpv|callbyname)\b",
    re.IGNORECASE,
)


def vba_pieces(file: CompoundFile, budget: Budget) -> Iterator[Piece]:
    """Flags, source text and URLs of every project in the file; nothing where there is no code."""
    for storage in _projects(file):
        sources = list(_sources(file, storage, budget))
        code = "\n".join(sources)
        if _has_code(code):
            yield Flagged(Flag.MACROS)
            yield from _verdict(code)
            yield Text(code)
            yield from map(Url, urls_in(code))
        yield from _stomped(file, storage, code)


def decompress(data: bytes, most: int) -> bytes:
    """The content of a compressed container ([MS-OVBA] 2.4.1), cut at `most` octets and at what breaks its rules."""
    out = bytearray()
    at = 1
    while at + 2 <= len(data) and data[0] == 1 and len(out) < most:
        header = int.from_bytes(data[at : at + 2], "little")
        if header & 0x7000 != _CHUNK_SIGNATURE:
            break
        end = min(at + (header & 0xFFF) + 3, len(data))
        if header & 0x8000:
            _chunk(data, at + 2, end, out)
        else:
            out += data[at + 2 : at + 2 + 4096]
        at = end
    return bytes(out[:most])


def _chunk(data: bytes, at: int, end: int, out: bytearray) -> None:
    start = len(out)
    while at < end:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= end or len(out) - start > 4096:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            _copy(int.from_bytes(data[at : at + 2], "little"), start, out)
            at += 2


def _copy(token: int, start: int, out: bytearray) -> None:
    """Repeat what the chunk said before; how many bits say how far back depends on how long it is."""
    bits = max((len(out) - start - 1).bit_length(), 4)
    length = (token & (0xFFFF >> bits)) + 3
    back = (token >> (16 - bits)) + 1
    if back > len(out) - start:
        return
    for _ in range(length):
        out.append(out[-back])


def _projects(file: CompoundFile) -> Iterator[tuple[str, ...]]:
    """The storages that hold modules."""
    found = dict.fromkeys(node.path[:-1] for node in file.nodes if node.name.casefold() in {"dir", "_vba_project"})
    return iter(found)


def _sources(file: CompoundFile, storage: tuple[str, ...], budget: Budget) -> Iterator[str]:
    """By the signature of each stream's compressed text: the directory of a hostile project may lie about the place."""
    for node in list(file.streams(storage))[:MAX_MODULES]:
        if node.name.casefold() in {"dir", "_vba_project"} or node.name.startswith("__SRP"):
            continue
        data = file.read(node, budget.octets_left)
        for found in _SIGNATURE.finditer(data):
            source = decompress(data[found.start() :], MAX_SOURCE_OCTETS)
            yield source.decode("cp1252", "replace")


def _has_code(code: str) -> bool:
    return bool(_EMPTY_LINE.sub("", code).strip())


def _verdict(code: str) -> Iterator[Piece]:
    # A line that goes on with "_", and words that are put together, read as one.
    joined = re.sub(r'"\s*[&+]\s*(?:_\r?\n\s*)?"', "", code.replace("_\r\n", ""))
    if _AUTO.search(joined):
        yield Flagged(Flag.AUTO_MACROS)
    if _SUSPICIOUS.search(joined):
        yield Flagged(Flag.SUSPICIOUS_MACROS)


def _stomped(file: CompoundFile, storage: tuple[str, ...], code: str) -> Iterator[Piece]:
    """Names that the compiled form uses and the source does not: Office runs the one and shows the other."""
    node = file.find(*storage, "_VBA_PROJECT")
    if node is None:
        return
    compiled = file.read(node, MAX_SOURCE_OCTETS).decode("latin-1")
    hidden = {word.casefold() for word in _SUSPICIOUS.findall(compiled)} | set(
        map(str.casefold, _AUTO.findall(compiled))
    )
    source = code.casefold()
    if any(word not in source for word in hidden):
        yield Flagged(Flag.MACROS)
        yield Flagged(Flag.STOMPED_MACROS)
