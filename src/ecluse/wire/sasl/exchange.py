"""What an exchange of any mechanism yields, step by step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ecluse.domain.errors import EcluseError

MAX_RESPONSE_OCTETS = 1_024  # Decoded; a login and a secret of ours take less than 400.
MAX_NAME = 320

_ESCAPE = re.compile(r"=(2C|3D)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SaslTrouble(EcluseError):
    """The exchange ends without a proof; what it says is for tests, never for the peer or the log."""

    def __init__(self, problem: str, login: str = "") -> None:
        super().__init__(problem)
        self.login = login  # Whom it was about, as the peer said it; "" where it said none.


@dataclass(frozen=True, slots=True)
class Challenge:
    """To be sent; the response comes back."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A login and a secret, still to be checked: that takes its time."""

    login: str
    secret: str


@dataclass(frozen=True, slots=True)
class Proven:
    """The peer has shown that it knows the secret."""

    login: str


Step: TypeAlias = Challenge | Claim | Proven


class Exchange(Protocol):
    """One attempt of one mechanism."""

    def respond(self, response: bytes | None) -> Step:
        """What follows from the client's response, decoded; None: it began without one. Raises `SaslTrouble`."""
        ...


def read_text(octets: bytes) -> str:
    """Raises `SaslTrouble` for what is too long or no text."""
    if len(octets) > MAX_RESPONSE_OCTETS:
        raise SaslTrouble("too long")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise SaslTrouble("no UTF-8") from None


def plain_name(text: str) -> str:
    """A login as we compare it. Raises `SaslTrouble`."""
    if not text or len(text) > MAX_NAME or _CONTROL.search(text):
        raise SaslTrouble("no login")
    return text.casefold()


def read_name(escaped: str) -> str:
    """A saslname of SCRAM (RFC 5802 section 5.1). Raises `SaslTrouble`."""
    if any(match[1] is None for match in _ESCAPE.finditer(escaped)):
        raise SaslTrouble("a bare = in a name")
    return plain_name(escaped.replace("=2C", ",").replace("=3D", "="))
