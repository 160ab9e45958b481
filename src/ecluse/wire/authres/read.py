"""Reads Authentication-Results that somebody whom we trust has written, in whatever way he writes them (RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.wire.authres.results import MethodResult, Property

MAX_OCTETS = 16_384
MAX_RESULTS = 100

_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_VALUE = rf'({_QUOTED}|[^\s;"]++)'
_OUTSIDE = re.compile(rf'{_QUOTED}|[^"();]++|["();]', re.DOTALL)
_INSIDE = re.compile(r"\\.|[()]|[^()\\]++|\\", re.DOTALL)
_METHOD = re.compile(r"\s*+([a-z][\w-]*+)\s*+(?:/\s*+\d++\s*+)?=\s*+([a-z][\w-]*+)", re.IGNORECASE | re.ASCII)
_WORDS = re.compile(
    rf"(?<![\w.-])reason\s*+=\s*+{_VALUE}"
    rf"|(?<![\w.-])([a-z][\w-]*+)\s*+\.\s*+([a-z][\w.-]*+)\s*+=\s*+{_VALUE}"
    rf"|{_QUOTED}",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AuthenticationResults:
    """One field."""

    server: str  # The authserv-id in lower case; "" where there is none, as Microsoft writes it.
    results: tuple[MethodResult, ...]  # Methods, outcomes, places and names in lower case; comments are lost.


def read(value: bytes) -> AuthenticationResults:
    """Read the unfolded value of a field. Never raises; takes linear time; what it cannot read it passes over."""
    first, *rest = _segments(value[:MAX_OCTETS].decode("utf-8", "replace"))
    server = ""
    if _METHOD.match(first):
        rest = [first, *rest]
    else:
        server = _plain(first.strip().split(" ", 1)[0]).lower()
    found = (_result(segment) for segment in rest[:MAX_RESULTS])
    return AuthenticationResults(server, tuple(result for result in found if result))


def _segments(text: str) -> list[str]:
    """The parts between semicolons, without comments."""
    segments = [""]
    for piece in _pieces(text):
        if piece == ";":
            segments.append("")
        else:
            segments[-1] += piece
    return segments


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        found = _OUTSIDE.match(text, at)
        if found is None:  # pragma: no cover - the classes of `_OUTSIDE` cover every character
            raise AssertionError(text[at])
        at = found.end()
        if found[0] == "(":
            at = _comment_end(text, at)
            yield " "
        else:
            yield found[0]


def _comment_end(text: str, at: int) -> int:
    depth = 1
    for found in _INSIDE.finditer(text, at):
        depth += (found[0] == "(") - (found[0] == ")")
        if not depth:
            return found.end()
    return len(text)


def _result(segment: str) -> MethodResult | None:
    method = _METHOD.match(segment)
    if method is None:
        return None
    reason, properties = "", []
    for found in _WORDS.finditer(segment, method.end()):
        if found[1]:
            reason = _plain(found[1])
        elif found[2]:
            properties.append(Property(found[2].lower(), found[3].lower(), _plain(found[4])))
    return MethodResult(method[1].lower(), method[2].lower(), tuple(properties), reason)


def _plain(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value[:1] == '"' and len(value) > 1 else value
