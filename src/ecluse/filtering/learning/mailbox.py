"""A message out of a mailbox as it was on arrival: what its receiver wrote on top teaches the receiver, not the mail."""

from __future__ import annotations

import re

from ecluse.filtering.body import Body
from ecluse.filtering.learning.letter import Arrival, Letter, read_letter
from ecluse.wire.mime.fields import HeaderSection, unfolded

_RECEIVER_FIELDS = frozenset(
    {
        b"apparently-to",
        b"authentication-results",
        b"delivered-to",
        b"delivery-date",
        b"envelope-to",
        b"received-spf",
        b"return-path",
        b"x-envelope-from",
        b"x-original-to",
        b"x-received",
    }
)
_HOP = re.compile(rb"^from (\S{1,255})[^\[]{0,500}\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]")


def letter_on_arrival(section: HeaderSection, body: Body) -> Letter:
    """The letter that the gateway would have read; the topmost Received and Return-Path tell what SMTP told."""
    kept: list[tuple[bytes, bytes]] = []
    hop: bytes | None = None
    sender = b""
    for name, raw in zip(section.names, section.raws, strict=True):
        if name == b"received" and hop is None:
            hop = unfolded(raw[:2_000])
        elif name == b"return-path":
            sender = sender or unfolded(raw[:2_000]).strip(b"<> ")
        elif name not in _RECEIVER_FIELDS:
            kept.append((name, raw))
    names, raws = tuple(name for name, _ in kept), tuple(raw for _, raw in kept)
    return read_letter(HeaderSection(names, raws, section.octets), body, arrival_of(hop or b"", sender))


def arrival_of(hop: bytes, sender: bytes) -> Arrival:
    """What SMTP told, out of the trace field that its receiver wrote and the reverse-path."""
    found = _HOP.search(hop)
    helo, ip = (found[1], found[2]) if found else (b"", b"")
    return Arrival(*(text.decode("utf-8", "replace") for text in (ip, helo, sender)))


def arrival_in(section: HeaderSection) -> Arrival:
    """What SMTP told the receiver of a message out of a mailbox, as far as its fields keep it."""
    received, path = section.first(b"received"), section.first(b"return-path")
    hop = unfolded(received.raw[:2_000]) if received else b""
    return arrival_of(hop, unfolded(path.raw[:2_000]).strip(b"<> ") if path else b"")
