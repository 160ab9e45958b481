"""What a server of ours offers to one peer, and how it says so to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ecluse.domain.reply import Reply
from ecluse.wire.smtp.data import Newlines
from ecluse.wire.smtp.grammar import LENIENT_LIMITS, PathLimits
from ecluse.wire.smtp.xclient import ATTRIBUTES


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Of one session, with its limits."""

    hostname: str
    max_message_bytes: int = 52_428_800
    max_recipients: int = 1000  # Accepted ones of a transaction; then 452 (RFC 5321 section 4.5.3.1.10).
    max_refused_recipients: int = 100  # Of a session; then 421: somebody is trying out names.
    max_errors: int = 10  # Commands of a session that we refused ourselves; the next such one is answered 421.
    max_idle_commands: int = 100  # NOOP, RSET and their like without a MAIL between them; then 421.
    max_transactions: int = 1000  # Then 421.
    max_failed_logins: int = 3  # The next one is answered 421.
    max_command_octets: int = 2048  # A command line with its CRLF.
    path_limits: PathLimits = LENIENT_LIMITS
    newlines: Newlines = Newlines.REFUSE
    offers_starttls: bool = False
    offers_dsn: bool = False  # Submission alone: on inbound it would oblige us to notify strangers.
    offers_xclient: bool = False
    mechanisms: tuple[str, ...] = ()  # Of AUTH, inside TLS alone; () = no AUTH.

    def offers(self, verb: str, *, is_tls: bool) -> bool:
        """Whether a verb that we know may be said now."""
        if verb == "STARTTLS":
            return self.offers_starttls and not is_tls
        if verb == "AUTH":
            return bool(self.mechanisms)
        return verb != "XCLIENT" or self.offers_xclient


@lru_cache(maxsize=64)
def ehlo_answer(options: ServerOptions, *, is_tls: bool) -> bytes:
    """What EHLO hears, with its line ends."""
    keywords = [
        options.hostname,
        "PIPELINING",
        f"SIZE {options.max_message_bytes}",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "CHUNKING",
        *["STARTTLS"] * (options.offers_starttls and not is_tls),
        *["DSN"] * options.offers_dsn,
        *[f"AUTH {' '.join(options.mechanisms)}"] * (bool(options.mechanisms) and is_tls),
        *[f"XCLIENT {' '.join(ATTRIBUTES)}"] * options.offers_xclient,
    ]
    return Reply(250, "", "\n".join(keywords)).wire
