"""Greylisting of unclear mail: whoever comes again is a real server, whichever of its addresses it uses.

Keyed by the proven domain and the recipient, or else by the envelope and the body: never by an IP address, since the
large providers try again from another one.
"""

from __future__ import annotations

from hashlib import blake2b

from ecluse.domain.evidence import Evidence, GreylistEntry, GreylistState, Unknown
from ecluse.domain.history import Kind, Memory, is_over
from ecluse.domain.incoming import Incoming
from ecluse.domain.verdict import Disposition, Verdict
from ecluse.filtering.identities import authenticated_domains

MIN_WAIT_S = 300.0
REASON = "We do not know this sender yet; please send this message again in five minutes."
HASHED_OCTETS = 65_536  # From the start of the body.


def state_of(memory: Memory | None, now: float) -> GreylistState:
    """Where a message stands whose earlier coming is remembered so."""
    if memory is None or is_over(Kind.GREYLIST, memory, now):
        return GreylistState.NEW
    if memory.good:
        return GreylistState.PASSED
    return GreylistState.BACK if now - memory.first_seen >= MIN_WAIT_S else GreylistState.EARLY


def standing(evidence: Evidence) -> tuple[GreylistEntry, ...]:
    """The one entry that counts for each recipient: by the first domain that is proven, else by envelope and body."""
    facts = evidence.greylist
    if isinstance(facts, Unknown):
        return ()
    by_name = {(entry.recipient, entry.domain): entry for entry in facts.entries}
    names = (*authenticated_domains(evidence), "")
    recipients = dict.fromkeys(entry.recipient for entry in facts.entries)
    chosen = (next((by_name[key, name] for name in names if (key, name) in by_name), None) for key in recipients)
    return tuple(entry for entry in chosen if entry)


def domain_name(domain: str, recipient: str) -> str:
    """The name of a message that is proven to be a domain's; `recipient` is an `Address.key`."""
    return f"d\0{domain}\0{recipient}"


def message_name(incoming: Incoming, recipient: str, fingerprint: str) -> str:
    """The name of one message for one recipient, however often and from wherever it comes."""
    return f"m\0{incoming.envelope.sender_text}\0{recipient}\0{fingerprint}"


def fingerprint_of(incoming: Incoming, body_at: int) -> str:
    """The same for every coming of a message: its header section gathers traces on the way, its body does not."""
    body = incoming.content.slice(body_at, body_at + HASHED_OCTETS)
    return f"{blake2b(body, digest_size=16).hexdigest()} {incoming.content.size - body_at}"


def is_greylisted(verdict: Verdict) -> bool:
    """Whether greylisting is why the message was deferred."""
    return verdict.disposition is Disposition.DEFER and verdict.reason == REASON
