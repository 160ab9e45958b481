"""What the DNS must say of a client's domain: that it is his, and that its mail comes to us; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.dns import Answer, DnsStatus, Mx

LABEL = "_ecluse-challenge"


def challenge_name(domain: str) -> str:
    """Where the owner puts his record."""
    return f"{LABEL}.{domain}"


def challenge_text(challenge: str) -> str:
    """What he puts there."""
    return f"ecluse-domain={challenge}"


def is_proof(answer: Answer, challenge: str) -> bool:
    """Whether the TXT records at `challenge_name` show that the domain is his who was given the challenge."""
    return bool(challenge) and challenge_text(challenge).encode() in (each.strip() for each in answer.octets)


class MxState(StrEnum):
    """What the MX records of a domain come to."""

    OURS = "ours"  # All mail comes through us.
    MIXED = "mixed"  # Some servers besides ours: spammers find them.
    FOREIGN = "foreign"  # None of it does.
    MISSING = "missing"  # No MX record at all.
    UNKNOWN = "unknown"  # The DNS gave no answer.


@dataclass(frozen=True, slots=True)
class MxFound:
    """The MX records of a domain, beside what they should be."""

    state: MxState
    exchanges: tuple[Mx, ...]
    strangers: tuple[str, ...]  # Hosts that are not ours.


def look_at_mx(answer: Answer, ours: tuple[str, ...]) -> MxFound:
    """What the answer for a domain's MX means; `ours` are the hosts that should stand there."""
    exchanges = tuple(sorted(answer.exchanges, key=lambda each: (each.preference, each.host)))
    strangers = tuple(each.host for each in exchanges if each.host not in ours)
    return MxFound(_mx_state(answer, exchanges, strangers), exchanges, strangers)


def _mx_state(answer: Answer, exchanges: tuple[Mx, ...], strangers: tuple[str, ...]) -> MxState:
    if answer.status in {DnsStatus.NO_DATA, DnsStatus.NXDOMAIN}:
        return MxState.MISSING
    if answer.status is not DnsStatus.OK:
        return MxState.UNKNOWN
    if not strangers:
        return MxState.OURS
    return MxState.FOREIGN if len(strangers) == len(exchanges) else MxState.MIXED
