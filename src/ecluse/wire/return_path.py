"""A signed return path (BATV, prvs): only bounces of mail that we have sent know it.

    prvs=0DDDSSSSSS=ann@a.example        key number, day on which it ends, six letters of a MAC over day and address

The domain stays the client's own, so that SPF alignment and its MX lead the bounce back through us.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from ecluse.domain.address import Address

DAY_S = 86_400
DAYS = 1_000
VALID_DAYS = 7  # Queues elsewhere keep a message for five.
MAX_LOCAL = 64 - len("prvs=0DDDSSSSSS=")  # RFC 5321 section 4.5.3.1.1.
_WRITTEN = re.compile(r"prvs=0(?P<day>[0-9]{3})(?P<mac>[0-9a-f]{6})=(?P<local>.{1,256})", re.IGNORECASE)
_MAC_OCTETS = 3


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """Signs senders, and reads them back."""

    secret: bytes

    def signed(self, sender: Address, now: float) -> Address:
        """The sender to deliver with; as it is where it cannot be signed, or is signed already."""
        if not can_be_signed(sender) or is_signed(sender):
            return sender
        day = f"{(int(now // DAY_S) + VALID_DAYS) % DAYS:03}"
        return Address(f"prvs=0{day}{self._mac(day, sender)}={sender.local}", sender.domain)

    def read(self, recipient: Address, now: float) -> Address | None:
        """Whose it is; None where it is of another form, forged, or too old."""
        found = _WRITTEN.fullmatch(recipient.local)
        if found is None:
            return None
        address = Address(found["local"], recipient.domain)
        if not hmac.compare_digest(found["mac"].lower(), self._mac(found["day"], address)):
            return None
        days_left = (int(found["day"]) - int(now // DAY_S)) % DAYS
        return address if days_left <= VALID_DAYS else None

    def _mac(self, day: str, address: Address) -> str:
        bound = f"{day}{address.key}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.secret, b"prvs\0" + bound, hashlib.sha256)[:_MAC_OCTETS].hex()


def is_signed(address: Address) -> bool:
    """Whether it is of this form; by whom only its MAC can tell."""
    return _WRITTEN.fullmatch(address.local) is not None


def can_be_signed(address: Address) -> bool:
    """Not what is too long for it, nor what stands in quotes."""
    return len(address.local) <= MAX_LOCAL and not address.local.startswith('"')
