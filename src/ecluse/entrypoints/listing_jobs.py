"""Whether the addresses from which this node sends stand on DNS lists: looked at each half hour."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from ecluse.adapters.dns.resolver import StubResolver
from ecluse.domain.dnsbl import Listing, ListKind, Meaning
from ecluse.entrypoints.dnsbl_catalogue import chosen_lists
from ecluse.entrypoints.settings_tables import Outbound, Settings
from ecluse.filtering.panel import Panel
from ecluse.mta import metrics
from ecluse.ports.resolver import Resolver

log = structlog.get_logger()

LOOK_EVERY_S = 1_800.0


async def watch_own_addresses(settings: Settings) -> None:
    """Look until cancelled. Raises `OSError` and `ValueError` of the lists that were chosen, which readers of settings saw."""
    resolver = StubResolver([(server.host, server.port) for server in settings.dns.nameservers])
    panel = Panel(chosen_lists(settings.dnsbl, workers=1), resolver)
    watch = ListingWatch(panel, resolver, own_addresses(settings.outbound))
    try:
        while True:
            await watch.look()
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        resolver.close()


def own_addresses(outbound: Outbound) -> tuple[str, ...]:
    """Those that the settings name, and those of the pools; each once."""
    pools = (table.address for table in outbound.sources.tables)
    return tuple(dict.fromkeys(map(str, (*outbound.addresses, *pools))))


@dataclass(slots=True)
class ListingWatch:
    """Believes a list only while its test addresses prove it (RFC 5782 section 5); what a silent one said last stays."""

    panel: Panel
    resolver: Resolver
    addresses: tuple[str, ...]
    _known: dict[tuple[str, str], Listing] = field(default_factory=dict)  # Address and list.

    async def look(self) -> None:
        """Ask all lists about all addresses; say what has changed."""
        await self.panel.try_canaries()
        facts = await self.panel.listings(((ListKind.IP, each) for each in self.addresses), self.resolver)
        # Each list answers for all addresses, or counts as silent.
        found = {key: one for key, one in self._known.items() if one.list not in facts.asked}
        found |= {(one.target, one.list): one for one in facts.listings if one.meaning is not Meaning.GOOD}
        for key in self._known.keys() - found.keys():
            metrics.OWN_LISTINGS.labels(*key).set(0)
            log.info("sending address no longer listed", address=key[0], list=key[1])
        for key in found.keys() - self._known.keys():
            metrics.OWN_LISTINGS.labels(*key).set(1)
            log.warning("sending address listed", address=key[0], list=key[1], text=found[key].text)
        self._known = found
