"""The panel, our resolver and a real list server together."""

from __future__ import annotations

from dataclasses import replace

from ecluse.domain.dnsbl import DnsList, ListKind, Meaning, ReturnCode, corrupted
from ecluse.filtering.panel import Panel
from tests.contract.dnsbl.conftest import ALL, IPS, NOBODY

FIRST = DnsList(
    "first",
    "ips.test",
    frozenset({ListKind.IP}),
    "First",
    (
        ReturnCode("127.0.0.2", "spam", 2),
        ReturnCode("127.0.0.4", "exploited", 3),
        ReturnCode("127.0.0.10", "dial-up", 1, Meaning.POLICY),
    ),
)
SECOND = DnsList("second", "second.test", frozenset({ListKind.IP}), "Second")
THIRD = DnsList("third", "third.test", frozenset({ListKind.IP}), "Third")
NAMES = DnsList(
    "names",
    "domains.test",
    frozenset({ListKind.BODY_DOMAIN}),
    "Names",
    (ReturnCode("8", "phishing", 3), ReturnCode("64", "spam", 2)),
    is_bit_mask=True,
    listed_canary="test",
    unlisted_canary="invalid",
)
IP = (ListKind.IP, "192.0.2.9")


async def panel_of(resolver, *lists):
    panel = Panel(lists or (FIRST,), resolver)
    await panel.try_canaries()
    return panel


async def test_listings_come_with_code_and_meaning(resolver):
    panel = await panel_of(resolver, FIRST, NAMES)
    facts = await panel.listings(
        [IP, (ListKind.IP, "192.0.2.200"), (ListKind.IP, "192.0.2.1"), (ListKind.BODY_DOMAIN, "bad.example")], resolver
    )
    assert [(one.target, one.code, one.text) for one in facts.listings] == [
        ("192.0.2.9", "127.0.0.4", "exploited"),
        ("192.0.2.200", "127.0.0.10", "dial-up"),
        ("bad.example", "8", "phishing"),
        ("bad.example", "64", "spam"),
    ]
    assert facts.asked == ("first", "names")


async def test_three_publishers_prove_corruption(resolver):
    panel = await panel_of(resolver, FIRST, SECOND, THIRD)
    assert corrupted((await panel.listings([IP], resolver)).listings) == ("192.0.2.9",)


async def test_a_list_that_lists_everything_is_out_until_it_is_well(resolver, rbldnsd):
    panel = await panel_of(resolver)
    rbldnsd.change("ips", ALL)
    await panel.try_canaries()
    assert panel.standings[0].trouble == "lists everything"
    assert (await panel.listings([IP], resolver)).listings == ()
    rbldnsd.change("ips", IPS)
    await panel.try_canaries()
    assert len((await panel.listings([IP], resolver)).listings) == 1


async def test_a_list_that_was_emptied_is_out(resolver, rbldnsd):
    panel = await panel_of(resolver)
    rbldnsd.change("ips", NOBODY)
    await panel.try_canaries()
    assert panel.standings[0].trouble == "empty"


async def test_a_list_that_died_is_out_and_comes_back(resolver, rbldnsd):
    panel = await panel_of(resolver)
    rbldnsd.stop()
    await panel.try_canaries()
    assert panel.standings[0].trouble == "silent"
    rbldnsd.start()
    await panel.try_canaries()
    assert panel.standings[0].trouble == ""


async def test_a_list_of_another_zone_is_refused(resolver):
    panel = await panel_of(resolver, replace(FIRST, zone="elsewhere.test"))
    assert panel.standings[0].trouble == "silent"
