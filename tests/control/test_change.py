"""A change happens whole or not at all, is recorded in the order of commits, and publishes what it touched."""

from __future__ import annotations

import msgspec
import pytest
from django_scopes import ScopeError, scope

from ecluse.control.audit.change import change
from ecluse.control.audit.models import Entry
from ecluse.control.audit.queries import head
from ecluse.control.policies import services as lists
from ecluse.control.policies.models import ListKind, PolicyChange, PublishedObject
from ecluse.control.policies.queries import wishes
from ecluse.control.tenants import services
from ecluse.control.tenants.models import Address, Domain
from ecluse.domain.address import Address as Mailbox
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import Policy, ServiceState
from ecluse.domain.published import ListEntry
from ecluse.wire.wishes import read_wishes
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client

pytestmark = pytest.mark.django_db


def published(kind, key, shape):
    body = PublishedObject.objects.get(kind=kind, key=key).body
    return None if body is None else msgspec.msgpack.decode(bytes(body), type=shape)


def test_a_domain_with_its_addresses_and_lists_is_published():
    one = client()
    with scope(client=one):
        domain = services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
        ann = services.add_address(domain, "Ann", name="Ann Miller", by=ADMIN)
        lists.list_sender(one, ListKind.BLOCK, "bad.example", "bad.example", by=ADMIN)
        lists.list_sender(one, ListKind.ALLOW, "x@bad.example", "x@bad.example", address=ann, by=ADMIN)
    assert published("domain", "one.example", Policy) == Policy("One", "one.example", (ROUTE,))
    assert published("address", "ann@one.example", Mailbox) == Mailbox("Ann", "one.example")
    assert published("list", "client/One", tuple[ListEntry, ...]) == (
        ListEntry("client", "One", "block", "bad.example", "bad.example"),
    )
    assert [entry.kind for entry in published("list", "user/ann@one.example", tuple[ListEntry, ...])] == ["allow"]
    assert [row.position for row in PolicyChange.objects.all()] == [1, 2, 3, 4]


def test_what_goes_is_published_as_gone_with_all_that_hung_on_it():
    one = client()
    with scope(client=one):
        domain = services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
        ann = services.add_address(domain, "ann", by=ADMIN)
        lists.list_sender(one, ListKind.ALLOW, "x@y.example", "x@y.example", address=ann, by=ADMIN)
        services.remove_domain(domain, by=ADMIN)
    assert {row.body for row in PublishedObject.objects.all()} == {None}
    assert list(PolicyChange.objects.values_list("kind", flat=True)) == [
        "domain", "address", "list", "address", "list", "domain",
    ]  # fmt: skip


def test_what_is_published_as_before_is_no_change():
    one = client()
    with scope(client=one):
        domain = services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
        services.set_routes(domain, [ROUTE], by=ADMIN)
    assert PolicyChange.objects.count() == 1
    assert Entry.objects.count() == 3


def test_a_client_that_is_suspended_is_published_with_all_its_domains():
    one = client()
    with scope(client=one):
        for name in ("a.example", "b.example"):
            services.add_domain(one, name, [ROUTE], by=ADMIN)
        services.set_state(one, ServiceState.SUSPENDED, by=OPERATOR)
    for name in ("a.example", "b.example"):
        policy = published("domain", name, Policy)
        assert policy.state is ServiceState.SUSPENDED
        assert policy.state_since > 0


def test_what_a_client_wishes_of_its_filter_is_published_with_all_its_domains():
    one, two = client("One"), client("Two")
    for owner, names in ((one, ("a.example", "b.example")), (two, ("c.example",))):
        with scope(client=owner):
            for name in names:
                services.add_domain(owner, name, [ROUTE], by=ADMIN)
    asked = {"refuse_at": 9.5, "weights": {"EICAR": 30.0}, "extra_banned_suffixes": [".ZIP"], "log_subjects": True}
    with scope(client=one):
        lists.set_wishes(one, read_wishes(asked), by=ADMIN)
        assert wishes() == read_wishes(asked)
        entry = Entry.objects.get(action="wishes.set")
        assert (entry.before, entry.after) == ({}, {**asked, "extra_banned_suffixes": ["zip"]})
        count = PolicyChange.objects.count()
        lists.set_wishes(one, read_wishes(asked), by=ADMIN)
        assert PolicyChange.objects.count() == count
    for name in ("a.example", "b.example"):
        policy = published("domain", name, Policy)
        assert (policy.refuse_at, policy.weights, policy.logs_subjects) == (9.5, {"EICAR": 30.0}, True)
        assert policy.banned_suffixes == Policy("x", "x", ()).banned_suffixes | {"zip"}
    assert published("domain", "c.example", Policy).refuse_at == Policy("x", "x", ()).refuse_at


@pytest.mark.parametrize(
    "asked", [{"refuse_at": 0}, {"refuse_for": 3}, {"trusted_sealers": ["no domain"]}, {"unscannable": "x"}]
)
def test_wishes_that_cannot_be_meant_are_not_read(asked):
    with pytest.raises(msgspec.ValidationError):
        read_wishes(asked)


def test_wishes_name_findings_that_exist():
    one = client()
    with scope(client=one), pytest.raises(Impossible):
        lists.set_wishes(one, read_wishes({"weights": {"NO_SUCH": 1.0}}), by=ADMIN)
    assert not Entry.objects.filter(action="wishes.set")


def test_a_change_that_fails_leaves_nothing():
    one = client()
    before = head()
    with pytest.raises(ZeroDivisionError), scope(client=one):
        _fail_after_adding_a_domain(one)
    assert head() == before
    assert PublishedObject.objects.count() == 0
    with scope(client=one):
        assert Domain.objects.count() == 0


def _fail_after_adding_a_domain(one):
    with change(by=ADMIN):
        services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
        raise ZeroDivisionError


def test_a_change_within_a_change_is_part_of_it():
    with change(by=OPERATOR) as outer:
        one = services.create_client("One", by=ADMIN)
        outer.record("test.done", one, client_id=one.pk)
        assert Entry.objects.count() == 0
    assert list(Entry.objects.values_list("actor_name", "action")) == [
        (OPERATOR.name, "client.created"),
        (OPERATOR.name, "test.done"),
    ]


def test_nothing_is_read_without_a_scope_and_nothing_of_another_client():
    one, two = client("One"), client("Two")
    with scope(client=one):
        services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    with pytest.raises(ScopeError):
        Domain.objects.count()
    with scope(client=two):
        assert Domain.objects.count() == 0


@pytest.mark.parametrize("bulk", [False, True])
def test_nothing_is_written_into_another_client(bulk):
    one, two = client("One"), client("Two")
    with scope(client=one):
        domain = services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    row = Address(client=one, domain=domain, local="eve", key="eve@one.example")
    with scope(client=two), pytest.raises(ScopeError):
        Address.objects.bulk_create([row]) if bulk else row.save()
    with pytest.raises(ScopeError):
        row.save()


def test_entries_say_who_did_what_from_where():
    one = client()
    with scope(client=one):
        domain = services.add_domain(one, "one.example", [ROUTE], by=ADMIN)
    entry = Entry.objects.get(action="domain.added")
    assert (entry.actor_kind, entry.actor_name, entry.actor_id, entry.ip) == ("person", ADMIN.name, 1, "192.0.2.1")
    assert (entry.client_id, entry.subject) == (one.pk, f"domain:{domain.pk}")
    assert entry.after == {"name": "one.example", "recipients": "listed", "routes": ["192.0.2.30:25"]}
