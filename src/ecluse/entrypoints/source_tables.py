"""The tables about our own addresses that outbound mail leaves from."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from ecluse.mta.delivery.source import Source
from ecluse.mta.delivery.sources import Pools, Tier
from ecluse.wire.notations import DomainName, IpAddress

MOST = 64


class SourceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One address of this machine, `{ address = "192.0.2.10", hostname = "out1.example.net" }`."""

    address: Annotated[IpAddress, Meta(description="Connections are bound to it.")]
    hostname: Annotated[
        DomainName,
        Meta(description="Our name in EHLO on them: its A or AAAA record is the address, whose PTR is this name."),
    ]


_Pool: TypeAlias = tuple[SourceTable, ...]


class OutboundSources(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which addresses mail to MX servers leaves from, by how good the name of its senders is; a smart host is not concerned.

    A client's mail for one domain keeps to one address. Servers of a family that a pool has no address of are not connected to.
    """

    good: Annotated[
        _Pool,
        Meta(max_length=MOST, description="For accounts in good standing; none here and below: the system chooses."),
    ] = ()
    watched: Annotated[
        _Pool,
        Meta(
            max_length=MOST,
            description="For accounts in their first 3 days and clients in their first 7, and for accounts, addresses and "
            "clients that were locked within 14 days, unless it was them (3-12); none: as `good`.",
        ),
    ] = ()
    notices: Annotated[
        _Pool, Meta(max_length=MOST, description="For mail without a sender, such as bounces; none: as `good`.")
    ] = ()

    @property
    def tables(self) -> tuple[SourceTable, ...]:
        """All of them."""
        return (*self.good, *self.watched, *self.notices)

    def pools(self) -> Pools:
        """In the words of delivery."""
        chosen = {Tier.GOOD: self.good, Tier.WATCHED: self.watched, Tier.NOTICES: self.notices}
        return {tier: tuple(Source(one.address, one.hostname) for one in tables) for tier, tables in chosen.items()}
