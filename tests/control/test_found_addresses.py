"""Addresses that a client's own server has confirmed wait for the client's word, and fill no list by themselves."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scope

from ecluse.adapters.controldb import told_found
from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.told_found import ControlToldFound
from ecluse.control.audit.models import Entry
from ecluse.control.directories.found import (
    DISMISSED_KEPT_S,
    KEPT_AFTER_END,
    KEPT_S,
    dismiss,
    forget_found,
    found_addresses,
    take_over,
)
from ecluse.control.directories.models import FoundAddress as Row
from ecluse.control.tenants import services
from ecluse.control.tenants.models import Address, Recipients
from ecluse.domain.found_address import FoundAddress
from ecluse.domain.policy import Route, ServiceState
from tests.control.cast import ADMIN, OPERATOR, ROUTE, client
from tests.control.following import WITHIN_S, following, fresh_domain, in_thread, served
from tests.control.test_publications import url
from tests.journeys.node import NEXT_HOP_PORT
from tests.journeys.sender import MAIL, message

pytestmark = pytest.mark.django_db(transaction=True)
NOW, DAY_S = time.time(), 86_400.0
NO = "550 5.1.1 no such user"


@pytest.fixture
def node():
    database = Database(url())
    yield ControlToldFound(database)
    database.close()


@pytest.fixture
def one():
    """Its domain's server is asked; it has carl on its list."""
    made = client()
    with scope(client=made):
        domain = services.add_domain(made, "one.example", [ROUTE], by=ADMIN)
        services.set_recipients(domain, Recipients.VERIFIED, by=ADMIN)
        services.add_address(domain, "Carl", by=ADMIN)
        services.add_domain(made, "listed.example", [ROUTE], by=ADMIN)
        claim = services.claim_domain(made, "claimed.example", [ROUTE], by=ADMIN)
        services.set_recipients(claim, Recipients.VERIFIED, by=ADMIN)
    return made


def of(*names, client="One", at=NOW):
    return [FoundAddress(client, name if "@" in name else f"{name}@one.example", at) for name in names]


def waiting(whose, **wanted):
    with scope(client=whose):
        return [row.address for row in found_addresses(**wanted)]


def test_what_a_node_tells_waits_once_where_the_domain_asks_and_the_list_has_it_not(one, node):
    client("Two")
    node.tell(of("x" * 400))  # Which fits in no list.
    node.tell(of("ann", "carl", "bob@listed.example", "bob@claimed.example", "bob@nobodys.example"))
    node.tell(of("ann", at=NOW + 5) + of("eve", client="Two") + of("eve", client="Nobody"))
    assert waiting(one) == ["ann@one.example"]
    assert waiting(one, search="bob") == []


def test_a_client_gets_so_many_a_day_and_so_many_in_all(one, node, monkeypatch):
    monkeypatch.setattr(told_found, "MOST_A_DAY", 3)
    monkeypatch.setattr(told_found, "MOST", 5)
    for day in range(3):
        node.tell(of(*(f"u{day}{number}" for number in range(4)), at=NOW + day * DAY_S))
    assert waiting(one) == [f"{name}@one.example" for name in ("u00", "u01", "u02", "u10", "u11")]


def test_they_are_taken_over_as_mailboxes_or_as_aliases_and_whoever_is_listed_keeps_what_he_has(one, node):
    node.tell(of("ann", "bob", "info", "dora"))
    with scope(client=one):
        rows = {row.local: row for row in found_addresses()}
        services.add_address(rows["dora"].domain, "dora", name="Dora Lee", by=ADMIN)  # Meanwhile, by somebody else.
        assert take_over(one, [rows["ann"], rows["dora"]], by=ADMIN) == 1
        assert take_over(one, [rows["info"]], are_aliases=True, by=ADMIN) == 1
        listed = {each.key.partition("@")[0]: (each.name, each.is_alias) for each in Address.objects.all()}
    assert listed == {"carl": ("", False), "ann": ("", False), "dora": ("Dora Lee", False), "info": ("", True)}
    assert waiting(one) == ["bob@one.example"]
    acts = Entry.objects.filter(action="found-addresses.taken-over").order_by("number")
    assert [each.after for each in acts] == [{"addresses": 1, "aliases": False}, {"addresses": 1, "aliases": True}]


def test_what_was_dismissed_is_shown_no_more_also_when_mail_comes_for_it(one, node):
    node.tell(of("ann", "bob"))
    with scope(client=one):
        rows = list(found_addresses(search="bob"))
        assert [dismiss(one, rows, by=ADMIN), dismiss(one, found_addresses(are_dismissed=True), by=ADMIN)] == [1, 0]
    node.tell(of("bob", at=NOW + 2 * DAY_S))
    assert (waiting(one), waiting(one, are_dismissed=True)) == (["ann@one.example"], ["bob@one.example"])
    assert Entry.objects.get(action="found-addresses.dismissed").after == {"addresses": 1}


def test_each_goes_in_its_time(one, node):
    now = time.time()
    node.tell(of("ann", "bob", "dora", at=now))
    with scope(client=one):
        dismiss(one, found_addresses(search="bob"), by=ADMIN)
        services.add_address(one.domains.get(name="one.example"), "dora", by=ADMIN)

    def left(after_s):
        forget_found(datetime.fromtimestamp(now + after_s, UTC))
        with scope(client=one):
            return [row.address.partition("@")[0] for row in Row.objects.all()]

    assert left(KEPT_S - 60) == ["ann", "bob"]
    assert left(KEPT_S + 60) == ["bob"]
    assert left(DISMISSED_KEPT_S - 60) == ["bob"]
    assert left(DISMISSED_KEPT_S + 60) == []


def test_nothing_is_left_of_a_client_that_is_gone(one, node):
    node.tell(of("ann"))
    with scope(client=one):
        services.set_state(one, ServiceState.ENDED, by=OPERATOR)
    for days, expected in ((-1, ["ann@one.example"]), (1, [])):
        forget_found(datetime.now(UTC) + KEPT_AFTER_END + timedelta(days=days))
        assert waiting(one) == expected


@pytest.fixture
def asked():
    """Two domains of one client: at the one its server knows ann alone, at the other it takes everybody."""
    knows, takes_all = fresh_domain(), fresh_domain()
    with served(knows) as row:
        services.set_recipients(row, Recipients.VERIFIED, by=ADMIN)
        hop = Route(takes_all.hosts[0], NEXT_HOP_PORT)
        other = services.add_domain(row.client, takes_all.name, [hop], by=ADMIN)
        services.set_recipients(other, Recipients.VERIFIED, by=ADMIN)
    return knows, takes_all, row.client


@pytest.mark.asyncio
async def test_from_mail_at_a_real_node_to_the_clients_list(asked, tmp_path):
    knows, takes_all, owner = asked
    names = ("ann", "ann+news", "bob", "carl", "postmaster")
    says = {"RCPT": NO} | {f"RCPT {name}@{knows.name}": "250 2.1.5 ok" for name in names}
    with following(tmp_path, {"control": {"database": url()}}) as node:
        async with knows.next_hop(says) as hop, takes_all.next_hop():
            to_all = (takes_all.ann, takes_all.eve, f"ann+news@{knows.name}", knows.ann, knows.bob)
            for address in to_all[:3]:
                assert (await node.send([address], message()))[-1].code == 250
            async with node.sender() as sender:  # Who tries names, and sends nothing.
                await sender.greeted()
                tried = await sender.pipeline(MAIL, *(f"RCPT TO:<{each}>" for each in (knows.eve, knows.carl)))
                assert [reply.code for reply in tried] == [250, 550, 250]
            for address in to_all[3:]:  # What comes after the others is told after them.
                assert (await node.send([address], message()))[-1].code == 250
                found = await until_waiting(owner, address)
            assert {each.recipients for each in hop.taken} == {(each,) for each in to_all[2:]}
    assert found == [knows.ann, knows.bob]


async def until_waiting(owner, address):
    """All that wait, once this one does."""
    deadline = time.monotonic() + WITHIN_S
    while address not in (found := await in_thread(waiting, owner)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found
