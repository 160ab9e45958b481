"""The author bears the name of somebody of the client, and writes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.impersonation import NameOf
from ecluse.domain.policy import Policy
from ecluse.filtering import pretences

CODES = {NameOf.EXECUTIVE: "EXECUTIVE_NAME", NameOf.COLLEAGUE: "COLLEAGUE_NAME"}


def borrowed_name(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A colleague who writes from a private mailbox looks the same: alone it must not refuse."""
    found = pretences.borrowed_name(evidence)
    if found is not NameOf.NOBODY:
        yield Finding(CODES[found], pretences.pretences(evidence).author_domain)
