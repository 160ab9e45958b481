from __future__ import annotations

import pytest

from ecluse.domain.dns import DnsStatus
from ecluse.domain.evidence import ReverseState
from ecluse.filtering.reverse import MAX_NAMES, Reverse, reverse_of
from tests.unit.filtering.names import Names

IP, POINTER = "192.0.2.10", ("10.2.0.192.in-addr.arpa", "PTR")
CONFIRMED = {POINTER: ("other.example", "mail.example"), ("mail.example", "A"): ("192.0.2.9", IP)}


async def test_a_name_that_leads_back_confirms_the_address():
    expected = Reverse(ReverseState.CONFIRMED, ("other.example", "mail.example"), "mail.example")
    assert await reverse_of(IP, Names(CONFIRMED)) == expected


async def test_ipv6_addresses_have_names_too():
    pointer = "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa"
    names = Names({(pointer, "PTR"): ("six.example",), ("six.example", "AAAA"): ("2001:db8::1",)})
    assert (await reverse_of("2001:0DB8::1", names)).confirmed_name == "six.example"


@pytest.mark.parametrize("status", [DnsStatus.NXDOMAIN, DnsStatus.NO_DATA])
async def test_an_address_may_have_no_name(status):
    assert await reverse_of(IP, Names({POINTER: status})) == Reverse(ReverseState.NONE)


@pytest.mark.parametrize("status", [DnsStatus.TIMEOUT, DnsStatus.SERVFAIL, DnsStatus.BUDGET])
async def test_what_the_dns_does_not_say_is_unknown(status):
    assert await reverse_of(IP, Names({POINTER: status})) == Reverse(ReverseState.UNKNOWN)
    half = {POINTER: ("mail.example",), ("mail.example", "A"): status}
    assert await reverse_of(IP, Names(half)) == Reverse(ReverseState.UNKNOWN, ("mail.example",))


async def test_a_name_that_leads_elsewhere_confirms_nothing():
    records = {POINTER: ("mail.example",), ("mail.example", "A"): ("192.0.2.11",)}
    assert await reverse_of(IP, Names(records)) == Reverse(ReverseState.UNCONFIRMED, ("mail.example",))


async def test_an_address_with_a_thousand_names_costs_no_more_than_five():
    names = Names({POINTER: tuple(f"n{number}.example" for number in range(1_000))})
    assert (await reverse_of(IP, names)).state is ReverseState.UNCONFIRMED
    assert names.asked.total() == 1 + MAX_NAMES
