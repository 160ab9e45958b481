"""Texts, numbers and times of a report as a stranger wrote them, brought into the form that we keep."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ecluse.wire.mime.charsets import neutralised

MAX_CHARACTERS = 2_000  # Of one text; more is cut.
MAX_SECONDS = 253_402_300_799  # The end of the year 9999.
_NUMBER = re.compile(r"\s*([0-9]{1,15})(?:\.0*)?\s*\Z")
_MAX_DATE_CHARACTERS = 100


def kept(text: str) -> str:
    """The text on one line, without white space around it, cut at `MAX_CHARACTERS`."""
    text = text.strip()
    if len(text) <= MAX_CHARACTERS and text.isprintable():
        return text
    return neutralised(text[:MAX_CHARACTERS]).strip()


def number(text: str) -> int | None:
    """A count or a time in digits; None for what is none."""
    found = _NUMBER.match(text)
    return int(found[1]) if found else None


def seconds(text: str) -> int | None:
    """Epoch seconds written as such; None for what is none, or lies beyond the year 9999."""
    found = number(text)
    return found if found is not None and found <= MAX_SECONDS else None


def ip_address(text: str) -> str:
    """The address in canonical form (RFC 5952), what follows it left out; "" for what is none."""
    word = text.split(None, 1)[0].strip("[]") if text.strip() else ""
    try:
        address = ipaddress.ip_address(word.removeprefix("IPv6:"))
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return f"::ffff:{mapped}" if mapped else str(address)


def mail_time(text: str) -> int | None:
    """Epoch seconds of a date of RFC 5322; None for what is none. Without a zone it counts as UTC."""
    try:
        return _epoch(parsedate_to_datetime(text[:_MAX_DATE_CHARACTERS]))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def internet_time(text: str) -> int | None:
    """Epoch seconds of a date of RFC 3339; None for what is none. Without a zone it counts as UTC."""
    try:
        return _epoch(datetime.fromisoformat(text.strip()[:_MAX_DATE_CHARACTERS].upper()))
    except (ValueError, OverflowError):
        return None


def _epoch(moment: datetime) -> int | None:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp()))
