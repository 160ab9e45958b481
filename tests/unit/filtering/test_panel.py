from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.dns import DnsStatus
from ecluse.domain.dnsbl import DnsList, Listing, ListingFacts, ListKind, Meaning, ReturnCode
from ecluse.filtering import panel as panel_module
from ecluse.filtering.panel import MAX_SILENCES, Panel, Standing
from tests.unit.filtering.names import Names

LIST = DnsList("ips", "bl.example", frozenset({ListKind.IP}), "Maker", (ReturnCode("127.0.0.2", "spam", 2),))
NAMES = DnsList(
    "names",
    "dom.example",
    frozenset({ListKind.SENDER_DOMAIN, ListKind.BODY_DOMAIN}),
    "Maker",
    listed_canary="test",
    unlisted_canary="invalid",
)
WELL = {
    ("2.0.0.127.bl.example", "A"): ("127.0.0.2",),
    ("9.2.0.192.bl.example", "A"): ("127.0.0.2",),
    ("test.dom.example", "A"): ("127.0.0.2",),
    ("bad.test.dom.example", "A"): ("127.0.0.5",),
}
BAD_IP, GOOD_IP = (ListKind.IP, "192.0.2.9"), (ListKind.IP, "192.0.2.1")
NOW = 1_756_720_800.0


class Everything(Names):
    """A list that says "listed" to everybody."""

    async def ask(self, name, kind):
        self.records[name, kind] = ("127.0.0.2",)
        return await super().ask(name, kind)


async def panel_of(names: Names, *lists: DnsList, clock=lambda: NOW) -> Panel:
    panel = Panel(lists or (LIST,), names, clock)
    await panel.try_canaries()
    return panel


def troubles(panel: Panel) -> list[str]:
    return [standing.trouble for standing in panel.standings]


async def test_a_listing_says_who_lists_what_when_and_why():
    names = Names(WELL)
    facts = await (await panel_of(names)).listings([BAD_IP], names)
    expected = Listing("ips", "Maker", ListKind.IP, "192.0.2.9", "127.0.0.2", "spam", 2, Meaning.BAD, NOW)
    assert facts == ListingFacts((expected,), asked=("ips",))


async def test_not_listed_is_an_answer():
    names = Names(WELL)
    assert await (await panel_of(names)).listings([GOOD_IP], names) == ListingFacts((), asked=("ips",))


async def test_each_list_is_asked_only_about_its_kinds():
    names = Names(WELL)
    panel = await panel_of(names, LIST, NAMES)
    names.asked.clear()
    facts = await panel.listings([BAD_IP, (ListKind.BODY_DOMAIN, "bad.test"), (ListKind.HELO, "bad.test")], names)
    assert [(one.list, one.target, one.code) for one in facts.listings] == [
        ("ips", "192.0.2.9", "127.0.0.2"),
        ("names", "bad.test", "127.0.0.5"),
    ]
    assert set(names.asked) == {"9.2.0.192.bl.example", "bad.test.dom.example"}
    assert panel.has(ListKind.BODY_DOMAIN)
    assert not panel.has(ListKind.HELO)


async def test_a_list_is_not_believed_before_its_canaries_have_sung():
    names = Names(WELL)
    panel = Panel((LIST,), names, lambda: NOW)
    assert await panel.listings([BAD_IP], names) == ListingFacts(silent=("ips",))
    assert not names.asked


@pytest.mark.parametrize(
    ("records", "trouble"),
    [
        ({}, "empty"),
        ({("2.0.0.127.bl.example", "A"): DnsStatus.TIMEOUT}, "silent"),
        ({("2.0.0.127.bl.example", "A"): ("127.255.255.254",)}, "error"),
        ({("2.0.0.127.bl.example", "A"): ("192.0.2.80",)}, "lying"),
        ({**WELL, ("1.0.0.127.bl.example", "A"): ("127.0.0.2",)}, "lists everything"),
        ({**WELL, ("1.0.0.127.bl.example", "A"): DnsStatus.SERVFAIL}, "silent"),
    ],
)
async def test_a_list_whose_canaries_are_not_well_is_out(records, trouble):
    names = Names(records)
    panel = await panel_of(names)
    assert troubles(panel) == [trouble]
    assert await panel.listings([BAD_IP], names) == ListingFacts(silent=("ips",))


async def test_a_list_that_lists_everything_is_found_even_where_a_cache_knows_its_canaries():
    """The third canary is new each time: no resolver on the way has its answer."""
    names = Everything({**WELL})
    names.records["1.0.0.127.bl.example", "A"] = DnsStatus.NXDOMAIN
    assert troubles(await panel_of(names)) == ["lists everything"]
    assert len(names.asked) == 3


async def test_a_list_comes_back_when_it_is_well():
    names = Names({})
    panel = await panel_of(names)
    names.records = dict(WELL)
    await panel.try_canaries()
    assert troubles(panel) == [""]
    assert len((await panel.listings([BAD_IP], names)).listings) == 1


@pytest.mark.parametrize("answer", [("127.255.255.254",), ("192.0.2.80",)])
async def test_an_answer_that_breaks_the_rules_takes_the_list_out_at_once(answer):
    names = Names({**WELL, ("1.2.0.192.bl.example", "A"): answer})
    panel = await panel_of(names)
    assert await panel.listings([GOOD_IP], names) == ListingFacts(silent=("ips",))
    assert await panel.listings([BAD_IP], names) == ListingFacts(silent=("ips",))


async def test_nobody_waits_for_a_list_that_has_fallen_silent():
    names = Names({**WELL, ("1.2.0.192.bl.example", "A"): DnsStatus.TIMEOUT})
    panel = await panel_of(names)
    for _ in range(MAX_SILENCES - 1):
        await panel.listings([GOOD_IP], names)
    assert troubles(panel) == [""]
    await panel.listings([GOOD_IP], names)
    assert troubles(panel) == ["silent"]


async def test_a_message_that_has_used_up_its_budget_is_no_fault_of_the_list():
    names = Names(WELL)
    panel = await panel_of(names)
    spent = Names({("1.2.0.192.bl.example", "A"): DnsStatus.BUDGET})
    for _ in range(MAX_SILENCES + 1):
        assert (await panel.listings([GOOD_IP], spent)).silent == ("ips",)
    assert troubles(panel) == [""]


async def test_a_quota_ends_with_the_day():
    names, times = Names(WELL), [NOW]
    panel = await panel_of(names, replace(LIST, quota_per_day=2), clock=lambda: times[-1])
    facts = [await panel.listings([BAD_IP], names) for _ in range(3)]
    assert [len(one.listings) for one in facts] == [1, 1, 0]
    assert facts[-1].silent == ("ips",)
    assert panel.standings == (Standing("ips", "", 2),)
    times.append(NOW + 86_400)
    assert (await panel.listings([BAD_IP], names)).listings


async def test_private_addresses_are_asked_about_nowhere():
    names = Names(WELL)
    panel = await panel_of(names)
    names.asked.clear()
    assert await panel.listings([(ListKind.IP, "10.0.0.1")], names) == ListingFacts()
    assert not names.asked


async def test_the_canaries_are_tried_at_start_and_then_within_a_minute(monkeypatch):
    slept = []

    class Enough(Exception):
        pass

    async def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            raise Enough

    monkeypatch.setattr(panel_module.asyncio, "sleep", sleep)
    names = Names(WELL)
    with pytest.raises(Enough):
        await Panel((LIST,), names).watch()
    assert names.asked["2.0.0.127.bl.example"] == 3
    # A look-up's own deadline of 5 s comes on top.
    assert max(slept) + 5 < 60
