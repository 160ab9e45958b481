"""Locked accounts of clients: seen by their administrators, who unlock them; a case for the provider's people (3-9 to 3-12)."""

from __future__ import annotations

import time

from django.db.models import Q, QuerySet
from django_scopes import scopes_disabled

from ecluse.control.abuse.cases import open_case
from ecluse.control.abuse.models import Case, CaseKind, CaseNote, CaseState, ToldLock
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.mail.models import NodeOrder
from ecluse.control.mail.orders import give_order, state_of
from ecluse.domain.errors import Impossible
from ecluse.domain.order import OrderKind, UnlockOrder

__all__ = ["ToldLock", "state_of"]

MOST = 200
AT_ONCE = 100
_BY = Actor(ActorKind.JOB, "locks")


def locks_of_client(*, now: float | None = None) -> list[ToldLock]:
    """Those of the open scope that are in force, the newest first."""
    return list(_in_force(ToldLock.objects.all(), time.time() if now is None else now)[:MOST])


def find_lock(pk: int) -> ToldLock | None:
    """One of the open scope."""
    return ToldLock.objects.filter(pk=pk).first()


def orders_about(locks: list[ToldLock]) -> dict[str, NodeOrder]:
    """The last order to unlock each, by the lock's id."""
    rows = NodeOrder.objects.filter(kind=OrderKind.UNLOCK, target__in=[each.lock_id for each in locks])
    return {each.target: each for each in rows.order_by("ordered_at", "id")}


def unlock(lock: ToldLock, *, was_us: bool, deletes_mail: bool, by: Actor) -> NodeOrder:
    """Have its node let the account send again; what it holds is delivered, or deleted.

    Raises `Impossible` for one that is not in force, or where what was wanted is to be deleted.
    """
    if not _in_force(ToldLock.objects.filter(pk=lock.pk), time.time()).exists():
        raise Impossible("it is not locked any more")
    if was_us and deletes_mail:
        raise Impossible("what was wanted is not deleted")
    with change(by=by) as act:
        body = UnlockOrder(was_us=was_us, deletes_mail=deletes_mail)
        row = give_order(act, lock.client, lock.node, OrderKind.UNLOCK, lock.lock_id, body)
        after = {"scope": lock.scope, "name": lock.name, "was_us": was_us, "deletes_mail": deletes_mail}
        act.record("lock.unlock-ordered", row, client_id=lock.client_id, after=after)
        return row


def sort_locks() -> int:
    """Put new locks into cases, one open for each client; how many. A job of the provider's."""
    with scopes_disabled(), change(by=_BY) as act:  # Locks of all clients.
        rows = ToldLock.objects.select_for_update(of=("self",)).filter(is_sorted=False).select_related("client")
        fresh = list(rows[:AT_ONCE])
        for each in fresh:
            case = _case_for(each)
            CaseNote.objects.create(case=case, by=str(_BY), at=act.at, text=_evidence(each))
            Case.objects.filter(pk=case.pk).update(moved_at=act.at)
            ToldLock.objects.filter(pk=each.pk).update(is_sorted=True)
        return len(fresh)


def _case_for(lock: ToldLock) -> Case:
    fitting = Case.objects.filter(client=lock.client, kind=CaseKind.EMISSION, state=CaseState.OPEN)
    return fitting.first() or open_case(lock.client, CaseKind.EMISSION, lock.client.name, by=_BY)


def _evidence(lock: ToldLock) -> str:
    """Numbers and domains: who it was stands with the lock, which goes with its client."""
    return f"lock {lock.lock_id} at {lock.node}: {lock.scope}, {lock.cause}; {lock.reason}"


def _in_force(rows: QuerySet[ToldLock], now: float) -> QuerySet[ToldLock]:
    return rows.filter(Q(until=0) | Q(until__gt=now), lifted_at=0).select_related("client")


def forget_old(now: float) -> None:
    """Locks that ended a month ago. A job of the provider's."""
    before = now - 30 * 86_400.0
    with scopes_disabled():  # As above.
        ToldLock.objects.filter(Q(lifted_at__gt=0, lifted_at__lt=before) | Q(until__gt=0, until__lt=before)).delete()
