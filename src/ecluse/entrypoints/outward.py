"""How outbound mail leaves, as configured."""

from __future__ import annotations

from ipaddress import ip_network

from ecluse.adapters.folder.sts_policies import FolderStsPolicies
from ecluse.adapters.http.sts_fetcher import HttpsStsFetcher
from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.domain.policy import Policy, Route
from ecluse.domain.queue import SMART_HOST
from ecluse.entrypoints.node_key import node_key
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.mta.delivery.demands import Demands
from ecluse.mta.delivery.exchanges import Exchanges, Families
from ecluse.mta.delivery.next_hop import NextHops
from ecluse.mta.delivery.outward import Outward
from ecluse.mta.delivery.routes import Routes
from ecluse.mta.delivery.sources import Sources
from ecluse.mta.delivery.sts import StsPolicies
from ecluse.mta.return_paths import ReturnPaths
from ecluse.ports.policies import Policies
from ecluse.ports.resolver import Resolver


def has_smart_host(settings: Settings) -> bool:
    """Whether all outbound mail takes one route."""
    return settings.outbound.route is not None


def smart_host(settings: Settings) -> Policy | None:
    """The one outbound route in the form of a policy; None: mail goes to each domain's exchanges."""
    route = settings.outbound.route
    return None if route is None else Policy(client="", domain=SMART_HOST, routes=(Route(route.host, route.port),))


def outward(settings: Settings, next_hops: NextHops, resolver: Resolver, policies: Policies) -> Outward:
    """What delivers outbound mail."""
    return Outward(
        Routes(next_hops, None),
        exchanges(settings, resolver),
        demands(settings, resolver),
        policies,
        smart_host(settings),
        sources(settings),
        LmdbDetours(DataPaths(settings.data_dir).detours),
        ReturnPaths(policies, node_key(settings)),
    )


def sources(settings: Settings) -> Sources | None:
    """What chooses the addresses that mail leaves from, where any are named."""
    chosen = settings.outbound.sources
    return Sources(chosen.pools(), LmdbLocks(DataPaths(settings.data_dir).locks)) if chosen.good else None


def demands(settings: Settings, resolver: Resolver) -> Demands:
    """What finds out what a domain wants of the way to its servers."""
    chosen = settings.outbound
    sts = None
    if chosen.mta_sts:
        networks = tuple(map(ip_network, chosen.mx_networks))
        fetcher = HttpsStsFetcher(networks, chosen.authorities, chosen.sts_port)
        sts = StsPolicies(resolver, fetcher, FolderStsPolicies(DataPaths(settings.data_dir).sts_policies))
    return Demands(resolver, sts, uses_dane=chosen.dane)


def exchanges(settings: Settings, resolver: Resolver) -> Exchanges:
    """What finds the servers of a domain."""
    return Exchanges(
        resolver,
        own_names=frozenset({settings.hostname, *settings.web.exchanges}),
        families=Families(settings.outbound.families),
        port=settings.outbound.mx_port,
        networks=tuple(map(ip_network, settings.outbound.mx_networks)),
    )
