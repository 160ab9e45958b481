"""`ecluse locks`: who may send no outbound mail from this node."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.domain.ids import new_id
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.entrypoints.locked_mail import kept_back_by, lock_with, unlocked
from ecluse.entrypoints.options import ConfigOption, DataDirOption, JsonOption, Node, find_node
from ecluse.entrypoints.orders import carry_out, journal_of_orders, opened
from ecluse.entrypoints.queue_steps import deleting
from ecluse.entrypoints.terminal import clock_time, print_json, print_table, say

app = typer.Typer(no_args_is_help=True, help="Who may send no outbound mail from this node.")


@app.command("list")
def list_locks(
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    everybody: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the locks in force, the newest first."""
    now = time.time()
    locks = [one for one in _all(find_node(config, data_dir)) if everybody or one.is_in_force(now)]
    locks.sort(key=lambda lock: lock.since, reverse=True)
    if as_json:
        print_json([_as_json(lock, now) for lock in locks])
        return
    print_table(("id", "client", "who", "cause", "since", "until", "reason"), [_cells(lock) for lock in locks])
    say()
    say(f"{len(locks)} locks")


@app.command()
def lock(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client, by its whole name.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="An account or an IP address; none: the client.")] = "",
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    address: Annotated[bool, typer.Option("--address", help="NAME is an IP address.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="For those who ask why.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Stop the outbound mail of an account, an address or a client, until it is unlocked; what is queued is held."""
    node = find_node(config, data_dir)
    scope = LockScope.IP if address else LockScope.ACCOUNT if name else LockScope.CLIENT
    new = Lock(new_id(), scope, client, name.casefold(), LockCause.PERSON, time.time(), reason=reason, by=node.operator)
    _locks(node).put(new)
    _tell(new, "locked", 0, as_json=as_json)


@app.command()
def unlock(
    lock_id: Annotated[str, typer.Argument(metavar="ID", help="The lock.")],
    *,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    was_us: Annotated[
        bool, typer.Option("--was-us", help="What was sent was wanted: the same is not taken for a burst soon.")
    ] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete what it holds; else that is delivered.")] = False,
    as_json: JsonOption = False,
) -> None:
    """End a lock; what it holds in the queue is let go within seconds.

    Where nodes report to a console, it orders the same to all others; `--delete` is of this node's queue alone.
    """
    node = find_node(config, data_dir)
    locks = _locks(node)
    # Before the lock ends: then it would be let go.
    deleted = asyncio.run(_delete(node, lock_with(locks, lock_id))) if delete else 0
    lifted = unlocked(locks, lock_id, was_us=was_us, now=time.time(), by_hand=True)
    _tell(lifted, "unlocked", deleted, as_json=as_json)


async def _delete(node: Node, about: Lock) -> int:
    with opened(node.paths.spool) as spool, journal_of_orders(node.paths) as journal:
        if spool is None:
            return 0
        act = deleting(spool, journal, node.operator)
        results = await carry_out(spool, await kept_back_by(spool, about), act)
    return sum(each.is_done for each in results)


def _all(node: Node) -> Iterator[Lock]:
    """A look must not make folders."""
    return _locks(node).all() if node.paths.locks.is_dir() else iter(())


def _locks(node: Node) -> LmdbLocks:
    return LmdbLocks(node.paths.locks)


def _tell(about: Lock, done: str, deleted: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": about.id, "done": done, "deleted": deleted})
        return
    say(f"{about.client} {about.name}".rstrip(), done, *([f"{deleted} messages deleted"] if deleted else []))
    say("At this node. The console, where there is one, orders the same to the other nodes within seconds.")


def _cells(one: Lock) -> tuple[str, ...]:
    until = clock_time(one.ends_at) if one.ends_at else "unlocked"
    return (one.id, one.client, one.name or "all", one.cause.value, clock_time(one.since), until, one.reason)


def _as_json(one: Lock, now: float) -> dict[str, object]:
    return {
        "id": one.id,
        "scope": one.scope.value,
        "client": one.client,
        "name": one.name,
        "cause": one.cause.value,
        "since": one.since,
        "until": one.until,
        "lifted_at": one.lifted_at,
        "is_in_force": one.is_in_force(now),
        "reason": one.reason,
        "times": one.times,
        "by": one.by,
    }
