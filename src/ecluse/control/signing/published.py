"""What nodes are told of a domain's keys: the active ones, sealed under the node key (decision 0027)."""

from __future__ import annotations

from ecluse.control.keystore.services import node_key
from ecluse.control.signing.life import KeyState
from ecluse.control.signing.models import SigningKey
from ecluse.control.signing.services import private_half
from ecluse.domain.signing import DomainKeys
from ecluse.wire.dkim.publishing import MAKERS
from ecluse.wire.dkim.sealed_key import seal_key


def published_keys(domain: str) -> DomainKeys | None:
    """RSA first; None where none signs. Within a change, over all clients."""
    found = SigningKey.objects.filter(
        domain__name=domain, domain__proven_at__isnull=False, state=KeyState.ACTIVE
    ).select_related("domain", "client")
    keys = sorted(found, key=lambda key: list(MAKERS).index(key.algorithm))
    if not keys:
        return None
    sealed = tuple(seal_key(node_key(), domain, key.selector, private_half(key)) for key in keys)
    return DomainKeys(keys[0].client.name, domain, sealed)
