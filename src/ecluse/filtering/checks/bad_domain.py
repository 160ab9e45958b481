"""Most of what came from the sender's domain was refused or held."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Acquaintance, Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.history import Kind
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import authenticated_domains

MIN_COUNT = 5.0
MIN_BAD_SHARE = 0.8


def bad_domain(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A domain answers for what is proven to be its; without proof, for what its name and this network sent."""
    if isinstance(evidence.history, Unknown):
        return
    proven = authenticated_domains(evidence)
    for known in evidence.history.of(Kind.SENDER_DOMAIN, Kind.DKIM_DOMAIN, Kind.UNPROVEN_SENDER):
        is_unproven = known.kind is Kind.UNPROVEN_SENDER
        if (known.name not in proven) is is_unproven and _is_bad(known):
            yield Finding("BAD_DOMAIN", f"{known.name}: {known.bad:.0f} of {known.count:.0f} messages")
            return


def _is_bad(known: Acquaintance) -> bool:
    return known.count >= MIN_COUNT and known.bad_share >= MIN_BAD_SHARE
