"""The trace field that every server adds (RFC 5321 section 4.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from ecluse.domain.peer import Peer
from ecluse.filtering.changes.departure import Departure

MAX_NAME_OCTETS = 255
# What a stranger says of himself may neither end our field nor open a comment in it.
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9._:\[\]-]")
_NOT_A_COMMENT = re.compile(r"[^A-Za-z0-9._ -]")


def received(departure: Departure) -> bytes:
    """Who handed the message to us, how, as what, and when; for whom only where there is a single recipient."""
    incoming = departure.incoming
    recipients = incoming.envelope.recipients
    # With several, naming one would show the hidden recipients to each other (RFC 5321 section 7.2).
    address = recipients[0].address if len(recipients) == 1 else None
    lines = [
        f"Received: from {_name(incoming.peer.helo)} ({_origin(incoming.peer)})",
        f"\tby {departure.hostname} (Ecluse) with {_protocol(departure)} id {incoming.id}",
        f"\t(using {_NOT_A_COMMENT.sub('?', incoming.peer.tls)})" if incoming.peer.tls else "",
        f"\tfor <{address}>" if address else "",
    ]
    return ("\r\n".join(filter(None, lines)) + f";\r\n\t{_date(int(incoming.received_at))}\r\n").encode(
        "utf-8", "replace"
    )


@lru_cache(maxsize=16)
def _date(second: int) -> str:
    """RFC 5322 section 3.3, in UTC; a busy second has many messages."""
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _name(said: str) -> str:
    return _NOT_A_NAME.sub("?", said[:MAX_NAME_OCTETS]) or "unknown"


def _origin(peer: Peer) -> str:
    """TCP-info: the name that we know it by, if any, and its address literal (RFC 5321 section 4.1.3)."""
    if not peer.ip:
        return "unknown"
    literal = f"[IPv6:{peer.ip}]" if ":" in peer.ip else f"[{peer.ip}]"
    return f"{_name(peer.name)} {literal}" if peer.name else literal


def _protocol(departure: Departure) -> str:
    """RFC 3848 and RFC 6531 section 4.3."""
    peer, envelope = departure.incoming.peer, departure.incoming.envelope
    if not peer.is_esmtp:
        return "SMTP"
    return f"{'UTF8SMTP' if envelope.smtputf8 else 'ESMTP'}{'S' * bool(peer.tls)}{'A' * peer.is_logged_in}"
