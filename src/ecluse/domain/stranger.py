"""What a client's server answers a stranger who brings mail for the client: it should take mail from us alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.reply import Reply

_ABOUT_ADDRESSES = "1."  # RFC 3463 section 3.2: the server minds the address, and not who we are.


class Openness(StrEnum):
    """Whether spammers get past us."""

    OPEN = "open"  # A stranger's mail was taken.
    CLOSED = "closed"  # A stranger was refused, or nobody listens.
    UNKNOWN = "unknown"  # It cannot be told from here.


class Ending(StrEnum):
    """How the question ended."""

    ANSWERED = "answered"  # RCPT was answered, or the server said before that it will not talk to us.
    NOBODY_LISTENS = "nobody-listens"
    NO_CONNECTION = "no-connection"  # No answer: a firewall there, or one around us.
    NOT_PUBLIC = "not-public"  # It has no address of the Internet.
    BROKEN_OFF = "broken-off"


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of the question."""

    ending: Ending
    said: Reply | None = None  # The server's last word.
    seen_as: str = ""  # The address that we asked from; "" where none was reached.


def openness_of(heard: Heard, gateways: frozenset[str]) -> Openness:
    """What it says about others: `gateways` are the addresses from which the server is meant to take mail."""
    if heard.ending is Ending.NOBODY_LISTENS:
        return Openness.CLOSED
    if heard.ending is not Ending.ANSWERED or heard.said is None:
        return Openness.UNKNOWN
    if heard.said.is_permanent:
        # Whom the server refuses although it may know us, it refuses all the more as a stranger.
        return Openness.UNKNOWN if heard.said.detail.startswith(_ABOUT_ADDRESSES) else Openness.CLOSED
    is_stranger = bool(heard.seen_as) and heard.seen_as not in gateways
    return Openness.OPEN if heard.said.is_positive and is_stranger else Openness.UNKNOWN
