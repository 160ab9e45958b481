"""Reading about keys, never the keys themselves; in a client's scope."""

from __future__ import annotations

from ecluse.control.signing.models import SigningKey
from ecluse.control.tenants.models import Domain

__all__ = ["SigningKey"]


def find_key(domain: Domain, key_id: int) -> SigningKey | None:
    """One of the domain's."""
    return SigningKey.objects.filter(domain=domain, pk=key_id).select_related("domain").first()
