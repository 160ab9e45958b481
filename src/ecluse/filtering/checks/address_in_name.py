"""The display name holds another address than the author's."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.pretences import is_on_behalf, pretences


def address_in_name(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Mailing lists do so on purpose ("ann@a.example via List"): they are proven and say what they are."""
    facts = pretences(evidence)
    if facts.domain_in_name and not is_on_behalf(evidence):
        yield Finding("OUR_ADDRESS_IN_NAME" if facts.is_ours_in_name else "ADDRESS_IN_NAME", facts.domain_in_name)
