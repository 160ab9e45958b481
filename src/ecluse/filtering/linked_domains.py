"""The domains of links that stand plainly in a message, for the DNS lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.domain.content import Content
from ecluse.wire.names.registrable import registrable_domain

MAX_OCTETS = 262_144  # From the start of the body.
MAX_LINKS = 200
MAX_DOMAINS = 20

# The host of a URL, after a user part if there is one (RFC 3986 section 3.2).
_HOST = re.compile(rb"(?:[a-z0-9._~%!$&'()*+,;=:-]{1,64}@)?([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)", re.IGNORECASE)


def linked_domains(content: Content, body_at: int) -> tuple[str, ...]:
    """The registered domains of `http` and `https` URLs in the undecoded body; links in encoded parts are not seen."""
    body = content.slice(body_at, body_at + MAX_OCTETS)
    domains: dict[str, None] = {}
    for host in dict.fromkeys(_hosts(body)):
        # A final label of digits belongs to an address, not to a name.
        domain = None if host.rpartition(b".")[2].isdigit() else registrable_domain(host.decode("ascii"))
        if domain is not None:
            domains[domain] = None
        if len(domains) == MAX_DOMAINS:
            break
    return tuple(domains)


def _hosts(body: bytes) -> Iterator[bytes]:
    position = 0
    for _ in range(MAX_LINKS):
        position = body.find(b"://", position)
        if position < 0:
            return
        is_web = body[max(0, position - 5) : position].lower().endswith((b"http", b"https"))
        position += 3
        found = _HOST.match(body, position) if is_web else None
        if found is not None:
            yield found[1].lower()
