"""A locked account reaches the control plane, becomes a case, and is unlocked from there (3-11, 3-12)."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.node_reports import ControlNodeReports
from ecluse.adapters.controldb.orders import ControlOrders
from ecluse.adapters.controldb.told_locks import ControlToldLocks
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.order_ledger import OrderLedger
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.control.abuse import locks as told
from ecluse.control.abuse.cases import CaseKind, cases, open_case
from ecluse.control.abuse.hand_locks import lock_for
from ecluse.control.abuse.lock_alarms import tell_of_locks
from ecluse.control.abuse.models import ToldLock
from ecluse.control.audit.queries import entries
from ecluse.control.operation import nodes
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.node_report import NodeReport
from ecluse.domain.order import OrderAnswer, OrderKind, Outcome
from ecluse.entrypoints.lock_jobs import LockTeller
from ecluse.entrypoints.locked_mail import held_by, locking, unlocked, unlocking
from ecluse.entrypoints.order_jobs import OrderTaker
from tests.control.cast import ADMIN, OPERATOR, client
from tests.control.test_publications import url
from tests.unit.entrypoints.cli.conftest import BODY, QUEUED

pytestmark = pytest.mark.django_db(transaction=True)
NODE = "mx1.gateway.test"


@pytest.fixture
def node(tmp_path):
    """A node's locks, what tells them, and its database; it has reported."""
    database, locks = Database(url()), LmdbLocks(tmp_path / "locks")
    reports(database, NODE)
    yield SimpleNamespace(
        database=database, locks=locks, teller=LockTeller(ControlToldLocks(database, NODE), locks), folder=tmp_path
    )
    database.close()
    close_all()


def reports(database, name):
    ControlNodeReports(database, name).tell(NodeReport("1", time.time(), time.time()))


def lock(**more):
    values = {"since": time.time(), "until": time.time() + 14_400, "reason": "11 of 12 never written to"}
    return replace(Lock("019b", LockScope.ACCOUNT, "One", "ann@one.example", LockCause.BURST, 0.0), **values | more)


def seen(one):
    with scope(client=one):
        return [each.lock for each in told.locks_of_client()]


def in_force(one):
    with scope(client=one):
        return list(ToldLock.objects.filter(lifted_at=0))


def test_a_lock_is_seen_by_its_client_alone(node):
    one, two = client("One"), client("Two")
    node.locks.put(lock())
    node.locks.put(lock(id="x", client="Nobody"))
    node.teller.look()
    assert [(each.name, each.cause, each.reason) for each in seen(one)] == [
        ("ann@one.example", "burst", "11 of 12 never written to")
    ]
    assert seen(two) == []


def test_what_was_lifted_or_has_ended_is_not_shown(node):
    one = client("One")
    node.locks.put(lock())
    node.teller.look()
    node.locks.put(lock(lifted_at=time.time()))
    node.teller.look()
    assert seen(one) == []
    node.locks.put(lock(id="019c", until=time.time() - 1))
    node.teller.look()
    assert seen(one) == []


def test_a_lock_that_another_one_has_replaced_is_over(node):
    one = client("One")
    ControlToldLocks(node.database, "mx2.gateway.test").tell([lock()])
    node.locks.put(lock())
    node.teller.look()
    node.locks.put(lock(id="019c"))
    node.teller.look()
    assert {(each.node, each.lock_id) for each in in_force(one)} == {(NODE, "019c"), ("mx2.gateway.test", "019b")}


def test_what_a_node_has_lost_is_over_when_it_starts_anew(node):
    one = client("One")
    ControlToldLocks(node.database, NODE).tell([lock()])
    node.teller.look()
    assert seen(one) == []


def test_locks_of_a_client_become_one_case_with_their_evidence(node):
    client("One")
    node.locks.put(lock())
    node.locks.put(lock(id="019c", name="bob@one.example"))
    node.teller.look()
    assert told.sort_locks() == 2
    assert told.sort_locks() == 0
    [case] = cases()
    assert (case.kind, case.client.name) == (CaseKind.EMISSION, "One")
    assert sorted(note.text for note in case.notes.all()) == [
        f"lock {name} at {NODE}: account, burst; 11 of 12 never written to" for name in ("019b", "019c")
    ]


@pytest.mark.parametrize("deletes", [False, True])
def test_an_administrator_unlocks_at_the_node(node, deletes):
    one = client("One")
    node.locks.put(lock())
    node.teller.look()
    with scope(client=one):
        told.unlock(told.locks_of_client()[0].lock, was_us=not deletes, deletes_mail=deletes, by=ADMIN)
    assert entries(one.pk)[0].action == "lock.unlock-ordered"
    [order] = ControlOrders(node.database, NODE).waiting(time.time())
    spool = FolderSpool(node.folder / "spool", reserve_bytes=0)
    journal = FolderJournal(node.folder / "journal", "orders", segment_bytes=1_000_000)
    message = replace(
        QUEUED,
        direction=Direction.OUTBOUND,
        client="One",
        account="ann@one.example",
        is_held=True,
        reason=held_by(lock()),
    )
    tools = SimpleNamespace(spool=spool, journal=journal)

    async def carry_out():
        await spool.keep(message, MemoryContent(BODY))
        return await unlocking(node.locks, tools, order, False)

    answer = asyncio.run(carry_out())
    assert answer.text == ("unlocked; 1 messages deleted" if deletes else "unlocked")
    assert [each.id for each in spool.messages()] == ([] if deletes else [QUEUED.id])
    [after] = node.locks.all()
    assert (after.is_in_force(time.time()), after.times) == (False, 1 if deletes else 0)
    node.teller.look()
    assert seen(one) == []
    spool.close()
    journal.close()


def test_who_is_not_locked_any_more_is_not_unlocked(node):
    one = client("One")
    node.locks.put(lock())
    node.teller.look()
    [row] = seen(one)
    node.locks.put(lock(lifted_at=time.time()))
    node.teller.look()
    with scope(client=one), pytest.raises(Impossible):
        told.unlock(row, was_us=True, deletes_mail=False, by=ADMIN)


@pytest.fixture
def other(node, tmp_path):
    """A second node of the installation; it has reported, too."""
    name, locks = "mx2.gateway.test", LmdbLocks(tmp_path / "other")
    reports(node.database, name)
    teller = LockTeller(ControlToldLocks(node.database, name), locks)
    return SimpleNamespace(orders=ControlOrders(node.database, name), locks=locks, teller=teller)


def carry_out(at):
    """All orders about locks that wait for a node, in their order."""
    acts = {OrderKind.LOCK: locking, OrderKind.UNLOCK: unlocking}
    for order in at.orders.waiting(time.time()):
        try:
            answer = asyncio.run(acts[order.kind](at.locks, None, order, False))
        except Impossible as problem:  # A lock that another one made needless here is not there to be ended.
            answer = OrderAnswer(Outcome.FAILED, str(problem))
        at.orders.answer(order.id, answer, time.time())


def spread():
    return told.spread_locks(time.time())


def test_a_lock_at_one_node_reaches_the_other(node, other):
    one = client("One")
    node.locks.put(lock())
    node.teller.look()
    assert (spread(), spread()) == (1, 0)
    entry = entries(one.pk)[0]
    assert (entry.action, entry.after["node"]) == ("lock.spread-ordered", "mx2.gateway.test")
    carry_out(other)
    assert list(other.locks.all()) == [replace(*node.locks.all(), origin=NODE)]
    other.teller.look()
    assert spread() == 0
    with scope(client=one):
        [locked] = told.locks_of_client()
    assert locked.nodes == (NODE, "mx2.gateway.test")
    # People hear of it once.
    assert told.sort_locks() == 1


def test_a_lock_that_is_unlocked_while_it_is_spread_ends_there_too(node, other, monkeypatch):
    one = client("One")
    node.locks.put(lock())
    node.teller.look()
    [row] = seen(one)
    unlocking_now = threading.Thread(target=_unlock, args=(one, row))

    def give_slowly(*args, **more):
        monkeypatch.undo()
        told.give_order(*args, **more)
        unlocking_now.start()
        unlocking_now.join(1)  # It waits for us, or was too early.

    monkeypatch.setattr(told, "give_order", give_slowly)
    assert spread() == 1
    unlocking_now.join()
    carry_out(other)
    assert [each.is_in_force(time.time()) for each in other.locks.all()] == [False]


def _unlock(one, row):
    with scope(client=one):
        told.unlock(row, was_us=True, deletes_mail=False, by=ADMIN)
    connection.close()


def test_a_lock_at_a_node_that_was_forgotten_is_over_until_the_node_comes_back(node, other):
    one = client("One")
    for each in (node, other):
        each.locks.put(lock())
        each.teller.look()
    later = timezone.now() + timedelta(hours=1)
    nodes.forget_node(nodes.find_node("mx2.gateway.test", later), by=OPERATOR)
    with scope(client=one):
        [locked] = told.locks_of_client()
        told.unlock(locked.lock, was_us=True, deletes_mail=False, by=ADMIN)
    assert (locked.nodes, other.orders.waiting(time.time())) == ((NODE,), ())
    carry_out(SimpleNamespace(orders=ControlOrders(node.database, NODE), locks=node.locks))
    node.teller.look()
    assert seen(one) == []
    reports(node.database, "mx2.gateway.test")
    assert [each.node for each in seen(one)] == ["mx2.gateway.test"]


def test_one_act_unlocks_at_all_nodes_also_where_another_lock_was_first(node, other):
    one = client("One")
    node.locks.put(lock())
    other.locks.put(lock(id="019c"))
    for each in (node, other):
        each.teller.look()
    spread()
    carry_out(other)
    [kept] = other.locks.all()
    assert kept.id == "019c"
    with scope(client=one):
        told.unlock(told.locks_of_client()[0].lock, was_us=True, deletes_mail=False, by=ADMIN)
    carry_out(SimpleNamespace(orders=ControlOrders(node.database, NODE), locks=node.locks))
    carry_out(other)
    for each in (node, other):
        each.teller.look()
        assert not any(lock.is_in_force(time.time()) for lock in each.locks.all())
    assert seen(one) == []


def test_a_node_that_hears_late_of_a_lock_hears_of_its_end_as_well(node, other):
    one = client("One")
    node.locks.put(lock())
    node.teller.look()
    spread()
    with scope(client=one):
        told.unlock(told.locks_of_client()[0].lock, was_us=True, deletes_mail=False, by=ADMIN)
    assert spread() == 0
    carry_out(other)
    [ended] = other.locks.all()
    assert ended.lifted_at


def test_a_lock_that_a_node_puts_off_is_not_overtaken_by_its_end(node, other, monkeypatch):
    one = client("One")
    node.locks.put(lock())
    node.teller.look()
    spread()
    [row] = seen(one)
    acts = {OrderKind.LOCK: partial(locking, other.locks), OrderKind.UNLOCK: partial(unlocking, other.locks)}
    taker = OrderTaker(other.orders, OrderLedger(node.folder / "orders"), None, acts)
    with monkeypatch.context() as patch:
        patch.setattr(other.locks, "add", _away)
        asyncio.run(taker.look())
        _unlock(one, row)
        asyncio.run(taker.look())
        assert len(other.orders.waiting(time.time())) == 2
        # Now both are due in one look, and the first is put off again.
        patch.setattr("ecluse.entrypoints.order_jobs.AGAIN_AFTER_S", 0.0)
        taker = OrderTaker(other.orders, OrderLedger(node.folder / "orders"), None, acts)
        asyncio.run(taker.look())
    asyncio.run(taker.look())
    assert other.orders.waiting(time.time()) == ()
    [ended] = other.locks.all()
    assert ended.lifted_at


def _away(*_):
    raise Unavailable("no room for locks")


def test_a_lock_that_was_lifted_is_not_revived_by_its_order(node, other):
    client("One")
    node.locks.put(lock())
    node.teller.look()
    spread()
    other.locks.put(lock(lifted_at=time.time(), origin=NODE))
    carry_out(other)
    assert [each.is_in_force(time.time()) for each in other.locks.all()] == [False]


def test_what_is_unlocked_at_a_nodes_command_line_ends_at_all_nodes(node, other):
    """Also where the other has a lock of its own from before; not where one has come since."""
    one = client("One")
    other.locks.put(lock(id="019a", since=time.time() - 10))
    node.locks.put(lock())
    for each in (node, other):
        each.teller.look()
    assert told.spread_ends(time.time()) == 0
    unlocked(node.locks, "019b", was_us=True, now=time.time(), by_hand=True)
    node.teller.look()
    assert (told.spread_ends(time.time()), told.spread_ends(time.time())) == (1, 0)
    assert entries(one.pk)[0].action == "lock.end-spread-ordered"
    carry_out(other)
    [ended] = other.locks.all()
    assert (ended.id, ended.was_wanted, ended.is_in_force(time.time())) == ("019a", True, False)
    other.teller.look()
    assert spread() == 0
    other.locks.put(lock(id="019c", since=time.time() + 1))
    other.teller.look()
    assert told.spread_ends(time.time()) == 0


def test_many_ends_of_the_week_keep_the_next_one_from_no_node(node, other, monkeypatch):
    monkeypatch.setattr(told, "AT_ONCE", 1)
    client("One")
    locked = [
        lock(id=f"01{name}", name=f"{name}@one.example", since=time.time() - age_s)
        for name, age_s in (("a", 5), ("b", 9))
    ]
    for one in locked:
        node.locks.put(one)
        other.locks.put(replace(one, id=f"{one.id}other"))
    for one in locked:
        unlocked(node.locks, one.id, was_us=True, now=time.time(), by_hand=True)
        for each in (node, other):
            each.teller.look()
        assert told.spread_ends(time.time()) == 1


def test_what_has_ended_is_not_spread(node, other):
    client("One")
    node.locks.put(lock(until=time.time() - 1))
    node.locks.put(lock(id="019c", name="bob@one.example", lifted_at=time.time()))
    node.teller.look()
    assert spread() == 0


def test_a_lock_of_its_own_that_is_over_or_ends_sooner_keeps_no_node_open(node, other):
    client("One")
    now = time.time()
    other.locks.put(lock(id="019c", since=now - 3_600, until=now + 60))
    other.locks.put(lock(id="019d", name="bob@one.example", since=now - 60, until=now - 1))
    node.locks.put(lock())
    node.locks.put(lock(id="019e", name="bob@one.example", since=now - 30))
    node.teller.look()
    spread()
    carry_out(other)
    assert {each.id for each in other.locks.all()} == {"019b", "019e"}


def test_whoever_works_on_a_case_stops_an_account_at_every_node_and_the_client_is_told_once(node):
    one, other = client("One"), "mx2.gateway.test"
    reports(node.database, other)
    reports(node.database, NODE)  # Heard last.
    with pytest.raises(Impossible, match="no client"):
        lock_for(open_case(None, CaseKind.OTHER, "x", by=OPERATOR), LockScope.CLIENT, "", "x", by=OPERATOR)
    case = open_case(one, CaseKind.EMISSION, "ann", by=OPERATOR)
    for name, why in (("", "why"), ("ann@one.example", " ")):
        with pytest.raises(Impossible):
            lock_for(case, LockScope.ACCOUNT, name, why, by=OPERATOR)
    with pytest.raises(Impossible, match="IP address"):
        lock_for(case, LockScope.IP, "ann", "why", by=OPERATOR)
    lock_id = lock_for(case, LockScope.ACCOUNT, "Ann@one.example", "Her password was stolen.", by=OPERATOR)
    locks_of = {NODE: node.locks, other: LmdbLocks(node.folder / "others")}
    for name, locks in locks_of.items():
        orders = ControlOrders(node.database, name)
        [order] = orders.waiting(time.time())
        answer = asyncio.run(locking(locks, SimpleNamespace(), order, False))
        assert (order.kind, answer.outcome) == (OrderKind.LOCK, Outcome.DONE)
        orders.answer(order.id, answer, time.time())
        LockTeller(ControlToldLocks(node.database, name), locks).look()
        [kept] = locks.all()
        assert (kept.id, kept.name, kept.is_in_force(time.time())) == (lock_id, "ann@one.example", True)
    assert told.spread_locks(time.time()) == 0  # All of them have heard.
    assert [(each.name, each.cause) for each in seen(one)] == [("ann@one.example", LockCause.PERSON)]
    letters = []
    tell_of_locks(time.time(), letters.append, "abuse@provider.example")
    assert [(each.recipient, each.count) for each in letters] == [("abuse@provider.example", 1)]
    assert (told.sort_locks(), case.notes.count()) == (1, 2)  # That it was ordered, and what a node tells.
    with pytest.raises(Impossible, match="already"):
        lock_for(case, LockScope.ACCOUNT, "ann@one.example", "again", by=OPERATOR)
    [entry] = [each for each in entries(one.pk) if each.action == "lock.ordered"]
    assert "case" not in f"{entry.subject} {entry.after}"  # Clients see no cases.
