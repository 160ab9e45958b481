"""Writes Authentication-Results (RFC 8601 section 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from ecluse.wire.authres.results import MethodResult

MAX_RESULTS = 30
MAX_VALUE = 320  # An address of 64 and 255 octets (RFC 5321 section 4.5.3.1).
MAX_WORDS = 200
LINE = 78

_TOKEN = re.compile(r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+\Z")
_ATOMS = r"[!#$%&'*+/0-9=?A-Z^_`a-z{|}~-]+"
_ADDRESS = re.compile(rf"(?:{_ATOMS}(?:\.{_ATOMS})*)?@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*\Z")
_UNPRINTABLE = re.compile(r"[^ -~]")
_IN_COMMENT = str.maketrans("()\\", "[]/")


def write(hostname: str, results: Iterable[MethodResult]) -> bytes:
    """The whole field with its line end, folded; of more than `MAX_RESULTS` results the rest is left out.

    Whatever stands in a result, no line of another field can come of it: what is not printable ASCII becomes "?".
    """
    entries = [_folded(result) for result in islice(results, MAX_RESULTS)]
    return f"Authentication-Results: {_value(hostname)};{';'.join(entries) or ' none'}\r\n".encode("ascii")


def results_text(results: Iterable[MethodResult]) -> str:
    """What follows the id and its semicolon, on one line, as ARC-Authentication-Results wants it."""
    entries = [" ".join(_words(result)) for result in islice(results, MAX_RESULTS)]
    return "; ".join(entries) or "none"


def _folded(result: MethodResult) -> str:
    """One result on lines of its own."""
    text, width = "", LINE + 1
    for word in _words(result):
        if width + 1 + len(word) > LINE:
            # The first line starts with a tab, those that go on with two.
            text += "\r\n\t" if not text else "\r\n\t\t"
            text, width = text + word, 8 + len(word)
        else:
            text, width = f"{text} {word}", width + 1 + len(word)
    return text


def _words(result: MethodResult) -> Iterator[str]:
    yield f"{result.method}={result.outcome}"
    if result.comment:
        yield f"({_printable(result.comment, MAX_WORDS).translate(_IN_COMMENT)})"
    if result.reason:
        yield f"reason={_quoted(_printable(result.reason, MAX_WORDS))}"
    for place, name, value in result.properties:
        yield f"{place}.{name}={_value(value)}"


def _value(text: str) -> str:
    text = _printable(text, MAX_VALUE)
    return text if _TOKEN.match(text) or _ADDRESS.match(text) else _quoted(text)


def _printable(text: str, limit: int) -> str:
    return _UNPRINTABLE.sub("?", text[:limit])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
