"""Orders of the control plane about the queue: for one message, or for all that wait for a destination."""

from __future__ import annotations

import asyncio
import itertools

import msgspec

from ecluse.adapters.folder.spool import FolderSpool, bucket_of
from ecluse.domain.errors import Impossible
from ecluse.domain.order import Order, OrderAnswer, Outcome, QueueOrder
from ecluse.domain.queue import QueuedMessage
from ecluse.entrypoints.orders import Action, Result, carry_out, ring
from ecluse.entrypoints.releasing import Releasing

MOST_AT_ONCE = 2_000  # Other orders wait meanwhile: ten seconds where a synced write takes five milliseconds.
_read_body = msgspec.msgpack.Decoder(QueueOrder).decode


async def carry_out_in_queue(tools: Releasing, order: Order, act: Action) -> OrderAnswer:
    """Do it with the message that is meant, or with all that wait. Raises `Impossible`, `Unavailable`, `MsgspecError`."""
    if order.body:
        return await _with_all(tools, _read_body(order.body), act)
    with tools.spool.lock(order.target):
        message = tools.spool.read(order.target)
        if message is None:
            raise Impossible("no longer here")
        text = await act(message)
    ring(tools.paths, [Result(order.target, is_done=True, text=text)])
    return OrderAnswer(Outcome.DONE, text)


async def _with_all(tools: Releasing, wanted: QueueOrder, act: Action) -> OrderAnswer:
    ids = await asyncio.to_thread(_ids, tools.spool, wanted)
    results = await carry_out(tools.spool, ids[:MOST_AT_ONCE], act)
    ring(tools.paths, results)
    failed = [each for each in results if not each.is_done]
    texts = [f"{len(results) - len(failed)} messages" if results else "nothing waits there"]
    if failed:
        texts.append(f"not {len(failed)}: {failed[0].text}")
    if len(ids) > MOST_AT_ONCE:
        texts.append("more wait: order it again")
    is_done = len(failed) < len(results) or not results
    return OrderAnswer(Outcome.DONE if is_done else Outcome.FAILED, "; ".join(texts))


def _ids(spool: FolderSpool, wanted: QueueOrder) -> list[str]:
    """Of one more at most than are dealt with."""
    bucket = bucket_of(wanted.destination)
    found = (each for each in spool.messages(lambda one: one == bucket) if _is_meant(each, wanted))
    return [each.id for each in itertools.islice(found, MOST_AT_ONCE + 1)]


def _is_meant(message: QueuedMessage, wanted: QueueOrder) -> bool:
    return message.client == wanted.client and message.destination.casefold() == wanted.destination.casefold()
