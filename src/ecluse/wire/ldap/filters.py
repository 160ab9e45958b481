"""Search filters as people write them (RFC 4515), as LDAP has them on the wire (RFC 4511 section 4.5.1)."""

from __future__ import annotations

import re

from ecluse.wire.ldap.ber import boolean, octets, sequence

MAX_TEXT = 2_000
MAX_DEPTH = 16
_AND, _OR, _NOT, _EQUAL, _SUBSTRINGS, _AT_LEAST, _AT_MOST, _PRESENT, _LIKE, _EXTENSIBLE = (
    0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0x87, 0xA8, 0xA9,
)  # fmt: skip
_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82
_RULE, _TYPE, _VALUE, _DN_ATTRIBUTES = 0x81, 0x82, 0x83, 0x84
_SIGNS = {"=": _EQUAL, ">=": _AT_LEAST, "<=": _AT_MOST, "~=": _LIKE}
_ATTRIBUTE = r"(?:[A-Za-z][A-Za-z0-9-]{0,99}|[0-9]+(?:\.[0-9]+){1,30})(?:;[A-Za-z0-9-]{1,50}){0,5}"
_ITEM = re.compile(rf"({_ATTRIBUTE})(=|>=|<=|~=)([^()]*)")
_EXTENDED = re.compile(rf"({_ATTRIBUTE})?(:dn)?(?::({_ATTRIBUTE}))?:=([^()]*)")
_ESCAPE = re.compile(rb"\\([0-9A-Fa-f]{2})?")


class BadFilter(ValueError):
    """No filter, or one of no reasonable size."""


def encode_filter(text: str) -> bytes:
    """On the wire. Raises `BadFilter`."""
    if len(text) > MAX_TEXT:
        raise BadFilter(f"more than {MAX_TEXT} characters")
    encoded, end = _encode(text.strip(), 0, 0)
    if end != len(text.strip()):
        raise BadFilter("something stands after its end")
    return encoded


def _encode(text: str, at: int, depth: int) -> tuple[bytes, int]:
    """The filter that begins with a bracket here, and where it ends."""
    if depth > MAX_DEPTH or text[at : at + 1] != "(":
        raise BadFilter("expected (attribute=value), & | ! before others of its kind")
    sign = text[at + 1 : at + 2]
    if sign in {"&", "|", "!"}:
        return _composed(text, at + 2, sign, depth)
    end = text.find(")", at)
    if end < 0:
        raise BadFilter("a bracket is missing")
    return _item(text[at + 1 : end]), end + 1


def _composed(text: str, at: int, sign: str, depth: int) -> tuple[bytes, int]:
    parts = []
    while text[at : at + 1] == "(":
        part, at = _encode(text, at, depth + 1)
        parts.append(part)
    if text[at : at + 1] != ")" or not parts or (sign == "!" and len(parts) > 1):
        raise BadFilter("expected whole filters in brackets")
    tag = {"&": _AND, "|": _OR, "!": _NOT}[sign]
    return sequence(*parts, tag=tag), at + 1


def _item(text: str) -> bytes:
    if found := _ITEM.fullmatch(text):
        attribute, sign, value = found.groups()
        if sign != "=" or "*" not in value:
            return sequence(octets(attribute), octets(_value(value)), tag=_SIGNS[sign])
        return octets(attribute, _PRESENT) if value == "*" else _substrings(attribute, value)
    if found := _EXTENDED.fullmatch(text):
        return _extended(*found.groups())
    raise BadFilter("expected (attribute=value)")


def _substrings(attribute: str, value: str) -> bytes:
    first, *middle, last = value.split("*")
    parts = [octets(_value(first), _INITIAL)] if first else []
    parts += [octets(_value(each), _ANY) for each in middle if each]
    parts += [octets(_value(last), _FINAL)] if last else []
    if not parts:
        raise BadFilter("expected something beside the asterisks")
    return sequence(octets(attribute), sequence(*parts), tag=_SUBSTRINGS)


def _extended(attribute: str | None, dn: str | None, rule: str | None, value: str) -> bytes:
    if attribute is None and rule is None:
        raise BadFilter("expected an attribute or a rule before :=")
    parts = [octets(rule, _RULE)] if rule else []
    parts += [octets(attribute, _TYPE)] if attribute else []
    parts.append(octets(_value(value), _VALUE))
    if dn:
        parts.append(bytes((_DN_ATTRIBUTES,)) + boolean(value=True)[1:])
    return sequence(*parts, tag=_EXTENSIBLE)


def _value(text: str) -> bytes:
    r"""With \2a and its like undone."""

    def undone(found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            raise BadFilter("expected two hexadecimal digits after a backslash")
        return bytes.fromhex(found[1].decode())

    return _ESCAPE.sub(undone, text.encode())
