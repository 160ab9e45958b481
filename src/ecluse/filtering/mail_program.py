"""By what program a message was written, as its header tells: the same for all that one program writes.

Who has stolen a login has its secret, seldom the program in front of which its owner sits. Whatever a field claims, the order
and the spelling of the fields are the program's own. Nothing here names a good program, or a bad one: only another one.
"""

from __future__ import annotations

import re

from ecluse.filtering.identities import registered
from ecluse.wire.mime.fields import HeaderSection

MAX_NAME = 40
# Each program writes these into all its mail, always in one order; those of answers, copies and attachments come and go.
_WRITTEN = frozenset({b"from", b"subject", b"date", b"message-id", b"mime-version"})
_NAMED_BY = (b"user-agent", b"x-mailer")
# Up to its version: a new one comes every month.
_NAME = re.compile(rb"[A-Za-z][A-Za-z .&!+-]*")
_ID_DOMAIN = re.compile(rb"@([A-Za-z0-9.-]{1,255})>?\s*\Z")


def program_of(section: HeaderSection) -> str:
    """A name that messages of one program share; two programs may share one, too. "" where the header has no trace of any."""
    order = " ".join(_spelt(raw) for name, raw in zip(section.names, section.raws, strict=True) if name in _WRITTEN)
    named = _named(section) or _identified(section)
    return f"{named}|{order}" if named or order else ""


def _spelt(raw: bytes) -> str:
    return raw.partition(b":")[0].strip().decode("ascii", "replace")


def _named(section: HeaderSection) -> str:
    for name in _NAMED_BY:
        field = section.first(name)
        found = _NAME.match(field.value[:MAX_NAME]) if field else None
        if found:
            return found[0].decode("ascii").strip().casefold()
    return ""


def _identified(section: HeaderSection) -> str:
    """Where none is named: whose identifiers the message bears, as a service's or the client's own."""
    field = section.first(b"message-id")
    found = _ID_DOMAIN.search(field.value[-MAX_NAME * 8 :]) if field else None
    return f"@{registered(found[1].decode('ascii'))}" if found else ""
