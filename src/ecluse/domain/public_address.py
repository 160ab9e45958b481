"""Addresses that strangers may name and we connect to: those of the Internet, and none that leads to us (CWE-918)."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

# Whatever way they are written, they end at an IPv4 address of any kind: RFC 6052, 8215, 4291 section 2.5.5.1, 3056.
_LEADS_TO_IPV4 = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "2002::/16")))


def is_public_address(text: str) -> bool:
    """Whether it is one machine's in the Internet, reached there under this very address. Raises `ValueError` for none."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in each for each in _LEADS_TO_IPV4):
            return False
    return address.is_global and not address.is_multicast
