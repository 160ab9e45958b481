"""How much may be sent, as people write it: in the settings of a node, and in the wishes of a client."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from ecluse.domain.sending import LEAST_UNKNOWN, OwnLimits, Rates

_MOST = 1_000_000_000

_Messages: TypeAlias = Annotated[int, Meta(ge=0, le=_MOST, description="Messages; 0 for no limit.")]
_Recipients: TypeAlias = Annotated[int, Meta(ge=0, le=_MOST, description="Recipients of all messages; 0 for no limit.")]

_Unknown: TypeAlias = Annotated[
    int,
    Meta(
        ge=0,
        le=100,
        description=f"Of a day's recipients, so many in a hundred may be unknown to their servers, from {LEAST_UNKNOWN} on; "
        "0 for no limit.",
    ),
]


class RateTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much each may send within a window of the clock (UTC); beyond it 452 4.7.1, with the time of the next window."""

    messages_per_minute: _Messages = 0
    messages_per_hour: _Messages = 0
    messages_per_day: _Messages = 0
    recipients_per_minute: _Recipients = 0
    recipients_per_hour: _Recipients = 0
    recipients_per_day: _Recipients = 0
    unknown_percent: _Unknown = 0


class OwnLimitTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of a client's own, beside the node's: the lower one of the two counts."""

    account: Annotated[RateTable, Meta(description="Of each of its accounts.")] = RateTable()
    client: Annotated[RateTable, Meta(description="Of all its accounts together.")] = RateTable()


def rates(table: RateTable) -> Rates:
    """The same as the mail path knows it."""
    return Rates(**msgspec.structs.asdict(table))


def own_limits(table: OwnLimitTable) -> OwnLimits:
    """The same as the mail path knows it."""
    return OwnLimits(rates(table.account), rates(table.client))
