"""What MAIL and RCPT said."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.address import Address


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT command that we accepted."""

    address: Address
    notify: tuple[str, ...] = ()  # RFC 3461 NOTIFY: "NEVER", or any of "SUCCESS", "FAILURE", "DELAY"; () = not given.
    orcpt: str = ""  # RFC 3461 ORCPT as sent ("rfc822;ann@a.example"), xtext still encoded.


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail transaction's envelope (RFC 5321 section 2.3.1)."""

    sender: Address | None  # None is the null reverse-path <>.
    recipients: tuple[Recipient, ...]
    body: str = "7BIT"  # "7BIT" or "8BITMIME" (RFC 6152).
    smtputf8: bool = False  # RFC 6531.
    ret: str = ""  # RFC 3461 RET: "FULL", "HDRS" or "".
    envid: str = ""  # RFC 3461 ENVID as sent, xtext still encoded.

    @property
    def sender_text(self) -> str:
        """The reverse-path without brackets; "" for the null one."""
        return str(self.sender) if self.sender else ""
