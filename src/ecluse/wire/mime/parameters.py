"""Parameters of Content-Type and Content-Disposition, in every reading that clients have (RFC 2045, 2231)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ecluse.wire.mime.charsets import decode_text, neutralised
from ecluse.wire.mime.words import decode_words

MAX_PARAMETERS = 200

# What follows one ";": a name and a value that is quoted (the closing quote may miss) or goes up to the next ";".
_PARAMETER = re.compile(rb";([^;=\"]+)=\s*(?:\"([^\"\\]*(?:\\.[^\"\\]*)*)\"?([^;]*)|([^;]*))", re.DOTALL)
_COMMENT_PIECE = re.compile(rb"\"[^\"\\]*(?:\\.[^\"\\]*)*\"?|\\.?|[()]|[^\"\\()]+", re.DOTALL)
_NOT_NAME = re.compile(rb"[^a-z0-9*_-]")
_CONTINUATION = re.compile(r"([^*]+)\*(\d{1,4})(\*?)\Z")
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_ODD = re.compile(rb"[\x00-\x08\x0b-\x1f\\(]")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The value of a field and its parameters; `pairs` holds each value that some reader has, the usual one first."""

    value: bytes  # Up to the first ";", comments removed, lower case.
    pairs: tuple[tuple[str, bytes], ...]  # Names in lower case, still with the marks of RFC 2231.
    repeated: frozenset[str] = frozenset()  # Names that are given more than once.

    def readings(self, name: str) -> tuple[str, ...]:
        """Every value that a reader may find under this name, the usual one first; () when there is none."""
        pairs = [pair for pair in self.pairs if pair[0].startswith(name)]
        return tuple(dict.fromkeys(_readings(pairs, name))) if pairs else ()


def parse_parameters(value: bytes) -> Parameters:
    """Read an unfolded field value. Never raises; at most `MAX_PARAMETERS` are read."""
    strict = without_comments(value)
    usual = [(_name(match[1]), match) for match in _PARAMETER.finditer(strict)][:MAX_PARAMETERS]
    pairs = [(name, reading) for name, match in usual for reading in _values(match)]
    if _ODD.search(value) or value.count(b'"') % 2:
        pairs += [pair for pair in _naive(value) if pair not in pairs]
    names = [name for name, _ in usual]
    repeated = (
        frozenset(name for name in names if names.count(name) > 1) if len(set(names)) < len(names) else frozenset()
    )
    return Parameters(strict.partition(b";")[0].strip().lower(), tuple(pairs), repeated)


def names(*fields: Parameters | None) -> tuple[str, ...]:
    """All file names that some reader sees in a part's Content-Disposition and Content-Type, without empty ones."""
    found: dict[str, None] = {}
    for field in fields:
        if field and field.pairs:
            found.update(dict.fromkeys((*field.readings("filename"), *field.readings("name"))))
    found.pop("", None)
    return tuple(found)


def without_comments(value: bytes) -> bytes:
    """The value without comments (RFC 5322 section 3.2.2); an unclosed one goes to the end."""
    if b"(" not in value:
        return value
    kept, depth = [], 0
    for piece in _COMMENT_PIECE.findall(value):
        if piece == b"(":
            depth += 1
        elif piece == b")" and depth:
            depth -= 1
        elif not depth:
            kept.append(piece)
    return b"".join(kept)


def _name(name: bytes) -> str:
    # A NUL or other rubbish in a name does not stop every reader.
    words = name.lower().split()
    return _NOT_NAME.sub(b"", words[-1]).decode("ascii") if words else ""


def _values(match: re.Match[bytes]) -> Iterator[bytes]:
    quoted, after, token = match[2], match[3], match[4]
    if quoted is None:
        token = token.strip()
        yield token
        if len(token) > 2 and token[:1] == token[-1:] == b"'":
            yield token[1:-1]
        return
    yield _QUOTED_PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted
    if b"\\" in quoted:
        yield quoted
    if after.strip():
        yield quoted + after.strip()


def _naive(value: bytes) -> Iterator[tuple[str, bytes]]:
    """As readers do it that know neither quotes nor comments."""
    for piece in value.split(b";", MAX_PARAMETERS)[1:]:
        name, equals, text = piece.partition(b"=")
        if equals:
            yield _name(name), text.strip(b" \t\r\n\"'\x00")


def _readings(pairs: list[tuple[str, bytes]], name: str) -> Iterator[str]:
    # RFC 2231 wins over the plain form in clients that know it (RFC 6266 says so for HTTP).
    yield from _extended(pairs, name)
    for own, value in pairs:
        if own == name:
            yield from _plain_readings(value)


def _plain_readings(value: bytes) -> Iterator[str]:
    yield neutralised_name(value)
    if b"=?" in value:
        yield decode_words(value)


def neutralised_name(value: bytes) -> str:
    """A parameter's octets as text; NUL and other controls stay visible as symbols."""
    return neutralised(decode_text(value))


def _extended(pairs: list[tuple[str, bytes]], name: str) -> Iterator[str]:
    """The readings that RFC 2231 gives: `name*`, and `name*0`, `name*1*` ... joined."""
    for own, value in pairs:
        if own == f"{name}*":
            yield _percent(value)
    pieces: dict[int, tuple[bytes, bool]] = {}
    for own, value in pairs:
        match = _CONTINUATION.match(own) if "*" in own else None
        if match and match[1] == name:
            pieces.setdefault(int(match[2]), (value, bool(match[3])))
    if pieces:
        yield from _continued([pieces[number] for number in sorted(pieces)])


def _continued(pieces: list[tuple[bytes, bool]]) -> Iterator[str]:
    first, is_encoded = pieces[0]
    charset, text = _charset(first) if is_encoded else ("", first)
    octets = b"".join(
        unquote_to_bytes(value) if encoded else value for value, encoded in [(text, is_encoded), *pieces[1:]]
    )
    yield neutralised(decode_text(octets, charset))
    if any(encoded != is_encoded for _, encoded in pieces):
        # Some readers decode all pieces or none.
        yield neutralised(decode_text(unquote_to_bytes(octets), charset))


def _percent(value: bytes) -> str:
    charset, text = _charset(value)
    return neutralised(decode_text(unquote_to_bytes(text), charset))


def _charset(value: bytes) -> tuple[str, bytes]:
    charset, quote, rest = value.partition(b"'")
    if not quote or b"'" not in rest:
        return "", value
    return charset.decode("ascii", "replace"), rest.partition(b"'")[2]
