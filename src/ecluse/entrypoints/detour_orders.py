"""Orders of the control plane about another way for outbound mail: as `ecluse detour` sets and ends it on the node itself."""

from __future__ import annotations

import time

import msgspec

from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.domain.detour import Detour
from ecluse.domain.errors import Impossible
from ecluse.domain.order import DetourOrder, Order, OrderAnswer, Outcome
from ecluse.entrypoints.detouring import retry_all
from ecluse.entrypoints.orders import ring
from ecluse.entrypoints.queue_orders import MOST_AT_ONCE
from ecluse.entrypoints.releasing import Releasing

_read_body = msgspec.msgpack.Decoder(DetourOrder).decode


async def detouring(detours: LmdbDetours, tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    """To order it twice is no harm. Raises `Impossible` for one whose time is over, `Unavailable`, `MsgspecError`."""
    wanted = _read_body(order.body)
    if not wanted.host:
        was_there = detours.end(wanted.client, wanted.destination)
        return OrderAnswer(Outcome.DONE, "goes by MX again" if was_there else "there was no other way")
    if wanted.until <= time.time():
        raise Impossible("its time is over")
    detour = Detour(wanted.client, wanted.destination, wanted.host, wanted.port, wanted.until, order.actor)
    detours.put(detour)
    due = await retry_all(tools.spool, detour, order.actor, MOST_AT_ONCE)
    ring(tools.paths, due)
    text = f"goes to {detour.route}; {len(due)} messages are due now"
    return OrderAnswer(
        Outcome.DONE, text if len(due) < MOST_AT_ONCE else f"{text}, what else waits when its time comes"
    )
