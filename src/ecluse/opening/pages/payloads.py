"""Files that are written as text inside scripts: base64, hexadecimal, lists of numbers, also in many pieces."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Entry, Flagged, Piece

MAX_PAYLOADS = 50  # Of one script.
MAX_FILES = 500  # In `data:` URLs of one page, pictures not counted.
LEAST_CHARACTERS = 80  # Of a payload: shorter ones are words, keys and colours.
MAX_SCRIPT_CHARACTERS = 33_554_432
_LITERAL = re.compile(r"\"([A-Za-z0-9+/=_-]*)\"|'([A-Za-z0-9+/=_-]*)'|`([A-Za-z0-9+/=_-]*)`")
# What may stand between pieces that are put together: concatenation, or a list that is joined. White space is one space.
_GLUE = re.compile(r"(?:\+|,|&|\.)? ?_? ?(?:\w{1,40} ?(?:\+=|= ?\w{1,40} ?[+&]))?")
_MAX_GLUE = 200
_DATA_URI = re.compile(r"data:([\w.+/-]{0,100})((?:;[\w=-]{1,60}){0,4}?)(;base64)?,([^\"'`<>\s)]{1,})", re.IGNORECASE)
_SHOWN = re.compile(r"(?:image/(?!svg)|font/|audio/|video/)", re.IGNORECASE)
_BARE_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{200,}={0,2}")
# Possessive: a list is never gone back through.
_NUMBERS = re.compile(
    r"\b(?:0x[0-9a-f]{1,2}|\d{1,3})(?:\s{0,4}+,\s{0,4}+(?:0x[0-9a-f]{1,2}|\d{1,3})\b){40,}+", re.IGNORECASE
)
_HEX = re.compile(r"[0-9a-fA-F]{80,}")
_ESCAPED_HEX = re.compile(r"(?:\\x[0-9a-fA-F]{2}|%[0-9a-fA-F]{2}|\\u00[0-9a-fA-F]{2}){40,}")


def payloads(script: str, budget: Budget) -> Iterator[Piece]:
    """Each payload decoded, as a layer of the script."""
    for count, content in enumerate(dict.fromkeys(_decoded(script[:MAX_SCRIPT_CHARACTERS], budget))):
        if count == MAX_PAYLOADS:
            return
        yield Entry("", content, is_member=False, is_unreached=True)


def data_uris(text: str) -> Iterator[Piece]:
    """The contents of `data:` URLs; of what is only shown `MAX_PAYLOADS`, since a saved page has hundreds of pictures."""
    shown: list[re.Match[str]] = []
    others: list[re.Match[str]] = []
    for found in _DATA_URI.finditer(text[:MAX_SCRIPT_CHARACTERS]):
        (shown if _SHOWN.match(found[1]) else others).append(found)
        if len(others) > MAX_FILES:
            yield Flagged(Flag.LIMIT)
            break
    for found in (*others[:MAX_FILES], *shown[:MAX_PAYLOADS]):
        content = _from_base64(found[4]) if found[3] else _percent_decoded(found[4])
        if content:
            yield Entry("", content, is_member=False)


def _decoded(script: str, budget: Budget) -> Iterator[bytes]:
    for text in (*_joined_literals(script), *_BARE_BASE64.findall(script)):
        budget.check_time()
        if len(text) >= LEAST_CHARACTERS:
            content = _from_hex(text) if _HEX.fullmatch(text) else _from_base64(text)
            if content:
                yield content
    for found in _NUMBERS.finditer(script):
        budget.check_time()
        content = _from_numbers(found[0])
        if content:
            yield content
    for found in _ESCAPED_HEX.finditer(script):
        yield bytes.fromhex(re.sub(r"\\x|%|\\u00", "", found[0]))


def _from_numbers(text: str) -> bytes:
    """The octets of a list; nothing where one of its numbers is none."""
    numbers = text.lower().split(",")
    try:
        if "x" in text.lower():
            return bytes(int(number, 16 if "x" in number else 10) for number in numbers)
        return bytes(map(int, numbers))
    except ValueError:
        return b""


def _joined_literals(script: str) -> Iterator[str]:
    """Literals in the alphabet of base64, neighbours joined where only glue stands between them."""
    pieces: list[str] = []
    end = 0
    for found in _LITERAL.finditer(script):
        between = script[end : found.start()]
        if pieces and not (len(between) <= _MAX_GLUE and _GLUE.fullmatch(" ".join(between.split()))):
            yield "".join(pieces)
            pieces = []
        pieces.append(found[1] or found[2] or found[3] or "")
        end = found.end()
    yield "".join(pieces)


def _from_base64(text: str) -> bytes:
    """What it decodes to; nothing where it is no base64."""
    plain = text.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""


def _from_hex(text: str) -> bytes:
    return bytes.fromhex(text[: len(text) // 2 * 2])


def _percent_decoded(text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    return re.sub(rb"%([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found[1].decode("ascii")), octets)
