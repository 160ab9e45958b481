"""XCLIENT: a trusted relay in front of us tells who its own peer is (Postfix XCLIENT_README)."""

from __future__ import annotations

import ipaddress
import re

from ecluse.wire.smtp import replies
from ecluse.wire.smtp.grammar import SyntaxTrouble

ATTRIBUTES = ("NAME", "ADDR", "PORT", "PROTO", "HELO")
_VALUE_MAX_OCTETS = 255
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})++")
_ESCAPE = re.compile(r"\+([0-9A-Fa-f]{2})")
_PRINTABLE = re.compile(r"[!-~]++")


def parse_xclient(argument: str) -> dict[str, str]:
    """Attribute -> decoded value, "" where the relay does not know it; ADDR comes without "IPV6:".

    Raises `SyntaxTrouble` with 501.
    """
    attributes: dict[str, str] = {}
    for word in argument.split():
        name, _, value = word.partition("=")
        name = name.upper()
        if name not in ATTRIBUTES or name in attributes:
            raise SyntaxTrouble(replies.XCLIENT_SYNTAX)
        attributes[name] = _decode(name, value)
    if not attributes:
        raise SyntaxTrouble(replies.XCLIENT_SYNTAX)
    return attributes


def _decode(name: str, value: str) -> str:
    if value.upper() in _UNKNOWN:
        return ""
    if not _XTEXT.fullmatch(value) or len(value) > _VALUE_MAX_OCTETS:
        raise SyntaxTrouble(replies.XCLIENT_SYNTAX)
    decoded = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), value)
    try:
        return _check(name, decoded)
    except ValueError:
        raise SyntaxTrouble(replies.XCLIENT_SYNTAX) from None


def _check(name: str, value: str) -> str:
    if not _PRINTABLE.fullmatch(value):
        raise ValueError(value)
    if name == "ADDR":
        return str(ipaddress.ip_address(value[5:] if value[:5].upper() == "IPV6:" else value))
    if name == "PORT" and not (value.isdecimal() and int(value) < 65_536):
        raise ValueError(value)
    if name == "PROTO" and value.upper() not in ("SMTP", "ESMTP"):
        raise ValueError(value)
    return value.upper() if name == "PROTO" else value
