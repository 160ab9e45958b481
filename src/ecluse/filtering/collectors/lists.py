"""Which allow and block lists name the sender."""

from __future__ import annotations

from ecluse.domain.evidence import ListHit
from ecluse.filtering.collect import Subject


def lists(subject: Subject) -> tuple[ListHit, ...]:
    """Entries of the client's and of each recipient's own lists that fit the envelope sender or its IP (1-4, 1-5)."""
    policies, incoming = subject.sources.policies, subject.incoming
    sender, ip = incoming.envelope.sender, incoming.peer.ip
    hits = (
        hit
        for served in subject.served
        for hit in policies.list_hits(served.policy, served.recipient.address, sender, ip)
    )
    # Recipients of one client all meet the client's entries; each counts once.
    return tuple(dict.fromkeys(hits))
