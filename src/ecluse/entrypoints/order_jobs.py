"""How a node carries out the orders of its control plane, each once (design 3). Read `_OrderTaker._settle` first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, TypeVar

import msgspec
import structlog

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.orders import ControlOrders
from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.order_ledger import OrderLedger
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.adapters.room.figures import Figures
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.order import (
    DeleteOrder,
    LearnOrder,
    Order,
    OrderAnswer,
    OrderKind,
    Outcome,
    ReleaseOrder,
    RescanOrder,
    TakeBackOrder,
    TeachOrder,
)
from ecluse.domain.queue import QueuedMessage
from ecluse.entrypoints.body_store import body_store
from ecluse.entrypoints.deleting import Deleting
from ecluse.entrypoints.detour_orders import detouring
from ecluse.entrypoints.feedback import said_by_lesson, said_by_program, said_to_take_back
from ecluse.entrypoints.giving_back import GivingBack, giving_back
from ecluse.entrypoints.held_look import HeldLook, held_look
from ecluse.entrypoints.locked_mail import locking, unlocking
from ecluse.entrypoints.orders import JOURNAL_BYTES, Result, ring
from ecluse.entrypoints.outward import has_smart_host
from ecluse.entrypoints.own_room import OwnRoom
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.queue_orders import carry_out_in_queue
from ecluse.entrypoints.queue_steps import Step, holding, recording, resuming, retrying
from ecluse.entrypoints.releasing import Releasing, finish_releases, opened_content
from ecluse.entrypoints.room_settings import worker_room
from ecluse.entrypoints.route_jobs import RouteTrial
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.support_copies import support_copies
from ecluse.mta.delivery.notices import Notices
from ecluse.ports.orders import Orders

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
SIDE_BY_SIDE = 4
AGAIN_AFTER_S = 15.0  # What cannot be done now, a virus scanner that is away for instance, is tried again.
MAX_FETCHED = 2_097_152  # Octets of a held message that are sent up to be looked at; its beginning shows what it is.

_QUEUE_KINDS = frozenset({OrderKind.RETRY, OrderKind.HOLD, OrderKind.RESUME, OrderKind.GIVE_BACK, OrderKind.DETOUR})
_IN_QUEUE = "queue"  # No message's id.

Body = TypeVar("Body")
Act: TypeAlias = Callable[[Releasing, Order, bool], Awaitable[OrderAnswer]]  # The last: whether it was begun before.


async def follow_orders(settings: Settings) -> None:
    """Carry out what is ordered until cancelled; while the database is away, orders wait there."""
    if settings.control.database is None:
        raise Impossible("no control database is set")
    orders = ControlOrders(Database(settings.control.database), settings.hostname)
    # A node that filters nothing has no room that others could share.
    room = worker_room(settings, Figures()) if settings.filtering.enabled else OwnRoom(settings.opening)
    looking = held_look(settings, room)
    try:
        with _taker(settings, orders, looking) as taker:
            while True:
                await taker.look()
                await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await looking.close()


@contextmanager
def _taker(settings: Settings, orders: Orders, looking: HeldLook) -> Iterator[OrderTaker]:
    paths = DataPaths(settings.data_dir)
    with ExitStack() as stack:
        held = FolderSpool(paths.held, reserve_bytes=0, bodies=body_store(settings))
        stack.callback(held.close)
        spool = FolderSpool(paths.spool, reserve_bytes=settings.spool.reserve_bytes)
        stack.callback(spool.close)
        journal = FolderJournal(paths.journal, "orders", segment_bytes=JOURNAL_BYTES, waits_for_room=True)
        stack.callback(journal.close)
        releasing = Releasing(
            held,
            spool,
            journal,
            FolderFeedback(paths.feedback),
            looking,
            paths,
            has_smart_host(settings),
            support_copies(settings, FolderReportInbox(paths.support_inbox)),
        )
        ending = stack.enter_context(giving_back(settings, spool, journal))
        trial = RouteTrial(settings.hostname, paths)
        locks = LmdbLocks(paths.locks)
        acts: dict[str, Act] = {
            **acts_with(ending),
            OrderKind.LOCK: partial(locking, locks),
            OrderKind.UNLOCK: partial(unlocking, locks),
            OrderKind.DETOUR: partial(detouring, LmdbDetours(paths.detours)),
            OrderKind.TRY_ROUTES: lambda _t, order, _r: trial.carry_out(order),
        }
        yield OrderTaker(orders, OrderLedger(paths.orders), releasing, acts)


@dataclass(slots=True)
class OrderTaker:
    """Carries orders out and answers them."""

    orders: Orders
    ledger: OrderLedger
    releasing: Releasing
    acts: Mapping[str, Act]
    _not_before: dict[str, float] = field(
        default_factory=dict
    )  # Order, or target -> when it may be tried again, monotonic.
    _is_away: bool = False
    _telling: asyncio.Lock = field(default_factory=asyncio.Lock)  # The database has one connection.

    async def look(self) -> None:
        """Carry out whatever waits, after what a crash has left half done."""
        try:
            await self._settle_all(await asyncio.to_thread(self._due))
        except Unavailable as problem:
            if not self._is_away:
                log.warning("orders out of reach", problem=str(problem))
            self._is_away = True
        else:
            self._is_away = False

    def _due(self) -> list[Order]:
        """Begun ones first, also where they have expired meanwhile; none twice."""
        unfinished = [(each, self.orders.find(each)) for each in self.ledger.unfinished()]
        for order_id, order in unfinished:
            if order is None:
                # Its answer was heard, or the control plane forgot it.
                self.ledger.forget(order_id)
        now = time.monotonic()
        self._not_before = {each: at for each, at in self._not_before.items() if at > now}
        found = [order for _, order in unfinished if order] + list(self.orders.waiting(time.time(), self._not_before))
        return list({one.id: one for one in found}.values())

    async def _settle_all(self, due: list[Order]) -> None:
        """Side by side, so that one client's slow scan keeps nobody waiting; what is about one message in its turn."""
        by_target: dict[str, list[Order]] = {}
        for order in due:
            by_target.setdefault(_turn(order), []).append(order)
        room = asyncio.Semaphore(SIDE_BY_SIDE)
        turns = [self._settle_in_turn(orders, room) for orders in by_target.values()]
        for trouble in await asyncio.gather(*turns, return_exceptions=True):
            if trouble is not None:
                raise trouble

    async def _settle_in_turn(self, orders: list[Order], room: asyncio.Semaphore) -> None:
        async with room:
            for order in orders:
                if self._not_before.keys().isdisjoint((order.id, order.target)):
                    await self._settle(order)

    async def _settle(self, order: Order) -> None:
        """Begun before it is done, its answer kept before it is told: killed in between, we know how far we came."""
        answer = self.ledger.answer(order.id)
        if answer is None:
            is_repeated = self.ledger.has(order.id)
            self.ledger.begin(order.id)
            try:
                answer = await self._carry_out(order, is_repeated=is_repeated)
            except Unavailable as problem:
                log.warning("order put off", order=order.id, kind=order.kind, problem=str(problem))
                # A lock's end waits for its beginning; a message that one order cannot reach may be had by another.
                put_off = (order.id, order.target) if order.kind == OrderKind.LOCK else (order.id,)
                self._not_before.update(dict.fromkeys(put_off, time.monotonic() + AGAIN_AFTER_S))
                # Nothing was done, or what can be gone on with: when it is tried again, that is no repetition.
                self.ledger.forget(order.id)
                return
            self.ledger.finish(order.id, answer)
        async with self._telling:
            await asyncio.to_thread(self.orders.answer, order.id, answer, time.time())
        self.ledger.forget(order.id)
        log.info("order answered", order=order.id, kind=order.kind, id=order.target, outcome=answer.outcome.value)

    async def _carry_out(self, order: Order, *, is_repeated: bool) -> OrderAnswer:
        act = self.acts.get(order.kind)
        try:
            if act is None:
                raise Impossible(f"this node's release does not know orders to {order.kind}")  # noqa: TRY301 - one border for all that cannot be done.
            return await act(self.releasing, order, is_repeated)
        except msgspec.MsgspecError:
            return OrderAnswer(Outcome.FAILED, "this node's release cannot read the order")
        except Impossible as problem:
            return OrderAnswer(Outcome.FAILED, str(problem).removeprefix(f"{order.target}: "))


async def _release(tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: FBT001 - the signature of all acts.
    wanted = _body(order, ReleaseOrder)
    message = tools.held.read(order.target)
    if message is None or not _waits(message, wanted.recipients):
        finished = await finish_releases(tools.held, tools.spool, order.actor, order.target)
        ring(tools.paths, [Result(each, is_done=True, text="") for each in finished])
        if finished or is_repeated:
            return OrderAnswer(Outcome.DONE, "released before")
    with tools.held.lock(order.target):
        released = await tools.release(_still(tools.held, order.target), wanted, order.actor)
    ring(tools.paths, [Result(each, is_done=True, text=released.text) for each in released.queued_ids])
    return OrderAnswer(Outcome.DONE, released.text)


async def _delete(notices: Notices, tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: FBT001 - the signature of all acts.
    wanted = _body(order, DeleteOrder)
    message = tools.held.read(order.target)
    if is_repeated and (message is None or not _waits(message, wanted.recipients)):
        return OrderAnswer(Outcome.DONE, "deleted before")
    deleting = Deleting(tools.held, tools.spool, tools.journal, notices)
    with tools.held.lock(order.target):
        there = _still(tools.held, order.target)
        await deleting.delete(there, wanted.recipients, order.actor, wanted.reason, wanted.content_key)
    return OrderAnswer(Outcome.DONE, "deleted")


async def _teach(tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    """It stays held. Who says it twice has one vote: a repetition is no harm."""
    lesson = _body(order, TeachOrder)
    message = _still(tools.held, order.target)
    if message.direction != Direction.INBOUND:
        raise Impossible("what the client sends teaches nothing")
    content = await opened_content(tools.held, message, lesson.content_key)
    said = await asyncio.to_thread(said_by_lesson, message, content, lesson, tools.paths)
    if not tools.feedback.keep(said):
        raise Unavailable("too much waits to be learned")
    return OrderAnswer(Outcome.DONE, "handed over to be learned")


async def _learn(tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    """No message is needed: its tokens come with the order. Who says it twice has one vote here, too."""
    if not tools.feedback.keep(said_by_program(_body(order, LearnOrder), tools.paths)):
        raise Unavailable("too much waits to be learned")
    return OrderAnswer(Outcome.DONE, "handed over to be learned")


async def _take_back(tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    """What was taken back before is passed over: a repetition is no harm."""
    for said in said_to_take_back(_body(order, TakeBackOrder), order.actor):
        if not await asyncio.to_thread(tools.feedback.keep, said):
            raise Unavailable("too much waits to be learned")
    return OrderAnswer(Outcome.DONE, "handed over to be forgotten")


async def _rescan(tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    """What it is today, by its content alone: who brought it, and what was known of him, is past."""
    message = _still(tools.held, order.target)
    content = await opened_content(tools.held, message, _body(order, RescanOrder).content_key)
    verdict = await tools.looking.judge(message, content)
    codes = ", ".join(dict.fromkeys(finding.code for finding in verdict.findings)) or "nothing"
    word = f"{verdict.disposition} {verdict.category}".rstrip()
    return OrderAnswer(Outcome.DONE, f"today, by its content alone: {word}; found: {codes}")


async def _fetch(tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    content = await asyncio.to_thread(tools.held.content, order.target)
    return OrderAnswer(Outcome.DONE, f"{content.size} octets", content.slice(0, MAX_FETCHED))


def _queue_act(step: Step) -> Act:
    async def carry_out(tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
        act = recording(tools.spool, step, order.actor, lambda *_: "ordered")
        return await carry_out_in_queue(tools, order, act)

    return carry_out


def acts_with(ending: GivingBack) -> dict[str, Act]:
    """What a node can do, those acts among them that tell senders of an end."""
    telling: dict[str, Act] = {
        OrderKind.GIVE_BACK: ending.act,
        OrderKind.DELETE: partial(_delete, ending.deliverer.notices),
    }
    return {**_ACTS, **telling}


_ACTS: Mapping[str, Act] = {
    OrderKind.RELEASE: _release,
    OrderKind.TEACH: _teach,
    OrderKind.LEARN: _learn,
    OrderKind.TAKE_BACK: _take_back,
    OrderKind.RESCAN: _rescan,
    OrderKind.FETCH: _fetch,
    OrderKind.RETRY: _queue_act(retrying),
    OrderKind.HOLD: _queue_act(holding),
    OrderKind.RESUME: _queue_act(resuming),
}


def _turn(order: Order) -> str:
    """What is settled one after another: orders about one message, and all that may walk over the queue."""
    return _IN_QUEUE if order.kind in _QUEUE_KINDS else order.target


def _body(order: Order, kind: type[Body]) -> Body:
    """An empty one says nothing, and would read as "everybody's". Raises `MsgspecError`, also for that."""
    return msgspec.msgpack.decode(order.body, type=kind)


def _still(held: FolderSpool, message_id: str) -> QueuedMessage:
    """The message under its lock. Raises `Impossible` where it ended meanwhile."""
    message = held.read(message_id)
    if message is None:
        raise Impossible("no longer here")
    return message


def _waits(message: QueuedMessage, keys: tuple[str, ...]) -> bool:
    return any(not keys or one.address.key in keys for one in message.waiting)
