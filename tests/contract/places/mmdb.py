"""Writes small databases in MaxMind's format (version 2.0), for tests: 24-bit records, an IPv6 tree."""

from __future__ import annotations

import ipaddress
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"


def database(records: dict[str, Any], *, kind: str = "Test", made: int = 1_764_000_000) -> bytes:
    """The octets of a database in which each network has its record."""
    data, places = b"", {}
    for network, record in records.items():
        places[network] = len(data)
        data += _encoded(record)
    nodes: list[list[Any]] = [[None, None]]
    for network, place in places.items():
        _insert(nodes, network, ("data", place))
    tree = b"".join(_pointer(side, len(nodes)) for node in nodes for side in node)
    meta = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": made,
        "database_type": kind,
        "description": {"en": "made by a test"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": 24,
    }
    return tree + bytes(16) + data + _MARKER + _encoded(meta)


def _insert(nodes: list[list[Any]], network: str, leaf: tuple[str, int]) -> None:
    parsed = ipaddress.ip_network(network)
    length = parsed.prefixlen + (96 if parsed.version == 4 else 0)
    bits, at = f"{int(parsed.network_address):0128b}", 0
    for bit in map(int, bits[: length - 1]):
        if nodes[at][bit] is None:
            nodes.append([None, None])
            nodes[at][bit] = len(nodes) - 1
        at = nodes[at][bit]
    nodes[at][int(bits[length - 1])] = leaf


def _pointer(side: Any, nodes: int) -> bytes:
    if side is None:
        return nodes.to_bytes(3, "big")
    number = nodes + 16 + side[1] if isinstance(side, tuple) else side
    return number.to_bytes(3, "big")


def _encoded(value: Any) -> bytes:
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(_encoded(key) + _encoded(each) for key, each in value.items())
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(map(_encoded, value))
    if isinstance(value, str):
        return _control(2, len(value.encode())) + value.encode()
    octets = value.to_bytes(8, "big").lstrip(b"\0")
    return _control(9, len(octets)) + octets


def _control(kind: int, size: int) -> bytes:
    head, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    if kind > 7:
        return bytes([head, kind - 7]) + more
    return bytes([kind << 5 | head]) + more
