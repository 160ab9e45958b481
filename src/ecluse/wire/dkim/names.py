"""Domain names in signatures: A-labels for the DNS, whatever way they are written (RFC 6376 section 3.5, RFC 8616)."""

from __future__ import annotations

import re

import idna

from ecluse.wire.dkim.tags import TagSyntax

MAX_OCTETS = 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\Z")
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")


def domain_in(value: bytes, tag: str) -> str:
    """A domain of at least two labels, lower case, A-labels. Raises `TagSyntax`."""
    name = _ascii(value, tag)
    if len(name) > MAX_OCTETS or not _DOMAIN.match(name):
        raise TagSyntax(f"{tag}= is no domain")
    return name


def selector_in(value: bytes) -> str:
    """A selector: one label or several, lower case, A-labels. Raises `TagSyntax`."""
    name = _ascii(value, "s")
    if len(name) > MAX_OCTETS or not _SELECTOR.match(name):
        raise TagSyntax("s= is no selector")
    return name


def _ascii(value: bytes, tag: str) -> str:
    """Lower case; U-labels, which internationalised mail may hold, become A-labels (RFC 8616 section 5)."""
    if len(value) > MAX_OCTETS:
        raise TagSyntax(f"{tag}= is too long for a domain")
    if value.isascii():
        return value.decode("ascii").lower()
    try:
        return idna.encode(value.decode("utf-8"), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise TagSyntax(f"{tag}= is no domain") from None
