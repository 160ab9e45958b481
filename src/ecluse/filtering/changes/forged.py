"""Takes away fields that only we may set (RFC 8601 section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.domain.content import Content
from ecluse.wire.mime.fields import HeaderSection, unfolded

OWN_PREFIX = b"x-ecluse-"
RESULTS = b"authentication-results"
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^\s;()"]+)', re.DOTALL)
_NOT_SPACE = re.compile(rb"\S")
_IN_COMMENT = re.compile(rb"\\.|[()]", re.DOTALL)


def without_forged(content: Content, section: HeaderSection, hostname: str) -> bytes | None:
    """The header section, up to and with its empty line, without the forged fields; None when it holds none.

    Forged are X-Ecluse-* and Authentication-Results in our name. All other octets stay as they are. A first line
    that continues nothing would continue the field that we set above it, and goes as well.
    """
    if not _is_suspect(section):
        return None
    forged = [(start, end) for start, end, is_forged in _places(section, hostname.encode().lower()) if is_forged]
    if not forged:
        return None
    kept, at = [], 0
    for start, end in forged:
        kept.append(content.slice(at, start))
        at = end
    kept.append(content.slice(at, section.octets))
    return b"".join(kept)


def _is_suspect(section: HeaderSection) -> bool:
    """Most messages hold nothing to look at closer."""
    if RESULTS in section.names or _continues_nothing(section):
        return True
    return OWN_PREFIX in b"\n".join(section.names)


def _continues_nothing(section: HeaderSection) -> bool:
    return bool(section.strays) and section.strays[0][0] == 0 and section.strays[0][1][:1] in {b" ", b"\t"}


def _places(section: HeaderSection, hostname: bytes) -> Iterator[tuple[int, int, bool]]:
    """Start, end and forgery of every line of the section; fields and strays together tile it."""
    strays = iter((*section.strays, (-1, b"")))
    stray_at, stray = next(strays)
    at = 0
    if _continues_nothing(section):
        yield 0, len(stray), True
    for name, raw in zip(section.names, section.raws, strict=True):
        while at == stray_at:
            at += len(stray)
            stray_at, stray = next(strays)
        yield at, at + len(raw), _is_forged(name, raw, hostname)
        at += len(raw)


def _is_forged(name: bytes, raw: bytes, hostname: bytes) -> bool:
    if name.startswith(OWN_PREFIX):
        return True
    return name == RESULTS and _authserv_id(unfolded(raw)) == hostname


def _authserv_id(value: bytes) -> bytes:
    """The id that the results are given in the name of, in lower case; b"" where none can be read."""
    at = _after_space(value, 0)
    while value[at : at + 1] == b"(":
        at = _after_space(value, _end_of_comment(value, at))
    match = _TOKEN.match(value, at)
    if match is None:
        return b""
    quoted = re.sub(rb"\\(.)", rb"\1", match[1]) if match[1] is not None else match[2]
    return quoted.strip().rstrip(b".").lower()


def _after_space(value: bytes, at: int) -> int:
    match = _NOT_SPACE.search(value, at)
    return match.start() if match else len(value)


def _end_of_comment(value: bytes, at: int) -> int:
    """Where the comment that opens at `at` is closed; the end of the value when it never is."""
    depth = 0
    for match in _IN_COMMENT.finditer(value, at):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if not depth:
            return match.end()
    return len(value)
