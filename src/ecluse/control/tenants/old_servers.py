"""Whether a client's old server still takes mail from everybody: spammers do not look at MX records."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.tenants.models import Domain, OldServer
from ecluse.domain.address import Address
from ecluse.domain.dns import Answer
from ecluse.domain.printable import printable
from ecluse.domain.stranger import Heard, openness_of
from ecluse.wire.notations import is_ip

__all__ = ["OldServer"]

PORT = 25
MOST_SERVERS = 10  # Of one domain whose answers are kept.
_MAX_SAID = 300


def port_of(domain: Domain, host: str) -> int:
    """Where the world would try it; a next hop is asked at its own port. Others than those are nobody's to be tried."""
    ports = list(domain.routes.filter(host=host).values_list("port", flat=True))
    return PORT if PORT in ports or not ports else int(ports[0])


def address_to_ask(domain: Domain) -> Address:
    """One that exists there, else what every domain must have (RFC 5321 section 4.5.1)."""
    known = domain.addresses.filter(is_alias=False).order_by("key").first()
    return Address(known.local if known else "postmaster", domain.name)


def addresses_in(answers: Iterable[Answer]) -> frozenset[str]:
    """Those that the answers for A and AAAA name; none at all where one may have been left out."""
    found = tuple(answers)
    if any(each.is_temporary for each in found):
        return frozenset()
    return frozenset(text for each in found for text in each.texts if is_ip(text))


def note_answer(
    domain: Domain, host: str, port: int, heard: Heard, gateways: frozenset[str], *, by: Actor
) -> OldServer:
    """Keep what was heard. Where nobody knows the gateways, nobody can say who is a stranger."""
    openness = openness_of(heard, gateways or frozenset({heard.seen_as}))
    with change(by=by) as act:
        row, _ = OldServer.objects.update_or_create(
            domain=domain,
            host=host,
            port=port,
            defaults={
                "client_id": domain.client_id,
                "openness": openness,
                "ending": heard.ending,
                "said": printable(str(heard.said or ""))[:_MAX_SAID],
                "asked_at": act.at,
            },
        )
        after = {"server": str(row), "openness": openness.value}
        act.record("domain.old-server-asked", domain, client_id=domain.client_id, after=after)
        kept = OldServer.objects.filter(domain=domain).values_list("pk", flat=True)[:MOST_SERVERS]
        OldServer.objects.filter(domain=domain).exclude(pk__in=list(kept)).delete()
        return row
