"""The message as it goes on to the next hop."""

from __future__ import annotations

from ecluse.domain.content import Content, PrefixedContent
from ecluse.domain.evidence import Evidence
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.verdict import Verdict
from ecluse.filtering import inbound, outbound
from ecluse.filtering.changes.departure import Departure
from ecluse.filtering.changes.forged import without_forged
from ecluse.wire.mime.fields import HeaderSection

_CHANGES = {Direction.INBOUND: inbound.CHANGES, Direction.OUTBOUND: outbound.CHANGES}


def delivered(
    incoming: Incoming, section: HeaderSection, evidence: Evidence, verdict: Verdict | None, hostname: str
) -> Content:
    """The same message with our fields on top and forged ones taken away; `section` is its header section.

    Nothing else is touched and the body is never copied: the result reads it where it lies. Return-Path is the
    business of the server that makes final delivery (RFC 5321 section 4.4), which we are not.
    """
    departure = Departure(incoming, evidence, verdict, hostname)
    top = b"".join(change(departure) for change in _CHANGES[incoming.direction])
    head = without_forged(incoming.content, section, hostname)
    if head is None:
        return PrefixedContent(top, incoming.content, 0)
    return PrefixedContent(top + head, incoming.content, section.octets)
