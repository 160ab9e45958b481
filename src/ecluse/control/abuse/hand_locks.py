"""Whoever works on a case stops outbound mail at once: of an account, an address, or the client, at every node (3-9, 3-12, 16-2)."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_address

from django_scopes import scope

from ecluse.control.abuse.models import Case, CaseNote, ToldLock
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail.orders import give_order
from ecluse.control.operation.models import ToldReport
from ecluse.domain.errors import Impossible
from ecluse.domain.ids import new_id
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.order import OrderKind

MAX_NAME = 320
MAX_REASON = 300


def lock_for(case: Case, scope_: LockScope, name: str, reason: str, *, by: Actor) -> str:
    """Order the lock to all nodes, until somebody unlocks it; its id. The client is told as of every lock.

    `name`: the account, or the IP address; for the client it is not looked at. Raises `Impossible` where the case is about no
    client, something is missing, the same is locked so already, or no node reports.
    """
    if case.client is None:
        raise Impossible("the case is about no client")
    named, reason = _named(scope_, name), reason.strip()[:MAX_REASON]
    if not reason:
        raise Impossible("who is locked is told why")
    with scope(client=case.client), change(by=by) as act:
        same = ToldLock.objects.filter(scope=scope_, name=named, lifted_at=0, until=0)
        if same.exists():
            raise Impossible("it is locked already")
        nodes = list(ToldReport.objects.order_by("-heard_at", "node").values_list("node", flat=True))
        if not nodes:
            raise Impossible("no node reports")
        lock = Lock(new_id(), scope_, case.client.name, named, LockCause.PERSON, time.time(), reason=reason, by=str(by))
        for node in nodes:
            give_order(act, case.client, node, OrderKind.LOCK, lock.id, _as_heard_by(node, nodes[0], lock))
        CaseNote.objects.create(case=case, by=by.name, at=act.at, text=f"stopped: {scope_}, lock {lock.id}; {reason}")
        Case.objects.filter(pk=case.pk).update(moved_at=act.at)
        # The client, who sees no cases, reads this entry.
        act.record("lock.ordered", case.client, client_id=case.client_id, after={"scope": scope_, "name": named})
    return lock.id


def _as_heard_by(node: str, first: str, lock: Lock) -> Lock:
    """The node that was heard last has locked it, as far as the others know: people are told once, by what it tells."""
    return replace(lock, origin="" if node == first else first)


def _named(scope_: LockScope, name: str) -> str:
    """Raises `Impossible`."""
    name = name.strip().casefold()
    if scope_ is LockScope.CLIENT:
        return ""
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Impossible("whose mail is stopped")
    if scope_ is LockScope.ACCOUNT:
        return name
    try:
        return str(ip_address(name))
    except ValueError:
        raise Impossible("no IP address") from None
