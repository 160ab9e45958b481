"""What the node remembers of those who sent the message."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import NOT_ASKED, Acquaintance, HistoryFacts, Unknown
from ecluse.domain.history import DAY_S, Kind
from ecluse.filtering.collect import Subject
from ecluse.filtering.identities import (
    correspondent_name,
    network_of,
    pair_name,
    sender_domain,
    signing_domains,
    unproven_name,
)
from ecluse.ports.counters import Counters

MAX_RECIPIENTS = 50  # Looked up; the others are neither known nor strangers.
MAX_DOMAINS = 5
# One letter of a user of ours is enough; of replies, which anybody can pretend, it takes several
# (`mta/reception/remembering.py`).
CORRESPONDENT_FROM = 0.5

_REPLY_FIELDS = (b"in-reply-to", b"references")


def history(subject: Subject) -> HistoryFacts | Unknown:
    """Look-ups of microseconds, under every name that the message gives; which are proven is for the checks."""
    counters = subject.sources.counters
    if counters is None:
        return NOT_ASKED
    sender = subject.incoming.envelope.sender
    domain = sender_domain(sender)
    known = tuple(_known(subject, domain, counters))
    pairs = {one.recipient for one in known}
    strangers = tuple(key for key in _recipients(subject) if key not in pairs) if sender else ()
    return HistoryFacts(domain, known, strangers, _is_correspondent(subject, counters), _is_reply(subject))


def _known(subject: Subject, domain: str, counters: Counters) -> Iterator[Acquaintance]:
    now = subject.incoming.received_at
    for kind, shown, recipient, name in _names(subject, domain):
        memory = counters.find(kind, name)
        if memory is not None:
            faded = memory.faded(now)
            age_days = round(max(0.0, now - memory.first_seen) / DAY_S, 2)
            yield Acquaintance(kind, shown, age_days, round(faded.good, 2), round(faded.bad, 2), recipient)


def _names(subject: Subject, domain: str) -> Iterator[tuple[Kind, str, str, str]]:
    """Kind, what may be shown, recipient, and the name of the memory."""
    network = network_of(subject.incoming.peer.ip)
    if network:
        yield Kind.NETWORK, network, "", network
    if domain:
        yield Kind.SENDER_DOMAIN, domain, "", domain
        yield Kind.UNPROVEN_SENDER, domain, "", unproven_name(domain, network)
    for signer in signing_domains(subject.section):
        yield Kind.DKIM_DOMAIN, signer, "", signer
    sender = subject.incoming.envelope.sender
    if sender is not None:
        for key in _recipients(subject):
            yield Kind.PAIR, "", key, pair_name(sender, key)


def _recipients(subject: Subject) -> list[str]:
    return [served.recipient.address.key for served in subject.served[:MAX_RECIPIENTS]]


def _is_correspondent(subject: Subject, counters: Counters) -> bool:
    sender = subject.incoming.envelope.sender
    if sender is None:
        return False
    memory = counters.find(Kind.CORRESPONDENT, correspondent_name(subject.incoming.client, sender))
    # Not faded: whoever was written to half a year ago is still no stranger.
    return memory is not None and memory.good >= CORRESPONDENT_FROM


def _is_reply(subject: Subject) -> bool:
    """Whether a Message-ID of a recipient's domain stands in In-Reply-To or References (RFC 5322 section 3.6.4)."""
    fields = b"".join(field.raw.lower() for name in _REPLY_FIELDS for field in subject.section.all(name)[:1])
    if not fields:
        return False
    domains = tuple(dict.fromkeys(served.policy.domain for served in subject.served))[:MAX_DOMAINS]
    return any(mark + domain.encode("utf-8", "replace") + b">" in fields for domain in domains for mark in (b"@", b"."))
