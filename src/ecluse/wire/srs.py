"""Sender Rewriting Scheme: a forwarded sender in the forwarder's own domain, so that SPF passes and bounces find home.

    SRS0=HHHHHHHH=TT=a.example=ann@forward.example               the first forwarder: hash, day, domain, local part
    SRS1=HHHHHHHH=b.example==GGGG=TT=a.example=ann@forward.example   a later one: hash, the first one, and what that wrote

As libsrs2 and postsrsd have it, with a longer hash: HMAC-SHA-256 cut to 40 bits. Upper and lower case of a local part may be
lost on the way, so that nothing here depends on it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from ecluse.domain.address import Address

DAY_S = 86_400
DAYS = 1_024  # The day is told in two letters of 32, and begins anew after that many.
VALID_DAYS = 21  # Longer than any queue keeps a message.
# RFC 5321 section 4.5.3.1.1 wants 64; rewritten senders are longer, and servers take them. A path has 256 with its domain.
MAX_LOCAL_OCTETS = 190
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_HASH_OCTETS = 5  # Eight letters of it.
_FIRST = re.compile(
    r"SRS0[=+-](?P<hash>[a-z2-7]{8})=(?P<day>[a-z2-7]{2})=(?P<domain>[^=@]{1,253})=(?P<local>.{1,256})",
    re.IGNORECASE | re.ASCII,
)
_LATER = re.compile(
    r"SRS1[=+-](?P<hash>[a-z2-7]{8})=(?P<domain>[^=@]{1,253})=(?P<rest>.{1,256})", re.IGNORECASE | re.ASCII
)
_FOREIGN_FIRST = re.compile(r"SRS0(?P<rest>[=+-].+)", re.IGNORECASE | re.ASCII)
_FOREIGN_LATER = re.compile(
    r"SRS1[=+-][^=]{1,64}=(?P<domain>[^=@]{1,253})=(?P<rest>.{1,256})", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Srs:
    """Rewrites senders, and reads them back."""

    secret: bytes

    def rewritten(self, sender: Address, domain: str, now: float) -> Address:
        """The sender to forward with, in this domain; as it is where it is of that domain, or cannot be rewritten."""
        if sender.domain == domain or not can_be_rewritten(sender):
            return sender
        return Address(self._later(sender) or self._first(sender, now), domain)

    def read(self, recipient: Address, now: float) -> Address | None:
        """Whom a bounce is for; None where it comes to another form of address, a forged one, or one that is too old."""
        first = _FIRST.fullmatch(recipient.local)
        if first is not None:
            parts = ("0", first["day"], first["domain"], first["local"])
            is_ours = self._is_ours(first["hash"], *parts) and _is_recent(first["day"], now)
            return Address(first["local"], first["domain"].lower()) if is_ours else None
        later = _LATER.fullmatch(recipient.local)
        if later is None or not self._is_ours(later["hash"], "1", later["domain"], later["rest"]):
            return None
        return Address(f"SRS0{later['rest']}", later["domain"].lower())

    def _first(self, sender: Address, now: float) -> str:
        day = _day(now)
        made = self._hash("0", day, sender.domain, sender.local)
        return f"SRS0={made}={day}={sender.domain}={sender.local}"

    def _later(self, sender: Address) -> str:
        """Of many forwarders only the first is remembered: bounces go to it at once, and the local part does not grow."""
        domain, rest = _of_another(sender)
        return f"SRS1={self._hash('1', domain, rest)}={domain}={rest}" if rest else ""

    def _hash(self, *parts: str) -> str:
        bound = "\0".join(parts).casefold().encode("utf-8", "surrogatepass")
        digest = hmac.digest(self.secret, b"srs\0" + bound, hashlib.sha256)
        return base64.b32encode(digest[:_HASH_OCTETS]).decode().lower()

    def _is_ours(self, said: str, *parts: str) -> bool:
        return hmac.compare_digest(said.lower().encode(), self._hash(*parts).encode())


def is_rewritten(address: Address) -> bool:
    """Whether it is of the form that we write; by whom only its hash can tell."""
    return bool(_FIRST.fullmatch(address.local) or _LATER.fullmatch(address.local))


def can_be_rewritten(sender: Address) -> bool:
    """Not what would be too long, stands in quotes, or has no domain of the DNS."""
    if sender.local.startswith('"') or not re.fullmatch(r"[^=@\[\]]{1,253}", sender.domain):
        return False
    domain, rest = _of_another(sender)
    text = f"{domain}={rest}" if rest else f"tt={sender.domain}={sender.local}"
    return len(f"SRS0=hhhhhhhh={text}".encode("utf-8", "surrogatepass")) <= MAX_LOCAL_OCTETS


def _of_another(sender: Address) -> tuple[str, str]:
    """The first forwarder's domain and what it wrote, of a sender that another one has rewritten; else two empty texts."""
    later = _FOREIGN_LATER.fullmatch(sender.local)
    if later is not None:
        return later["domain"], later["rest"]
    first = _FOREIGN_FIRST.fullmatch(sender.local)
    return (sender.domain, first["rest"]) if first is not None else ("", "")


def _day(now: float) -> str:
    day = int(now // DAY_S) % DAYS
    return _ALPHABET[day >> 5] + _ALPHABET[day & 31]


def _is_recent(letters: str, now: float) -> bool:
    high, low = (_ALPHABET.index(letter) for letter in letters.lower())
    return (int(now // DAY_S) - (high << 5 | low)) % DAYS <= VALID_DAYS
