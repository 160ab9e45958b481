from __future__ import annotations

import asyncio

import pytest

from ecluse.domain.dnsbl import DnsList, ListKind
from ecluse.domain.evidence import ReverseState
from ecluse.domain.peer import Peer
from ecluse.filtering import peer_lookups as module
from ecluse.filtering.panel import Panel
from ecluse.filtering.peer_lookups import PeerLookups, settled
from tests.unit.filtering.names import Names

LIST = DnsList("ips", "bl.example", frozenset({ListKind.IP}), "Maker")
PEER = Peer("192.0.2.9", 25, "mail.example")
RECORDS = {
    ("2.0.0.127.bl.example", "A"): ("127.0.0.2",),
    ("9.2.0.192.bl.example", "A"): ("127.0.0.2",),
    ("9.2.0.192.in-addr.arpa", "PTR"): ("mail.example",),
    ("mail.example", "A"): ("192.0.2.9",),
}


async def lookups(names: Names) -> PeerLookups:
    panel = Panel((LIST,), names)
    await panel.try_canaries()
    names.asked.clear()
    return PeerLookups(names, panel)


async def test_the_answers_are_there_before_anybody_asks_for_them():
    names = Names(RECORDS)
    peers = await lookups(names)
    answers = peers.start(PEER)
    for _ in range(10):
        await asyncio.sleep(0)
    assert answers.reverse.done()
    assert answers.listings.done()
    assert (await settled(answers.reverse)).state is ReverseState.CONFIRMED
    assert [one.list for one in (await settled(answers.listings)).listings] == ["ips"]


async def test_connections_of_one_address_share_the_answers():
    names = Names(RECORDS)
    peers = await lookups(names)
    answers = peers.start(PEER)
    await settled(answers.listings)
    assert peers.start(Peer("192.0.2.9", 9, "other.example")) is answers
    assert names.asked["9.2.0.192.bl.example"] == 1


async def test_answers_grow_old(monkeypatch):
    peers = await lookups(Names(RECORDS))
    answers = peers.start(PEER)
    monkeypatch.setattr(module, "KEPT_S", 0.0)
    assert peers.start(PEER) is not answers
    await peers.close()


async def test_addresses_make_room_for_others(monkeypatch):
    monkeypatch.setattr(module, "MAX_PEERS", 2)
    peers = await lookups(Names(RECORDS))
    first = peers.start(PEER)
    for number in (1, 2):
        peers.start(Peer(f"192.0.2.{number}"))
    assert peers.start(PEER) is not first
    await peers.close()


async def test_a_peer_without_address_is_not_asked_about():
    assert (await lookups(Names(RECORDS))).start(Peer("")) is None


async def test_who_stops_waiting_does_not_stop_the_others():
    peers = await lookups(Names(RECORDS, delay_s=0.02))
    answers = peers.start(PEER)
    impatient = asyncio.create_task(settled(answers.reverse))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await settled(answers.reverse)).confirmed_name == "mail.example"


async def test_closing_ends_what_is_under_way():
    peers = await lookups(Names(RECORDS, delay_s=5))
    answers = peers.start(PEER)
    await peers.close()
    with pytest.raises(asyncio.CancelledError):
        await settled(answers.reverse)
