"""The stamp: a header field on relayed mail by which a message shows that it came in for a client, should it be sent on.

    X-Ecluse-Stamp: t=1795852800; d=a.example; s=b.example; h=date:message-id; b=MAC

t: when it came in; d: the client's domain that it was for; s: the domain of its envelope sender, where that was proven. The
MAC binds them to the author, the type, the body, and to date and id where it had them (h), for servers add what is missing:
to what a reader is shown, but for the subject, which servers mark.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from ecluse.wire.dkim.canonical import CRLF
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.mime.fields import HeaderSection

NAME = b"x-ecluse-stamp"
DAY_S = 86_400
VALID_DAYS = 60  # Held mail is kept for a month, and may wait in a queue after that.
MAX_STAMPS = 3  # What strangers write is taken off at the door, so that a message has one.

_BOUND = (b"from", b"content-type", b"content-transfer-encoding")
_BOUND_WHERE_THERE = (b"date", b"message-id")
_MAC_OCTETS = 16
_FIELD = re.compile(
    rb"t=(?P<at>[0-9]{1,12}); d=(?P<domain>[^;\s]{1,253}); s=(?P<sender>[^;\s]{0,253}); h=(?P<names>[a-z:-]{0,15}); "
    rb"b=(?P<mac>[A-Za-z0-9+/=]{24})"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What it says."""

    at: int  # UTC, seconds since the epoch.
    domain: str  # Lower case, A-labels.
    proven_sender: str = ""  # Domain of the envelope sender, where it was proven; "" = it was not.


def write_stamp(stamp: Stamp, secret: bytes, section: HeaderSection, body: bytes) -> bytes:
    """The field, whole with its line end; `body` is the relaxed body hash of DKIM."""
    header = SignedHeader(section)
    names = b":".join(name for name in _BOUND_WHERE_THERE if header.count(name))
    return b"X-Ecluse-Stamp: t=%d; d=%s; s=%s;\r\n\th=%s; b=%s\r\n" % (
        stamp.at,
        stamp.domain.encode(),
        stamp.proven_sender.encode(),
        names,
        _mac(stamp, names, secret, header, body),
    )


def read_stamp(secret: bytes, section: HeaderSection, body: bytes, now: float) -> Stamp | None:
    """The newest stamp that is made with this secret and fits the message; None = there is none, or it is too old."""
    header = SignedHeader(section)
    for field in section.all(NAME)[:MAX_STAMPS]:
        found = _FIELD.fullmatch(b" ".join(field.value.split()))
        if found is None:
            continue
        stamp = Stamp(int(found["at"]), found["domain"].decode("latin-1"), found["sender"].decode("latin-1"))
        is_ours = hmac.compare_digest(found["mac"], _mac(stamp, found["names"], secret, header, body))
        if is_ours and now - stamp.at <= VALID_DAYS * DAY_S:
            return stamp
    return None


def has_stamp(section: HeaderSection) -> bool:
    """Whether there is anything to read: its body need not be hashed otherwise."""
    return NAME in section.names


def _mac(stamp: Stamp, names: bytes, secret: bytes, header: SignedHeader, body: bytes) -> bytes:
    said = f"{stamp.at}\0{stamp.domain}\0{stamp.proven_sender}\0".encode() + names + b"\0"
    bound = (*_BOUND, *names.split(b":"))
    fields = [header.relaxed(place) for name in bound for place in header.places(name)]
    digest = hmac.digest(secret, said + body + b"".join(fields) + CRLF, hashlib.sha256)
    return base64.b64encode(digest[:_MAC_OCTETS])
