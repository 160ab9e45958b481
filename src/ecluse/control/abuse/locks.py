"""Locked accounts of clients: seen by their administrators, who unlock them; a case for the provider's people (3-9 to 3-12)."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.abuse.cases import case_of
from ecluse.control.abuse.models import Case, CaseKind, CaseNote, ToldLock
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.mail.models import NodeOrder
from ecluse.control.mail.orders import LIVES_S, give_order, state_of
from ecluse.control.operation.models import ToldReport
from ecluse.domain.errors import Impossible
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.order import OrderKind, Outcome, UnlockOrder

__all__ = ["Locked", "ToldLock", "state_of"]

MOST = 200
AT_ONCE = 100
_BY = Actor(ActorKind.JOB, "locks")


@dataclass(frozen=True, slots=True)
class Locked:
    """One account, address or client that may not send, at whichever nodes."""

    lock: ToldLock  # The newest of them.
    nodes: tuple[str, ...]
    order: (
        NodeOrder | None
    )  # The last one to unlock it, where every node has one; one that waits goes before the others.


def locks_of_client(*, now: float | None = None) -> list[Locked]:
    """Those of the open scope that are in force, the newest first."""
    found = list(_in_force(ToldLock.objects.all(), time.time() if now is None else now)[:MOST])
    orders = _orders_about(found)
    together: dict[tuple[int, str, str], list[ToldLock]] = {}
    for each in found:
        together.setdefault((each.client_id, each.scope, each.name), []).append(each)
    return [_locked(each, orders) for each in together.values()]


def locks_everywhere() -> list[Locked]:
    """The same of all clients."""
    with scopes_disabled():  # The provider's own view.
        return locks_of_client()


def find_lock(pk: int) -> ToldLock | None:
    """One of the open scope."""
    return ToldLock.objects.filter(pk=pk).first()


def unlock(lock: ToldLock, *, was_us: bool, deletes_mail: bool, by: Actor) -> None:
    """Have all nodes let the account send again; what they hold is delivered, or deleted.

    Raises `Impossible` for one that is not in force, or where what was wanted is to be deleted.
    """
    same = ToldLock.objects.filter(client=lock.client_id, scope=lock.scope, name=lock.name)
    if was_us and deletes_mail:
        raise Impossible("what was wanted is not deleted")
    with change(by=by) as act:
        found = {(each.node, each.lock_id) for each in _kept_still(same, time.time())}
        if not found:
            raise Impossible("it is not locked any more")
        body = UnlockOrder(was_us=was_us, deletes_mail=deletes_mail)
        for node, lock_id in sorted(found | _not_told_back({one for _, one in found})):
            give_order(act, lock.client, node, OrderKind.UNLOCK, lock_id, body)
        after = {"scope": lock.scope, "name": lock.name, "was_us": was_us, "deletes_mail": deletes_mail}
        act.record("lock.unlock-ordered", lock, client_id=lock.client_id, after=after)


def spread_locks(now: float) -> int:
    """Order what one node has locked to all others, once each; how many orders. A job of the provider's.

    Whoever has stolen an account sends through the node that has not noticed.
    """
    with scopes_disabled(), change(by=_BY) as act:  # Locks of all clients.
        wanted = list(itertools.islice(_unheard(now), AT_ONCE))
        for lock, node in wanted:
            lives_s = min(LIVES_S, lock.until - now) if lock.until else LIVES_S
            give_order(act, lock.client, node, OrderKind.LOCK, lock.lock_id, _as_node_has_it(lock), lives_s=lives_s)
            after = {"scope": lock.scope, "name": lock.name, "node": node}
            act.record("lock.spread-ordered", lock, client_id=lock.client_id, after=after)
        return len(wanted)


def spread_ends(now: float) -> int:
    """Order what was unlocked at one node's command line to all others, once each; how many orders. A job of the provider's."""
    count = 0
    with scopes_disabled(), change(by=_BY) as act:  # Locks of all clients.
        lifted = ToldLock.objects.filter(is_lifted_by_hand=True, lifted_at__gt=now - LIVES_S)
        # The newest first: those that were ordered already stay in the way of none.
        for each in lifted.select_related("client").order_by("-lifted_at")[:AT_ONCE]:
            body = UnlockOrder(was_us=not each.times)
            wanted = sorted(_left(each, now))
            for node, lock_id in wanted:
                give_order(act, each.client, node, OrderKind.UNLOCK, lock_id, body)
            if wanted:
                after = {"scope": each.scope, "name": each.name, "node": each.node}
                act.record("lock.end-spread-ordered", each, client_id=each.client_id, after=after)
            count += len(wanted)
        return count


def _left(lifted: ToldLock, now: float) -> set[tuple[str, str]]:
    """Nodes at which the same had been locked before, with their locks, which nobody has ordered to be unlocked."""
    same = ToldLock.objects.filter(client=lifted.client_id, scope=lifted.scope, name=lifted.name)
    found = {(each.node, each.lock_id) for each in _kept_still(same.filter(since__lte=lifted.lifted_at), now)}
    found |= _not_told_back({lifted.lock_id})
    orders = NodeOrder.objects.filter(kind=OrderKind.UNLOCK, target__in={lock_id for _, lock_id in found})
    return found.difference(orders.values_list("node", "target"))


def sort_locks() -> int:
    """Put new locks into cases, one open for each client; how many. A job of the provider's."""
    with scopes_disabled(), change(by=_BY) as act:  # Locks of all clients.
        rows = (
            ToldLock.objects.select_for_update(of=("self",)).filter(is_sorted=False, origin="").select_related("client")
        )
        fresh = list(rows[:AT_ONCE])
        for each in fresh:
            case = case_of(each.client, CaseKind.EMISSION, by=_BY)
            CaseNote.objects.create(case=case, by=str(_BY), at=act.at, text=_evidence(each))
            Case.objects.filter(pk=case.pk).update(moved_at=act.at)
            ToldLock.objects.filter(pk=each.pk).update(is_sorted=True)
        return len(fresh)


def _unheard(now: float) -> Iterator[tuple[ToldLock, str]]:
    """Locks in force, and nodes that were never told of them."""
    locks = list(_kept_still(ToldLock.objects.filter(origin=""), now))
    ids = {each.lock_id for each in locks}
    orders = NodeOrder.objects.filter(target__in=ids).order_by()
    heard = set(ToldLock.objects.filter(lock_id__in=ids).values_list("lock_id", "node"))
    heard.update(orders.filter(kind=OrderKind.LOCK).values_list("target", "node"))
    ending = set(orders.filter(kind=OrderKind.UNLOCK).values_list("target", flat=True))
    nodes = list(ToldReport.objects.values_list("node", flat=True))
    pairs = itertools.product((each for each in locks if each.lock_id not in ending), nodes)
    return (pair for pair in pairs if (pair[0].lock_id, pair[1]) not in heard)


def _not_told_back(lock_ids: set[str]) -> set[tuple[str, str]]:
    """Nodes that were told of these locks and have not said yet how they stand; each hears of the end after the beginning."""
    orders = NodeOrder.objects.filter(kind=OrderKind.LOCK, target__in=lock_ids).exclude(outcome=Outcome.FAILED)
    told = ToldLock.objects.filter(lock_id__in=lock_ids).values_list("node", "lock_id")
    return set(orders.values_list("node", "target")).difference(told)


def _as_node_has_it(lock: ToldLock) -> Lock:
    scope, cause, client = LockScope(lock.scope), LockCause(lock.cause), lock.client.name
    return Lock(
        lock.lock_id,
        scope,
        client,
        lock.name,
        cause,
        lock.since,
        lock.until,
        reason=lock.reason,
        times=lock.times,
        origin=lock.node,
    )


def _orders_about(locks: list[ToldLock]) -> dict[tuple[str, str], NodeOrder]:
    """The last order to unlock each, by node and lock."""
    rows = NodeOrder.objects.filter(kind=OrderKind.UNLOCK, target__in=[each.lock_id for each in locks])
    return {(each.node, each.target): each for each in rows.order_by("ordered_at", "id")}


def _locked(locks: list[ToldLock], orders: dict[tuple[str, str], NodeOrder]) -> Locked:
    found = [orders.get((each.node, each.lock_id)) for each in locks]
    given = [each for each in found if each is not None]
    last = min(given, key=lambda each: each.answered_at is not None) if len(given) == len(found) else None
    return Locked(locks[0], tuple(sorted({each.node for each in locks})), last)


def _evidence(lock: ToldLock) -> str:
    """Numbers and domains: who it was stands with the lock, which goes with its client."""
    return f"lock {lock.lock_id} at {lock.node}: {lock.scope}, {lock.cause}; {lock.reason}"


def _in_force(rows: QuerySet[ToldLock], now: float) -> QuerySet[ToldLock]:
    """At nodes that report: one that was forgotten hears no order, and tells of its locks itself should it come back."""
    there = rows.filter(node__in=ToldReport.objects.values("node"))
    return there.filter(Q(until=0) | Q(until__gt=now), lifted_at=0).select_related("client")


def _kept_still(rows: QuerySet[ToldLock], now: float) -> QuerySet[ToldLock]:
    """The same within a change: who unlocks and who spreads wait for each other, so that no lock follows its end."""
    return _in_force(rows, now).select_for_update(of=("self",))


def forget_old(now: float) -> None:
    """Locks that ended a month ago. A job of the provider's."""
    before = now - 30 * 86_400.0
    with scopes_disabled():  # As above.
        ToldLock.objects.filter(Q(lifted_at__gt=0, lifted_at__lt=before) | Q(until__gt=0, until__lt=before)).delete()
