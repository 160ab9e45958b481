"""`ecluse locks`, and what is queued of those who are locked (3-12)."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.entrypoints.lock_jobs import LockKeeper
from tests.unit.entrypoints.cli.conftest import QUEUED

ANN = Lock("019b", LockScope.ACCOUNT, "A", "ann@a.example", LockCause.BURST, 0.0, until=1e12, reason="11 alike")
OTHER, ELSEWHERE, FOREIGN = (f"019a000000017000800000000000000{number}" for number in (2, 3, 4))


@pytest.fixture
def locks(run, data):
    yield lambda verb, *arguments, **more: run("locks", verb, "--data-dir", data.paths.root, *arguments, **more)
    close_all()


def stored(data):
    return list(LmdbLocks(data.paths.locks).all())


def queue_of_ann(data, **more):
    data.queue(direction=Direction.OUTBOUND, client="A", account="ann@a.example", **more)


@contextmanager
def under_way(data):
    """Somebody else has the message in hand, as while it is attempted."""
    spool = FolderSpool(data.paths.spool, reserve_bytes=0)
    with spool.lock(QUEUED.id):
        yield
    spool.close()


def look(data, keeper=None, now=None):
    """What is held after one look, and the keeper."""
    spool = FolderSpool(data.paths.spool, reserve_bytes=0)
    keeper = keeper or LockKeeper(LmdbLocks(data.paths.locks), spool, data.paths)
    keeper.spool = spool
    asyncio.run(keeper.look(time.time() if now is None else now))
    held = {one.id for one in spool.messages() if one.is_held}
    spool.close()
    return held, keeper


def test_a_look_makes_no_folder(locks, data):
    assert locks("list", "--json").json == []
    assert not data.paths.locks.exists()


def test_an_account_is_locked_and_unlocked(locks, data):
    locks("lock", "A", "Ann@a.example", "--reason", "stolen")
    [lock] = locks("list", "--json").json
    assert (lock["scope"], lock["name"], lock["reason"], lock["until"]) == ("account", "ann@a.example", "stolen", 0.0)
    assert "ann@a.example" in locks("list").out
    locks("unlock", lock["id"])
    assert locks("list", "--json").json == []
    [remembered] = locks("list", "--all", "--json").json
    assert not remembered["is_in_force"]


@pytest.mark.parametrize(("words", "scope"), [(("192.0.2.1", "--address"), "ip"), ((), "client")])
def test_addresses_and_clients_can_be_locked(locks, words, scope):
    locks("lock", "A", *words)
    assert [lock["scope"] for lock in locks("list", "--json").json] == [scope]


def test_who_says_that_it_was_him_gets_no_mark(locks, data):
    LmdbLocks(data.paths.locks).put(ANN)
    locks("unlock", ANN.id, "--was-us")
    assert stored(data)[0].times == 0


def test_an_unknown_lock_is_said(locks, data):
    LmdbLocks(data.paths.locks).put(ANN)
    said = locks("unlock", "nobody")
    assert (said.code, "there is no such lock" in said.err) == (1, True)


@pytest.mark.parametrize(
    ("scope", "name", "stopped"),
    [
        (LockScope.ACCOUNT, "ann@a.example", {QUEUED.id}),
        (LockScope.IP, "192.0.2.7", {QUEUED.id, OTHER}),
        (LockScope.CLIENT, "", {QUEUED.id, OTHER, ELSEWHERE}),
    ],
)
def test_what_is_queued_of_who_is_locked_is_held_and_let_go(locks, data, scope, name, stopped):
    """Issue 7, item 3: neither delivered nor lost; ELSEWHERE was queued by a release that noted no address."""
    queue_of_ann(data, ip="192.0.2.7")
    bob = {"direction": Direction.OUTBOUND, "account": "bob@a.example"}
    data.queue(id=OTHER, client="A", ip="192.0.2.7", **bob)
    data.queue(id=ELSEWHERE, client="A", **bob)
    data.queue(id=FOREIGN, client="B", ip="192.0.2.7", **bob)
    LmdbLocks(data.paths.locks).put(replace(ANN, scope=scope, name=name))
    held, keeper = look(data)
    assert held == stopped
    locks("unlock", ANN.id)
    assert look(data, keeper)[0] == set()
    assert {data.read(each).reason for each in stopped} == {"its sender was unlocked"}


def test_a_lock_that_ends_by_itself_lets_its_mail_go(locks, data):
    queue_of_ann(data)
    LmdbLocks(data.paths.locks).put(replace(ANN, until=1_000.0))
    held, keeper = look(data, now=999.0)
    assert held == {QUEUED.id}
    assert look(data, keeper, now=1_001.0)[0] == set()


def test_an_agent_that_starts_anew_lets_go_what_a_former_lock_holds(locks, data):
    queue_of_ann(data)
    LmdbLocks(data.paths.locks).put(replace(ANN, until=1_000.0))
    look(data, now=999.0)
    assert look(data, now=1_001.0)[0] == set()


def test_what_a_person_holds_stays_held(locks, data):
    queue_of_ann(data, is_held=True)
    LmdbLocks(data.paths.locks).put(replace(ANN, until=1_000.0))
    _, keeper = look(data, now=999.0)
    assert look(data, keeper, now=1_001.0)[0] == {QUEUED.id}


def test_what_a_lock_holds_can_be_deleted_with_it(locks, data):
    queue_of_ann(data)
    LmdbLocks(data.paths.locks).put(ANN)
    look(data)
    assert "1 messages deleted" in locks("unlock", ANN.id, "--delete").out
    spool = FolderSpool(data.paths.spool, reserve_bytes=0)
    assert list(spool.messages()) == []
    [event] = read_events(data.paths.journal)
    assert {one.fate for one in event.recipients} == {Ending.DELETED}


def test_what_a_replaced_lock_holds_is_let_go_with_the_last(locks, data):
    queue_of_ann(data)
    store = LmdbLocks(data.paths.locks)
    store.put(ANN)
    _, keeper = look(data)
    store.put(replace(ANN, id="019c"))
    assert look(data, keeper)[0] == {QUEUED.id}
    locks("unlock", "019c")
    assert look(data, keeper)[0] == set()


def test_what_a_forgotten_lock_holds_is_let_go_after_a_start(locks, data):
    queue_of_ann(data)
    LmdbLocks(data.paths.locks).put(ANN)
    look(data)
    LmdbLocks(data.paths.locks).forget(ANN)
    assert look(data)[0] == set()


def test_what_a_replaced_lock_holds_is_deleted_with_the_last(locks, data):
    queue_of_ann(data)
    data.queue(id=OTHER, direction=Direction.OUTBOUND, client="A", account="ann@a.example", is_held=True)
    LmdbLocks(data.paths.locks).put(ANN)
    look(data)
    LmdbLocks(data.paths.locks).put(replace(ANN, id="019c"))
    assert "1 messages deleted" in locks("unlock", "019c", "--delete").out
    assert (data.read(), data.read(OTHER).is_held) == (None, True)


def test_what_is_being_attempted_when_its_sender_is_locked_is_held_after_the_attempt(locks, data):
    queue_of_ann(data)
    LmdbLocks(data.paths.locks).put(ANN)
    with under_way(data):
        held, keeper = look(data, now=1_000.0)
    assert held == set()
    assert look(data, keeper, now=1_010.0)[0] == {QUEUED.id}


def test_what_is_out_of_reach_when_its_lock_ends_is_let_go_later(locks, data):
    queue_of_ann(data)
    LmdbLocks(data.paths.locks).put(replace(ANN, until=1_000.0))
    _, keeper = look(data, now=999.0)
    with under_way(data):
        assert look(data, keeper, now=1_001.0)[0] == {QUEUED.id}
    assert look(data, keeper, now=1_011.0)[0] == set()


def test_what_comes_into_the_queue_long_after_the_lock_is_held(locks, data):
    """Released from quarantine, say."""
    LmdbLocks(data.paths.locks).put(ANN)
    _, keeper = look(data, now=7_200.0)
    queue_of_ann(data)
    assert look(data, keeper, now=7_260.0)[0] == {QUEUED.id}


def test_what_is_long_over_is_forgotten(locks, data):
    LmdbLocks(data.paths.locks).put(replace(ANN, until=1_000.0))
    look(data)
    assert stored(data) == []
