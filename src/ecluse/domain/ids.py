"""Message ids: UUIDv7, so that ids sort by time and meet only once (RFC 9562 section 5.7)."""

from __future__ import annotations

import re
import secrets
import time

_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A fresh id of 32 hexadecimal digits."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    return f"{(milliseconds << 80) | (0x7 << 76) | ((random >> 62) << 64) | (0b10 << 62) | (random & ((1 << 62) - 1)):032x}"


def is_id(text: str) -> bool:
    """Whether it may be one."""
    return _ID.fullmatch(text) is not None
