"""What is queued of a locked account: kept back while the lock is in force, then let go or deleted (3-12)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import Impossible
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.order import Order, OrderAnswer, Outcome, UnlockOrder
from ecluse.domain.queue import Progress, QueuedMessage
from ecluse.entrypoints.orders import Action, Result, carry_out
from ecluse.entrypoints.queue_steps import deleting, demand_whole
from ecluse.entrypoints.releasing import Releasing
from ecluse.ports.locks import Locks

_HELD = "held: its sender is locked ("  # So begins the reason of all that a lock keeps back, and of nothing else.
_read_order = msgspec.msgpack.Decoder(UnlockOrder).decode
_read_lock = msgspec.msgpack.Decoder(Lock).decode


@dataclass(frozen=True, slots=True)
class Plan:
    """Queued messages that a walk has found, by what is to be done with them."""

    to_hold: dict[str, str]  # Message -> the reason that it will bear.
    to_let_go: tuple[str, ...]


def held_by(lock: Lock) -> str:
    """The reason that a message bears while a lock keeps it back: the one that came first."""
    return f"{_HELD}{lock.id})"


def plan(spool: FolderSpool, in_force: Iterable[Lock]) -> Plan:
    """One walk over the spool for all locks. Raises `Unavailable`."""
    holding = tuple(in_force)
    to_hold, to_let_go = {}, []
    for message in spool.messages():
        lock = next((one for one in holding if _stops(one, message)), None)
        # Whichever lock it names: that may have been replaced since, and be known to nobody.
        if _is_kept_back(message) and lock is None:
            to_let_go.append(message.id)
        elif not message.is_held and lock is not None:
            to_hold[message.id] = held_by(lock)
    return Plan(to_hold, tuple(to_let_go))


async def carry_out_plan(spool: FolderSpool, found: Plan) -> list[Result]:
    """What could not be done now, since an attempt or a release is under way, is for the next walk."""
    held = [await carry_out(spool, [one], _holding(spool, reason)) for one, reason in found.to_hold.items()]
    return [each for several in held for each in several] + await carry_out(spool, found.to_let_go, _letting_go(spool))


async def kept_back_by(spool: FolderSpool, lock: Lock) -> list[str]:
    """The messages that a lock keeps back, those among them that an earlier one has held."""
    return await asyncio.to_thread(
        lambda: [one.id for one in spool.messages() if _is_kept_back(one) and _stops(lock, one)]
    )


def lock_with(locks: Locks, lock_id: str) -> Lock:
    """Raises `Impossible` where there is none, `Unavailable`."""
    lock = next((one for one in locks.all() if one.id == lock_id), None)
    if lock is None:
        raise Impossible(f"{lock_id}: there is no such lock here")
    return lock


def unlocked(locks: Locks, lock_id: str, *, was_us: bool, now: float, by_hand: bool = False) -> Lock:
    """Let its account send again; the lock, lifted. Raises `Impossible`, `Unavailable`.

    `was_us`: what it sent was wanted. It counts for no repetition then, and the account is not locked for a burst soon.
    `by_hand`: nobody has ordered it, and where there is a console it orders the same to all other nodes.
    """
    lock = lock_with(locks, lock_id)
    if lock.lifted_at:
        return lock
    times = 0 if was_us and lock.cause is LockCause.BURST else lock.times
    lifted = replace(lock, lifted_at=now, times=times, is_lifted_by_hand=by_hand)
    locks.put(lifted)
    return lifted


async def locking(locks: Locks, tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    """Put the lock of another node. Raises `Impossible` where it would stop nothing more, `Unavailable`, `MsgspecError`."""
    wanted, now = _read_lock(order.body), time.time()
    if not wanted.is_in_force(now):
        raise Impossible("over before it was heard of")
    counts = locks.add(wanted, now)
    if counts.id != wanted.id:
        raise Impossible(f"locked already by {counts.id}")
    if counts.lifted_at:
        raise Impossible("unlocked here already")
    return OrderAnswer(Outcome.DONE, "locked")


async def unlocking(locks: Locks, tools: Releasing, order: Order, is_repeated: bool) -> OrderAnswer:  # noqa: ARG001, FBT001 - the signature of all acts.
    """Carry out an `UnlockOrder`: twice is no harm. Raises `Impossible`, `Unavailable`, `MsgspecError`."""
    wanted = _read_order(order.body)
    lock, results = lock_with(locks, order.target), []
    if wanted.deletes_mail:
        # Before the lock ends: then it would be let go.
        act = deleting(tools.spool, tools.journal, order.actor)
        results = await carry_out(tools.spool, await kept_back_by(tools.spool, lock), act)
    unlocked(locks, order.target, was_us=wanted.was_us, now=time.time())
    deleted = f"; {sum(each.is_done for each in results)} messages deleted" if wanted.deletes_mail else ""
    return OrderAnswer(Outcome.DONE, f"unlocked{deleted}")


def _is_kept_back(message: QueuedMessage) -> bool:
    return message.is_held and message.reason.startswith(_HELD)


def _stops(lock: Lock, message: QueuedMessage) -> bool:
    names = {LockScope.ACCOUNT: message.account, LockScope.IP: message.ip, LockScope.CLIENT: ""}
    is_its_clients = message.direction == Direction.OUTBOUND and message.client == lock.client
    return is_its_clients and names[lock.scope] == lock.name


def _holding(spool: FolderSpool, reason: str) -> Action:
    async def act(message: QueuedMessage) -> str:
        demand_whole(message)
        await spool.record(message.id, Progress(time.time(), {}, is_held=True, reason=reason, by="lock"))
        return "held"

    return act


def _letting_go(spool: FolderSpool) -> Action:
    async def act(message: QueuedMessage) -> str:
        now = time.time()
        step = Progress(now, {}, next_attempt=now, is_held=False, reason="its sender was unlocked", by="lock")
        await spool.record(message.id, step)
        return "let go"

    return act
