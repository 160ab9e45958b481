"""The sender stands on an allow or block list."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, ListHit, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

CODES = {
    ("user", "allow", False): "USER_ALLOW",
    ("user", "allow", True): "USER_ALLOW",
    ("user", "block", False): "USER_BLOCK",
    ("user", "block", True): "USER_BLOCK",
    ("client", "allow", False): "CLIENT_ALLOW",
    ("client", "allow", True): "CLIENT_ALLOW_ADDRESS",
    ("client", "block", False): "CLIENT_BLOCK",
    ("client", "block", True): "CLIENT_BLOCK_ADDRESS",
}


def listed(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Every entry that fits is stated, also where another overrules it: proof of 1-2a and 1-11 needs them all."""
    if isinstance(evidence.lists, Unknown):
        return
    for hit in evidence.lists:
        is_address = "@" in hit.entry
        # An address names a person; the envelope beside the finding shows it to those who may see it (15-8).
        detail = "by its address" if is_address else f"by {hit.entry}"
        yield Finding(_code(hit, is_address=is_address), detail, hit.recipient)


def _code(hit: ListHit, *, is_address: bool) -> str:
    return CODES[hit.scope, hit.kind, is_address]
