"""Scripts: what they start and fetch, and what they carry packed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pages.decoding import text_of
from ecluse.opening.pages.payloads import payloads
from ecluse.opening.pieces import File, Flagged, Piece, Text, Url
from ecluse.opening.urls import urls_in

MAX_CHARACTERS = 4_194_304
_STARTS = re.compile(
    r"\b(?:wscript\.shell|shell\.application|scripting\.filesystemobject|adodb\.stream|msxml2\.\w*xmlhttp|winhttp\.\w+"
    r"|powershell|invoke-(?:expression|webrequest|restmethod)|downloadstring|downloadfile|frombase64string|iex|mshta"
    r"|rundll32|regsvr32|certutil|bitsadmin|wmic|winmgmts|win32_process|start-process|start-bitstransfer|schtasks"
    r"|virtualalloc|createthread|child_process)\b|\bcmd(?:\.exe)?\s*/[ck]\b|-enc(?:odedcommand)?\s+[A-Za-z0-9+/]{20}",
    re.IGNORECASE,
)
_HIDES = re.compile(
    r"\beval\s*\(\s*(?:unescape|atob|string\.fromcharcode|function\s*\(p,a,c,k)|\bexecute(?:global)?\s*\(?\s*(?:chr|strreverse)"
    r"|(?:\\x[0-9a-f]{2}){30}|(?:\bchrw?\(\s*\d{1,5}(?:\s*[-+*]\s*\d{1,5})?\s*\)\s*&\s*){10}|(?:_0x[0-9a-f]{4,6}\b.{0,200}?){20}"
    r"|fromcharcode\s*\((?:\s*\d{1,3}\s*,){20}",
    re.IGNORECASE | re.DOTALL,
)


def open_script(file: File, budget: Budget) -> Iterator[Piece]:
    """A script file of any language."""
    yield from script_pieces(text_of(file.content), budget)


def script_pieces(script: str, budget: Budget) -> Iterator[Piece]:
    """What a script says, wherever it stands."""
    head = script[:MAX_CHARACTERS]
    # Carets, ticks and joined strings hide words from those who only look for them.
    plain = re.sub(r"[\^`]|[\"']\s{0,9}[+&]\s{0,9}[\"']", "", head)
    if _STARTS.search(head) or _STARTS.search(plain):
        yield Flagged(Flag.SUSPICIOUS_SCRIPT)
    budget.check_time()
    if _HIDES.search(head):
        yield Flagged(Flag.OBFUSCATED_SCRIPT)
    yield from map(Url, urls_in(plain))
    yield Text(head[:65_536])
    yield from payloads(script, budget)
