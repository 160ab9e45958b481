"""Where the message stands with greylisting, for the recipients whose client wants it."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import NOT_ASKED, GreylistEntry, GreylistFacts, Unknown
from ecluse.domain.history import Kind
from ecluse.filtering.collect import Served, Subject
from ecluse.filtering.greylisting import domain_name, fingerprint_of, message_name, state_of
from ecluse.filtering.identities import sender_domain, signing_domains
from ecluse.ports.counters import Counters

MAX_RECIPIENTS = 50  # The others are not greylisted.


def greylist(subject: Subject) -> GreylistFacts | Unknown:
    """Every name that may turn out to count is looked up: what is proven is known only when all have answered."""
    counters = subject.sources.counters
    wanting = [served.recipient.address.key for served in subject.served if _wants(served)][:MAX_RECIPIENTS]
    if counters is None or not wanting:
        return NOT_ASKED
    return GreylistFacts(tuple(_entries(subject, wanting, counters)))


def _wants(served: Served) -> bool:
    policy, key = served.policy, served.recipient.address.key
    return policy.greylists and policy.filters(key) and key not in policy.greylists_not


def _entries(subject: Subject, recipients: list[str], counters: Counters) -> Iterator[GreylistEntry]:
    incoming = subject.incoming
    domains = dict.fromkeys((sender_domain(incoming.envelope.sender), *signing_domains(subject.section)))
    fingerprint = fingerprint_of(incoming, subject.section.octets)
    for key in recipients:
        names = [(domain, domain_name(domain, key)) for domain in domains if domain]
        for domain, name in (*names, ("", message_name(incoming, key, fingerprint))):
            memory = counters.find(Kind.GREYLIST, name)
            yield GreylistEntry(key, domain, state_of(memory, incoming.received_at))
