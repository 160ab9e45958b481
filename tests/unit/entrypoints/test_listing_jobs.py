"""The addresses from which a node sends are looked for on its DNS lists; a list that lies or is silent says nothing."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from ecluse.domain.dns import DnsStatus
from ecluse.domain.dnsbl import DnsList, ListKind, Meaning, ReturnCode
from ecluse.entrypoints.listing_jobs import ListingWatch, own_addresses
from ecluse.entrypoints.settings_tables import Outbound
from ecluse.entrypoints.source_tables import OutboundSources, SourceTable
from ecluse.filtering.panel import Panel
from ecluse.mta import metrics
from ecluse.wire.notations import DomainName, IpAddress
from tests.unit.filtering.names import Names

OURS = "192.0.2.9"
CODES = (
    ReturnCode("127.0.0.2", "spam"),
    ReturnCode("127.0.0.10", "dial-up", meaning=Meaning.POLICY),
    ReturnCode("127.0.0.20", "well known", meaning=Meaning.GOOD),
)
LIST = DnsList("ips", "bl.example", frozenset({ListKind.IP}), "Maker", CODES)
CANARY, QUESTION = ("2.0.0.127.bl.example", "A"), ("9.2.0.192.bl.example", "A")
LISTED = ("sending address listed", OURS, "ips")
GONE = ("sending address no longer listed", OURS, "ips")


@pytest.fixture
def names():
    return Names({CANARY: ("127.0.0.2",)})


@pytest.fixture
def watch(names):
    yield ListingWatch(Panel((LIST,), names), names, (OURS, "198.51.100.1"))
    metrics.OWN_LISTINGS.clear()


async def said(watch):
    with capture_logs() as logged:
        await watch.look()
    return [(one["event"], one["address"], one["list"]) for one in logged]


def told():
    return {tuple(one.labels.values()): one.value for one in metrics.OWN_LISTINGS.collect()[0].samples}


async def test_a_listing_is_said_once_and_so_is_its_end(watch, names):
    assert await said(watch) == []
    names.records[QUESTION] = ("127.0.0.2",)
    assert [await said(watch), await said(watch)] == [[LISTED], []]
    assert told() == {(OURS, "ips"): 1.0}
    del names.records[QUESTION]
    assert await said(watch) == [GONE]
    assert told() == {(OURS, "ips"): 0.0}


@pytest.mark.parametrize(("code", "counts"), [("127.0.0.10", True), ("127.0.0.20", False), ("127.255.255.254", False)])
async def test_only_what_harms_our_mail_counts(watch, names, code, counts):
    names.records[QUESTION] = (code,)
    assert bool(await said(watch)) is counts


async def test_a_list_that_names_everybody_or_is_dead_is_not_believed(watch, names):
    names.records |= {QUESTION: ("127.0.0.2",), ("1.0.0.127.bl.example", "A"): ("127.0.0.2",)}
    assert await said(watch) == []
    del names.records[CANARY]
    assert await said(watch) == []


def test_addresses_of_pools_are_looked_for_too():
    pool = (SourceTable(address=IpAddress("192.0.2.10"), hostname=DomainName("out1.example.net")),)
    outbound = Outbound(addresses=(IpAddress(OURS), IpAddress("192.0.2.10")), sources=OutboundSources(good=pool))
    assert own_addresses(outbound) == (OURS, "192.0.2.10")
    assert own_addresses(Outbound()) == ()


async def test_what_a_silent_list_said_last_stays(watch, names):
    names.records[QUESTION] = ("127.0.0.2",)
    await watch.look()
    names.records[CANARY] = DnsStatus.TIMEOUT
    assert await said(watch) == []
    assert told() == {(OURS, "ips"): 1.0}
