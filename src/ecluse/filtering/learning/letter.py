"""A message as the classifier reads it: header fields without noise, texts, and facts as short tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ecluse.filtering.body import Body
from ecluse.filtering.learning.facts import NamedValue, facts
from ecluse.wire.mime.fields import HeaderSection, unfolded
from ecluse.wire.mime.words import decode_words

MAX_FIELDS = 100
MAX_HEAD_OCTETS = 2_560
MAX_TEXT_OCTETS = 4_096
MAX_VALUE_OCTETS = 300
_RAW_OCTETS = 2_000  # Of one field, before it is cleaned.
_RAW_CHARACTERS = 3 * MAX_TEXT_OCTETS  # Of one text, before its white space is squeezed.

# What others concluded, and what mailboxes added afterwards: it can be forged, and teaches their opinion, not the mail.
_OPINIONS = re.compile(
    rb"spam|bogosity|virus|^(?:x-(?:rc-|pmx|mailscanner|mozilla-|uid|status|keywords|account-key)|status$|content-length$)"
)
_SIGNATURES = frozenset(
    {b"dkim-signature", b"domainkey-signature", b"arc-seal", b"arc-message-signature", b"x-google-dkim-signature"}
)
_TAG = re.compile(rb"\b([dsachi]) *= *([^;]{1,80})")
_BLOB = re.compile(rb"[A-Za-z0-9+/=_-]{40,}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What SMTP told, which is not yet written into the header section at the end of DATA."""

    ip: str
    helo: str
    sender: str  # The reverse-path without brackets; "" is the null sender.


@dataclass(frozen=True, slots=True)
class Letter:
    """What the views of a classifier make their tokens of."""

    head: bytes  # The fields in order, one a line.
    subject: bytes
    text: bytes  # The texts in order as they stand in the source, hidden or not, white space squeezed.
    visible: bytes  # What a reader sees of them.
    facts: tuple[bytes, ...]  # Each once.


def read_letter(section: HeaderSection, body: Body, arrival: Arrival | None = None) -> Letter:
    """Never raises on any octets; time and size are bounded by the limits above.

    Without `arrival` the topmost Received field is taken to be the receiver's own: so it is in mail from a mailbox.
    """
    fields = tuple(islice(_fields(section, arrival), MAX_FIELDS))
    head = b"".join(b"%b: %b\n" % field for field in fields)[:MAX_HEAD_OCTETS]
    subject = next((value for name, value in fields if name == b"subject"), b"")
    source, visible = (_joined(texts) for texts in _readings(body))
    return Letter(head, subject, source, visible, facts(fields, body))


def _fields(section: HeaderSection, arrival: Arrival | None) -> Iterator[NamedValue]:
    if arrival is not None:
        yield b"return-path", f"<{arrival.sender}>".encode("utf-8", "replace")
        yield b"received", f"from {arrival.helo} ([{arrival.ip}])".encode("utf-8", "replace")
    for name, raw in zip(section.names, section.raws, strict=True):
        if not _OPINIONS.search(name):
            yield name[:60], _value(name, raw)


def _value(name: bytes, raw: bytes) -> bytes:
    """One line; signatures without their noise, encoded words decoded, long runs of letters and digits cut out."""
    value = unfolded(raw[:_RAW_OCTETS])
    if name in _SIGNATURES:
        return b" ".join(b"%b=%b" % tag for tag in _TAG.findall(value))
    if b"=?" in value:
        value = decode_words(value).encode("utf-8", "replace")
    return _BLOB.sub(b"#", b" ".join(value.split()))[:MAX_VALUE_OCTETS]


def _readings(body: Body) -> tuple[Iterator[str], Iterator[str]]:
    return (text.text for text in body.texts), (text.visible for text in body.texts)


def _joined(texts: Iterable[str]) -> bytes:
    pieces, left = [], MAX_TEXT_OCTETS
    for text in texts:
        squeezed = b" ".join(text[:_RAW_CHARACTERS].encode("utf-8", "replace").split())[:left]
        pieces.append(squeezed)
        left -= len(squeezed)
        if left <= 0:
            break
    return b"\n".join(pieces)
