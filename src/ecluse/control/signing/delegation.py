"""Keys whose records stand in the provider's zone: clients point their names there once (CNAME), and new keys need no hand."""

from __future__ import annotations

from collections.abc import Iterator

from django_scopes import scopes_disabled

from ecluse.control.signing.life import LIVING
from ecluse.control.signing.models import SigningKey
from ecluse.control.signing.services import SLOTS, selector_for
from ecluse.wire.dkim.publishing import MAKERS, KeyRecord

MAX_NAME_OCTETS = 253  # RFC 1035 section 2.3.4, as it is written.


def target(selector: str, domain: str, zone: str) -> str:
    """Where a client's name leads."""
    return f"{selector}.{domain}.{zone}"


def aliases(domain: str, zone: str) -> dict[str, str]:
    """All names that a client points into the zone, now and for ever: name -> target; none where they would be too long."""
    names = [selector_for(algorithm, slot) for slot in SLOTS for algorithm in MAKERS]
    found = {f"{each}._domainkey.{domain}": target(each, domain, zone) for each in names}
    return found if all(len(each) <= MAX_NAME_OCTETS for each in found.values()) else {}


def zone_lines(zone: str) -> Iterator[str]:
    """One line for each key whose record belongs into the DNS. Over all clients."""
    with scopes_disabled():  # The zone is the provider's.
        keys = SigningKey.objects.filter(state__in=LIVING).select_related("domain").order_by("domain__name", "selector")
        for key in keys.iterator():
            name = target(key.selector, key.domain.name, zone)
            if len(name) <= MAX_NAME_OCTETS:
                yield KeyRecord(name, key.record_text).zone_line
