"""The sender stands on an allow or block list."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.filtering.identities import is_sender_forged

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


def listed(evidence: Evidence, policy: Policy) -> Iterator[Finding]:
    """Every entry that fits is stated, also where another overrules it: proof of 1-2a and 1-11 needs them all.

    Nobody gets in under a name that is proven not to be his (1-4): servers are allowed by their address.
    """
    if isinstance(evidence.lists, Unknown):
        return
    is_forged = is_sender_forged(evidence, policy)
    for hit in evidence.lists:
        is_address = "@" in hit.entry
        # An address names a person; the envelope beside the finding shows it to those who may see it (15-8).
        detail = "by its address" if is_address else f"by {hit.entry}"
        is_void = is_forged and hit.kind == "allow" and not is_network(hit.entry)
        code = "ALLOW_FORGED" if is_void else CODES[hit.scope, hit.kind, is_address]
        yield Finding(code, detail, hit.recipient)


def is_network(entry: str) -> bool:
    """Whether an entry names servers, whom nobody can pretend to be."""
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True
