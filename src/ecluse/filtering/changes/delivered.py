"""The message as it goes on to the next hop."""

from __future__ import annotations

from ecluse.domain.content import Content, PrefixedContent
from ecluse.filtering.changes.departure import Change, Departure
from ecluse.filtering.changes.forged import without_forged
from ecluse.wire.mime.fields import HeaderSection


def delivered(departure: Departure, section: HeaderSection, changes: tuple[Change, ...]) -> Content:
    """The same message with our fields on top and forged ones taken away; `section` is its header section.

    Nothing else is touched and the body is never copied: the result reads it where it lies. Return-Path is the
    business of the server that makes final delivery (RFC 5321 section 4.4), which we are not.
    """
    content = departure.incoming.content
    top = b"".join(change(departure) for change in changes)
    head = without_forged(content, section, departure.hostname)
    if head is None:
        return PrefixedContent(top, content, 0)
    return PrefixedContent(top + head, content, section.octets)
