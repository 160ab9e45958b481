"""Tag lists, "v=1; a=rsa-sha256": the grammar of signatures and of key records (RFC 6376 section 3.2)."""

from __future__ import annotations

import base64
import binascii
import re

from ecluse.domain.errors import EcluseError

WHITE_SPACE = b" \t\r\n"
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*\Z")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER = re.compile(rb"[0-9]{1,18}\Z")


class TagSyntax(EcluseError):
    """What should be a tag list is none; the text says why."""


def parse_tags(text: bytes) -> dict[bytes, bytes]:
    """The tags of a list, values without the white space around them. Raises `TagSyntax`.

    A name that stands there twice makes the whole list invalid; so does an empty tag, except after the last semicolon.
    """
    if _CONTROL.search(text):
        raise TagSyntax("a control character")
    tags: dict[bytes, bytes] = {}
    parts = text.split(b";")
    if not parts[-1].strip(WHITE_SPACE):
        parts.pop()
    for part in parts:
        name, equals, value = part.partition(b"=")
        name = name.strip(WHITE_SPACE)
        if not equals or not _NAME.match(name):
            raise TagSyntax("a tag without a name or without a value")
        if name in tags:
            raise TagSyntax(f"{name.decode('ascii')}= stands there twice")
        tags[name] = value.strip(WHITE_SPACE)
    return tags


def emptied(text: bytes, name: bytes) -> bytes:
    """The list with the value of one tag taken out, with all white space around it: what b= is when it is signed."""
    parts = text.split(b";")
    for at, part in enumerate(parts):
        found, equals, _ = part.partition(b"=")
        if equals and found.strip(WHITE_SPACE) == name:
            parts[at] = found + equals
    return b";".join(parts)


def compact(value: bytes) -> bytes:
    """The value without any folding white space."""
    return value.translate(None, WHITE_SPACE)


def listed(value: bytes) -> list[bytes]:
    """The items of a list with colons between them, without white space around them and without empty ones."""
    items = (item.strip(WHITE_SPACE) for item in value.split(b":"))
    return [item for item in items if item]


def number(value: bytes, tag: str) -> int:
    """A decimal number that fits into 63 bits. Raises `TagSyntax`."""
    if not _NUMBER.match(value):
        raise TagSyntax(f"{tag}= is no number")
    return int(value)


def octets(value: bytes, tag: str) -> bytes:
    """Decoded base64, at least one octet. Raises `TagSyntax`."""
    try:
        decoded = base64.b64decode(compact(value), validate=True)
    except (binascii.Error, ValueError):
        raise TagSyntax(f"{tag}= is no base64") from None
    if not decoded:
        raise TagSyntax(f"{tag}= is empty")
    return decoded
