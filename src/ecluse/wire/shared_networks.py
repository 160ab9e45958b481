"""Networks from which everybody's mail comes: an address of theirs says nothing about whose a message is (peers 67).

As the services publish them for those who let mail in: Exchange Online Protection's addresses, and the `_netblocks` of
`_spf.google.com`.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

SERVICES: dict[str, tuple[str, ...]] = {
    "microsoft365": (
        "40.92.0.0/15",
        "40.107.0.0/16",
        "52.100.0.0/14",
        "52.238.78.88/32",
        "104.47.0.0/17",
        "2a01:111:f400::/48",
        "2a01:111:f403::/48",
    ),
    "google": (
        "35.190.247.0/24",
        "35.191.0.0/16",
        "64.233.160.0/19",
        "66.102.0.0/20",
        "66.249.80.0/20",
        "72.14.192.0/18",
        "74.125.0.0/16",
        "108.177.8.0/21",
        "108.177.96.0/19",
        "130.211.0.0/22",
        "172.217.0.0/16",
        "172.253.56.0/21",
        "172.253.112.0/20",
        "173.194.0.0/16",
        "209.85.128.0/17",
        "216.58.192.0/19",
        "216.239.32.0/19",
        "2001:4860:4000::/36",
        "2404:6800:4000::/36",
        "2607:f8b0:4000::/36",
        "2800:3f0:4000::/36",
        "2a00:1450:4000::/36",
        "2c0f:fb50:4000::/36",
    ),
}


@lru_cache(1_024)
def service_at(network: str) -> str:
    """The service that sends from some address of this network; "" for none."""
    wanted = ip_network(network)
    for service, texts in SERVICES.items():
        if any(one.version == wanted.version and one.overlaps(wanted) for one in map(ip_network, texts)):
            return service
    return ""
