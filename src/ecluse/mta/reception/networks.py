"""Whether an address belongs to a configured network."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ecluse.domain.connector import Connector

Network = IPv4Network | IPv6Network


class Networks:
    """A fixed set of IPv4 and IPv6 networks; an answer is remembered, since peers come back."""

    def __init__(self, networks: Iterable[str]) -> None:
        """Raises `ValueError` for text that is no address and no network."""
        self._networks: tuple[Network, ...] = tuple(ip_network(text, strict=False) for text in networks)
        self._holds = lru_cache(maxsize=65_536)(self._look)

    def __contains__(self, ip: object) -> bool:
        return bool(self._networks) and isinstance(ip, str) and self._holds(ip)

    def _look(self, ip: str) -> bool:
        address = plain_address(ip)
        return address is not None and any(address in network for network in self._networks)


def plain_address(ip: str) -> IPv4Address | IPv6Address | None:
    """The address as a value; IPv4 inside IPv6 (::ffff:192.0.2.1) becomes IPv4; None for anything else."""
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=4_096)
def networks_of(texts: tuple[str, ...]) -> Networks:
    """The networks that a policy names, built once; the texts were checked when the policy was published."""
    return Networks(texts)


def counts_from(connector: Connector, ip: str) -> bool:
    """Whether the connector may be used from there."""
    return not connector.networks or ip in networks_of(connector.networks)
