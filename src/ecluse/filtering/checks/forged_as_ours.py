"""The author pretends to be of the client's own domain, without proof."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.pretences import is_forged_as_ours, pretences


def forged_as_ours(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Printers and web forms of the client do so too, hence the weight; hardly any writes to itself."""
    if is_forged_as_ours(evidence):
        facts = pretences(evidence)
        yield Finding("OWN_ADDRESS_FORGED" if facts.is_author_recipient else "OWN_DOMAIN_FORGED", facts.author_domain)
