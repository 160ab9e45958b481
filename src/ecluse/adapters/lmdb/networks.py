"""Networks as keys: one look-up for each prefix length that occurs, however many networks there are."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from ipaddress import ip_network

import msgspec

MAPPED_IPV4 = bytes(10) + b"\xff\xff"  # RFC 4291 section 2.5.5.2.


class Prefixes(msgspec.Struct, frozen=True):
    """Which prefix lengths occur, longest first."""

    v4: tuple[int, ...] = ()
    v6: tuple[int, ...] = ()


def prefixes_of(networks: Iterable[str]) -> Prefixes:
    """Those of networks as text, "192.0.2.0/24"."""
    found = tuple(map(ip_network, networks))
    v4, v6 = ({one.prefixlen for one in found if one.version == version} for version in (4, 6))
    return Prefixes(v4=tuple(sorted(v4, reverse=True)), v6=tuple(sorted(v6, reverse=True)))


def ip_patterns(ip: str, prefixes: Prefixes) -> Iterator[str]:
    """The networks of the given lengths that hold the IP."""
    packed = _packed(ip) if prefixes.v4 or prefixes.v6 else b""
    if not packed:
        return
    number, bits = int.from_bytes(packed, "big"), len(packed) * 8
    for length in prefixes.v4 if bits == 32 else prefixes.v6:
        yield f"{bits}/{length}/{number >> (bits - length):x}"


def network_pattern(text: str) -> str:
    """The same spelling for a network of a list."""
    network = ip_network(text)
    bits, length = network.max_prefixlen, network.prefixlen
    return f"{bits}/{length}/{int(network.network_address) >> (bits - length):x}"


def _packed(ip: str) -> bytes:
    """The octets of an IP, IPv4 inside IPv6 as IPv4; none for text that is no IP."""
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in ip else socket.AF_INET, ip.partition("%")[0])
    except (OSError, ValueError):
        return b""
    return packed[12:] if packed.startswith(MAPPED_IPV4) else packed
