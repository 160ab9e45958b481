"""The Basic Encoding Rules as LDAP restricts them: definite lengths, tags of one octet (RFC 4511 section 5.1, X.690)."""

from __future__ import annotations

from collections.abc import Iterator

INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET, BOOLEAN = 0x02, 0x04, 0x0A, 0x30, 0x31, 0x01
_LONG_FORM = 0x80
_MAX_LENGTH_OCTETS = 4
_MAX_INTEGER_OCTETS = 8


class BadBer(ValueError):
    """It is not encoded as LDAP has it."""


def tlv(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + content


def sequence(*parts: bytes, tag: int = SEQUENCE) -> bytes:
    """Elements, one after the other."""
    return tlv(tag, b"".join(parts))


def octets(text: str | bytes, tag: int = OCTETS) -> bytes:
    """A string."""
    return tlv(tag, text.encode() if isinstance(text, str) else text)


def integer(number: int, tag: int = INTEGER) -> bytes:
    """A whole number, of zero or more."""
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def boolean(*, value: bool) -> bytes:
    """TRUE or FALSE."""
    return tlv(BOOLEAN, b"\xff" if value else b"\0")


def size_of_first(data: bytes | bytearray) -> int | None:
    """How many octets the element has that begins here; None while its length is not there yet. Raises `BadBer`."""
    if len(data) < 2:
        return None
    if data[0] & 0x1F == 0x1F:
        raise BadBer("a tag of several octets")
    first = data[1]
    if first < _LONG_FORM:
        return 2 + first
    count = first & 0x7F
    if not 1 <= count <= _MAX_LENGTH_OCTETS:
        raise BadBer("an indefinite or endless length")
    if len(data) < 2 + count:
        return None
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big")


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each, in order. Raises `BadBer` for what is cut off."""
    at = 0
    while at < len(data):
        size = size_of_first(data[at : at + 2 + _MAX_LENGTH_OCTETS])
        if size is None or at + size > len(data):
            raise BadBer("an element is cut off")
        head = 2 + (data[at + 1] & 0x7F if data[at + 1] >= _LONG_FORM else 0)
        yield data[at], data[at + head : at + size]
        at += size


def expect(data: bytes, *tags: int) -> list[bytes]:
    """The contents of the first elements, which have these tags. Raises `BadBer`."""
    found = []
    rest = elements(data)
    for tag in tags:
        have, content = next(rest, (None, b""))
        if have != tag:
            raise BadBer(f"expected an element {tag:#x}")
        found.append(content)
    return found


def number_in(content: bytes) -> int:
    """The value of an INTEGER or ENUMERATED. Raises `BadBer`."""
    if not 1 <= len(content) <= _MAX_INTEGER_OCTETS:
        raise BadBer("a number of no size")
    return int.from_bytes(content, "big", signed=True)
