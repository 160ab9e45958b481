"""The one spelling of a domain name: lower case, A-labels, without the final dot (RFC 5890, RFC 9989 section 5.3.1)."""

from __future__ import annotations

import idna

MAX_CHARACTERS = 255


def ascii_domain(name: str) -> str | None:
    """The name as the DNS asks for it, or None where it is none: an empty or long label, letters no IDN may have."""
    if not name.isascii():
        if len(name) > MAX_CHARACTERS:
            return None
        try:
            name = idna.encode(name.removesuffix("."), uts46=True).decode("ascii")
        except UnicodeError:
            return None
    name = name.removesuffix(".").lower()
    return name if is_domain(name) else None


def is_domain(name: str) -> bool:
    """Whether labels and length are those of a name in the DNS (RFC 1035 section 2.3.4); any ASCII characters."""
    if not 0 < len(name) <= 253 or not name.isascii():
        return False
    return max(map(len, labels := name.split("."))) <= 63 and "" not in labels
