"""The author calls himself by a protected name, and writes from a domain that is not its owner's."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.mass import MassKind
from ecluse.domain.policy import Policy
from ecluse.filtering.pretences import pretences


def brand_in_name(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Owners have more domains than we know, and lists are named after products: the weight is that of a doubt."""
    facts, mass = pretences(evidence), evidence.mass
    is_list = not isinstance(mass, Unknown) and mass.kind is MassKind.DISCUSSION
    if facts.brand_in_name and not is_list:
        yield Finding("BRAND_IN_NAME", f"{facts.brand_in_name}: {facts.author_domain}")
