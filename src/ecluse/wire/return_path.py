"""A signed return path (BATV, prvs): only bounces of mail that we have sent know it.

    prvs=KDDDSSSSSS=ann@a.example        key number, day on which it ends, six letters of a MAC over both and the address

The domain stays the client's own, so that SPF alignment and its MX lead the bounce back through us.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from ecluse.domain.address import Address
from ecluse.domain.errors import Impossible

DAY_S = 86_400
DAYS = 1_000
VALID_DAYS = 7  # Queues elsewhere keep a message for five.
_WRITTEN = re.compile(r"prvs=(?P<key>[0-9])(?P<day>[0-9]{3})(?P<mac>[0-9a-f]{6})=(?P<local>.{1,256})", re.IGNORECASE)
_MAC_OCTETS = 3


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """Signs senders and reads them back; secrets are numbered 0 to 9, so that one can follow another."""

    secrets: tuple[bytes, ...]  # The last one signs.

    def signed(self, sender: Address, now: float) -> Address:
        """The sender to deliver with; one that is signed already stays as it is."""
        if _WRITTEN.fullmatch(sender.local):
            return sender
        number, day = len(self.secrets) - 1, f"{(int(now // DAY_S) + VALID_DAYS) % DAYS:03}"
        return Address(f"prvs={number}{day}{self._mac(number, day, sender)}={sender.local}", sender.domain)

    def read(self, recipient: Address, now: float) -> Address | None:
        """Whose it is; None for an address that is not of this form. Raises `Impossible` where it is forged or too old."""
        found = _WRITTEN.fullmatch(recipient.local)
        if found is None:
            return None
        address, number = Address(found["local"], recipient.domain), int(found["key"])
        if number >= len(self.secrets):
            raise Impossible("this return path was signed with another key")
        expected = self._mac(number, found["day"], address)
        if not hmac.compare_digest(found["mac"].lower(), expected):
            raise Impossible("this return path is forged")
        if (int(found["day"]) - int(now // DAY_S)) % DAYS > VALID_DAYS:
            raise Impossible("this return path has expired")
        return address

    def _mac(self, number: int, day: str, address: Address) -> str:
        bound = f"{number}{day}{address.key}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.secrets[number], b"prvs\0" + bound, hashlib.sha256)[:_MAC_OCTETS].hex()
