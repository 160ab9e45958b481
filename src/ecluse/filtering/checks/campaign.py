"""Many strangers send the same to many people within an hour or two."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.mass import MassKind
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import proven_author

MIN_NETWORKS = 5.0
MIN_RECIPIENTS = 8.0
MIN_DOMAINS = 4.0
BOTNET_NETWORKS = 10.0  # So many networks are no one's own, though all of them name the same sender.


def campaign(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Not for mass mail whose author is proven: a newsletter is the same for all by its nature, a list's posting too."""
    facts = evidence.campaign
    if isinstance(facts, Unknown):
        return
    spread, is_proven = facts.spread, bool(proven_author(evidence))
    if is_proven and not isinstance(evidence.mass, Unknown) and evidence.mass.kind is not MassKind.NONE:
        return
    is_wide = spread.networks >= MIN_NETWORKS and spread.recipients >= MIN_RECIPIENTS
    is_foreign = spread.domains >= MIN_DOMAINS or (not is_proven and spread.networks >= BOTNET_NETWORKS)
    if is_wide and is_foreign:
        detail = f"{spread.messages:.0f} messages, {spread.networks:.0f} networks, {spread.domains:.0f} domains"
        yield Finding("SUSPICIOUS_CAMPAIGN", detail)
