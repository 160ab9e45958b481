"""What nodes are given is what was published, in the order of commits, late ones included (design 3)."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django_scopes import scope

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.lmdb import policies as store
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.control.audit.change import change
from ecluse.control.policies import services as lists
from ecluse.control.policies.models import ListKind, PolicyChange, PublishedObject
from ecluse.control.tenants import services
from ecluse.domain.address import Address
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.publication import Batch, Kind
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database():
    opened = Database(url())
    yield opened
    opened.close()


@pytest.fixture
def publications(database):
    return ControlPublications(database)


def url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite://{Path(name).resolve()}"
    host, user = (settings.DATABASES["default"][part] for part in ("HOST", "USER"))
    return f"postgresql://{user}@/{name}?host={host}"


def follow(publications, path):
    """What the agent does at each look."""
    position = store.position(path)
    batch = None if position is None else publications.after(position)
    if batch is None:
        with publications.everything() as (position, everything):
            store.replace_all(path, position, everything)
    elif batch.publications:
        store.apply(path, batch)


@pytest.fixture
def one():
    owner = client("One")
    with scope(client=owner):
        yield owner


def test_a_new_node_gets_everything_and_then_what_changes(publications, one, tmp_path):
    domain = services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    ann = services.add_address(domain, "ann", by=ADMIN)
    follow(publications, tmp_path)
    node = LmdbPolicies(tmp_path)
    assert node.has_policy
    assert node.domain("one.example").routes == (ROUTE,)
    assert node.has_address(Address("ANN", "one.example"))
    services.add_address(domain, "bob", by=ADMIN)
    services.remove_address(ann, by=ADMIN)
    follow(publications, tmp_path)
    assert node.has_address(Address("bob", "one.example"))
    assert not node.has_address(Address("ann", "one.example"))
    services.remove_domain(domain, by=ADMIN)
    follow(publications, tmp_path)
    assert node.domain("one.example") is None
    assert not node.has_address(Address("bob", "one.example"))


def test_a_list_is_replaced_as_a_whole(publications, tmp_path):
    one = client("A name as long as names may be ".ljust(200, "x"))
    with scope(client=one):
        _fill_and_empty_a_list(publications, one, tmp_path)


def _fill_and_empty_a_list(publications, one, tmp_path):
    services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    long = "x" * 310 + ".example"  # With its owner more than LMDB takes as a key.
    for pattern in ("bad.example", "192.0.2.0/24", long):
        lists.list_sender(one, ListKind.BLOCK, pattern, pattern, by=ADMIN)
    follow(publications, tmp_path)
    node = LmdbPolicies(tmp_path)
    policy, bob = node.domain("one.example"), Address("bob", "one.example")

    def hits(sender, ip="198.51.100.1"):
        return [hit.entry for hit in node.list_hits(policy, bob, Address("x", sender), ip)]

    assert hits("bad.example", "192.0.2.9") == ["bad.example", "192.0.2.0/24"]
    assert hits(long) == [long]
    for row in lists.ListEntry.objects.exclude(pattern="bad.example"):
        lists.unlist(row, by=ADMIN)
    follow(publications, tmp_path)
    assert hits("bad.example", "192.0.2.9") == ["bad.example"]
    assert hits(long) == []
    lists.unlist(lists.ListEntry.objects.get(), by=ADMIN)
    follow(publications, tmp_path)
    assert hits("bad.example", "192.0.2.9") == []


def test_many_changes_come_in_batches(publications, one, tmp_path, monkeypatch):
    monkeypatch.setattr("ecluse.adapters.controldb.publications.MOST", 10)
    follow(publications, tmp_path)
    domain = services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    with change(by=ADMIN):
        for number in range(25):
            services.add_address(domain, f"user{number}", by=ADMIN)
    positions = []
    while (batch := publications.after(store.position(tmp_path))).publications:
        store.apply(tmp_path, batch)
        positions.append(batch.position)
    assert positions == [10, 20, 26]
    assert LmdbPolicies(tmp_path).has_address(Address("user24", "one.example"))


def test_a_node_that_is_too_far_behind_or_ahead_takes_everything(publications, one):
    services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    services.add_domain(one, "two.example", [ROUTE], by=ADMIN)
    assert publications.after(2) == Batch(2, ())
    assert publications.after(3) is None
    PolicyChange.objects.filter(position=1).delete()
    assert publications.after(0) is None
    assert publications.after(1).position == 2


def test_nothing_was_ever_published_is_a_position_too(publications, tmp_path):
    assert publications.after(0) == Batch(0, ())
    follow(publications, tmp_path)
    assert store.position(tmp_path) == 0


def test_what_a_former_release_passed_over_is_taken_after_an_upgrade(publications, one, tmp_path, monkeypatch):
    services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    with monkeypatch.context() as former:
        former.setattr(store, "_OUR_KINDS", "wonder", raising=False)
        former.setattr("ecluse.adapters.controldb.publications._known", lambda *_: ())
        follow(publications, tmp_path)
        assert store.position(tmp_path) == 1
    follow(publications, tmp_path)
    assert LmdbPolicies(tmp_path).domain("one.example").routes == (ROUTE,)
    assert store.position(tmp_path) == 1


def test_what_a_later_release_publishes_is_passed_over(publications, one):
    services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    PublishedObject.objects.create(kind="wonder", key="x", version=2, body=b"")
    PolicyChange.objects.create(position=2, kind="wonder", key="x", at=PolicyChange.objects.get().at)
    batch = publications.after(0)
    assert (batch.position, [one.kind for one in batch.publications]) == (2, [Kind.DOMAIN])
    with publications.everything() as (position, everything):
        assert (position, len(list(everything))) == (2, 1)


def test_a_commit_that_comes_late_is_never_skipped(publications, one):
    """Two clients' changes overlap; whoever asks between the commits sees no position before which something is missing."""
    two = client("Two")
    has_written, may_commit = threading.Event(), threading.Event()
    slow = threading.Thread(target=_change_slowly, args=(one, has_written, may_commit))
    slow.start()
    assert has_written.wait(60)
    seen = []
    if connection.vendor == "postgresql":  # On SQLite there is one writer at a time.
        with scope(client=two):
            services.add_domain(two, "fast.example", [ROUTE], by=ADMIN)
    assert slow.is_alive()
    seen += [publications.after(0)]
    may_commit.set()
    slow.join(10)
    seen += [publications.after(seen[0].position)]
    names = [one.key for batch in seen for one in batch.publications]
    assert sorted(names) == (
        ["fast.example", "slow.example"] if connection.vendor == "postgresql" else ["slow.example"]
    )


def _change_slowly(one, has_written, may_commit):
    try:
        with scope(client=one), change(by=OPERATOR):
            services.add_domain(one, "slow.example", [ROUTE], by=OPERATOR)
            has_written.set()
            may_commit.wait(60)
    finally:
        connections.close_all()


def test_a_database_that_is_away_is_unavailable_and_comes_back(one, tmp_path):
    away = ControlPublications(Database(f"sqlite://{tmp_path}/nowhere/control.sqlite"))
    with pytest.raises(Unavailable):
        away.after(0)
    gone = ControlPublications(Database(f"postgresql:///x?host={tmp_path}&user=nobody"))
    began = time.monotonic()
    with pytest.raises(Unavailable):
        gone.after(0)
    assert time.monotonic() - began < 10


def test_an_unknown_kind_of_database_is_said_without_its_password():
    with pytest.raises(Impossible) as raised:
        Database("mysql://user:secret@host/x")
    assert "secret" not in str(raised.value)
