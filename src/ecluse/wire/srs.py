"""Sender Rewriting Scheme: a forwarded message's envelope sender in a domain of ours, so that SPF passes and bounces find home.

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
from ecluse.domain.errors import Impossible

DAY_S = 86_400
DAYS = 1_024  # The day is told in two letters of 32, and begins anew after that many.
VALID_DAYS = 21  # Longer than any queue keeps a message.
MAX_LOCAL_OCTETS = 256  # RFC 5321 section 4.5.3.1.1 wants 64; rewritten senders are longer, and servers take them.
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_HASH_LETTERS = 8
_FIRST = re.compile(
    r"SRS0[=+-](?P<hash>[a-z2-7]{8})=(?P<day>[a-z2-7]{2})=(?P<domain>[^=@]{1,253})=(?P<local>.{1,256})", re.IGNORECASE
)
_LATER = re.compile(r"SRS1[=+-](?P<hash>[a-z2-7]{8})=(?P<domain>[^=@]{1,253})=(?P<rest>.{1,256})", re.IGNORECASE)
_FOREIGN_FIRST = re.compile(r"SRS0(?P<rest>[=+-].+)", re.IGNORECASE)
_FOREIGN_LATER = re.compile(r"SRS1[=+-][^=]{1,64}=(?P<domain>[^=@]{1,253})=(?P<rest>.{1,256})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Srs:
    """Rewrites in the name of one domain under one secret, of which an installation has one."""

    domain: str
    secret: bytes  # At least 16 octets.

    def forward(self, sender: Address, now: float) -> Address:
        """The sender to forward with. Raises `Impossible` where it would be too long."""
        if sender.domain.casefold() == self.domain:
            return sender
        local = self._later(sender) or self._first(sender, now)
        if len(local.encode()) > MAX_LOCAL_OCTETS:
            raise Impossible("the rewritten sender would be too long")
        return Address(local, self.domain)

    def back(self, recipient: Address, now: float) -> Address:
        """Whom a bounce to one of ours is for. Raises `Impossible` for what we have not written, or long ago."""
        first = _FIRST.fullmatch(recipient.local)
        if first is not None:
            self._demand(first["hash"], "0", first["day"], first["domain"], first["local"])
            if not _is_recent(first["day"], now):
                raise Impossible("this return path has expired")
            return Address(first["local"], first["domain"].lower())
        later = _LATER.fullmatch(recipient.local)
        if later is None:
            raise Impossible("no return path of ours")
        self._demand(later["hash"], "1", later["domain"], later["rest"])
        return Address(f"SRS0{later['rest']}", later["domain"].lower())

    def _first(self, sender: Address, now: float) -> str:
        day = _day(now)
        made = self._hash("0", day, sender.domain, sender.local)
        return f"SRS0={made}={day}={sender.domain}={sender.local}"

    def _later(self, sender: Address) -> str:
        """Of many forwarders only the first is remembered: bounces go to it at once, and the local part does not grow."""
        foreign = _FOREIGN_LATER.fullmatch(sender.local)
        domain, rest = (foreign["domain"], foreign["rest"]) if foreign else (sender.domain, "")
        if foreign is None:
            first = _FOREIGN_FIRST.fullmatch(sender.local)
            if first is None:
                return ""
            rest = first["rest"]
        return f"SRS1={self._hash('1', domain, rest)}={domain}={rest}"

    def _hash(self, *parts: str) -> str:
        bound = "\0".join(parts).casefold().encode("utf-8", "surrogatepass")
        digest = hmac.digest(self.secret, b"srs\0" + bound, hashlib.sha256)
        return base64.b32encode(digest[:5]).decode().lower()[:_HASH_LETTERS]

    def _demand(self, said: str, *parts: str) -> None:
        if not hmac.compare_digest(said.lower().encode(), self._hash(*parts).encode()):
            raise Impossible("this return path is forged")


def _day(now: float) -> str:
    day = int(now // DAY_S) % DAYS
    return _ALPHABET[day >> 5] + _ALPHABET[day & 31]


def _is_recent(letters: str, now: float) -> bool:
    high, low = (_ALPHABET.index(letter) for letter in letters.lower())
    return (int(now // DAY_S) - (high << 5 | low)) % DAYS <= VALID_DAYS
