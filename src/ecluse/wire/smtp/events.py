"""What the receiving engine tells its application; those marked so wait for an answer."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient


@dataclass(frozen=True, slots=True)
class Hello:
    """The peer said its name; the engine has answered."""

    name: str  # As sent: a host name or an address literal.
    is_esmtp: bool


@dataclass(frozen=True, slots=True)
class AuthBegins:
    """AUTH was read. Asks for an answer: 334 lets a response come, 235 is success (RFC 4954)."""

    mechanism: str  # One that was offered.
    initial: bytes | None = None  # The initial response, decoded; None where there was none.


@dataclass(frozen=True, slots=True)
class AuthResponse:
    """The response to our 334, decoded. Asks as `AuthBegins` does; one that was cancelled never comes."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class MailBegins:
    """MAIL was read. Asks for an answer."""

    sender: Address | None  # None is the null reverse-path <>.
    declared_size: int = 0  # SIZE in octets; 0 where not given (RFC 1870).
    body: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class RecipientNamed:
    """RCPT was read. Asks for an answer; a negative one leaves the recipient out."""

    recipient: Recipient


@dataclass(frozen=True, slots=True)
class ContentBegins:
    """DATA or the first BDAT was read. Asks for an answer: any code below 400 lets the content come."""


@dataclass(frozen=True, slots=True)
class ContentPiece:
    """The next octets of the message, dot-stuffing undone."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class ContentEnds:
    """The whole message is there. Asks for an answer, which is the answer for all its recipients."""

    size: int  # Octets given out in pieces.


@dataclass(frozen=True, slots=True)
class ContentDropped:
    """The transaction ends without a message, and the engine answers; free what was kept of it."""


@dataclass(frozen=True, slots=True)
class TransactionReset:
    """RSET, HELO or EHLO came inside a transaction; the engine has answered."""


@dataclass(frozen=True, slots=True)
class TlsAsked:
    """The 220 is in the output: send it, shake hands, call `tls_started`."""


@dataclass(frozen=True, slots=True)
class ClientIdentified:
    """XCLIENT told about the real peer; the session begins anew, the engine has greeted again."""

    attributes: dict[str, str]  # Upper-case name -> decoded value, "" where it is not known.


@dataclass(frozen=True, slots=True)
class Closing:
    """Send what is in the output, then close. Nothing comes after it."""


Event = (
    Hello
    | AuthBegins
    | AuthResponse
    | MailBegins
    | RecipientNamed
    | ContentBegins
    | ContentPiece
    | ContentEnds
    | ContentDropped
    | TransactionReset
    | TlsAsked
    | ClientIdentified
    | Closing
)
