"""What we say to an IMAP server, without tag and line end: nothing that changes a mailbox (EXAMINE, BODY.PEEK)."""

from __future__ import annotations

import re
from base64 import b64encode

CAPABILITY = b"CAPABILITY"
STARTTLS = b"STARTTLS"
AUTHENTICATE_PLAIN = b"AUTHENTICATE PLAIN"
LOGOUT = b"LOGOUT"

_OTHERS = re.compile(r"[^\x20-\x7e]+|&")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def plain_response(user: str, password: str) -> bytes:
    """What AUTHENTICATE PLAIN sends on (RFC 4616)."""
    return b64encode(f"\0{user}\0{password}".encode())


def login(user: str, password: str) -> bytes | None:
    """For servers without SASL; None for what a quoted string cannot hold."""
    if not f"{user}{password}".isascii() or _CONTROL.search(user + password):
        return None
    return b"LOGIN %b %b" % (_quoted(user), _quoted(password))


def examine(folder: str) -> bytes:
    """Open a folder to be read: nothing in it is marked."""
    return b"EXAMINE " + _quoted(encoded(folder))


def fetch_uid(number: int) -> bytes:
    """The UID of the message at this position; 1 is the oldest."""
    return b"FETCH %d (UID)" % number


def fetch_sizes(first: int, last: int) -> bytes:
    """UIDs and sizes of the messages at these positions, both included."""
    return b"FETCH %d:%d (UID RFC822.SIZE)" % (first, last)


def fetch_body(uid: int, most: int) -> bytes:
    """One message, so many octets of it at most, without marking it as read."""
    return b"UID FETCH %d (UID BODY.PEEK[]<0.%d>)" % (uid, most)


def encoded(folder: str) -> str:
    """A folder's name in modified UTF-7 (RFC 3501 section 5.1.3)."""
    return _OTHERS.sub(lambda found: _shifted(found[0]), folder)


def _shifted(text: str) -> str:
    if text == "&":
        return "&-"
    octets = text.encode("utf-16-be", "surrogatepass")
    return "&" + b64encode(octets).decode("ascii").rstrip("=").replace("/", ",") + "-"


def _quoted(text: str) -> bytes:
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode("ascii") + b'"'
