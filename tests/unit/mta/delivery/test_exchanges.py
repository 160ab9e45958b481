"""Which servers take a domain's mail, as its name servers say it (RFC 5321 section 5.1, RFC 7505)."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.mta.delivery.exchanges import (
    LOOP,
    MAX_ADDRESSES,
    MAX_HOSTS,
    NO_DOMAIN,
    NO_LITERAL,
    NO_SERVER,
    NULL_MX,
    UNANSWERED,
    UNREACHABLE,
    Exchanges,
    Families,
    NoExchange,
)

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Names:
    """A resolver that knows what it is told, and counts."""

    def __init__(self, **records):
        self.records = {
            (name.replace("_", "."), kind): Answer(DnsStatus.OK, tuple(found), is_authenticated=kind.endswith("!"))
            for name, kinds in records.items()
            for kind, found in kinds.items()
        }
        self.statuses = {}
        self.asked = []

    async def ask(self, name, kind):
        self.asked.append((name, kind))
        if name in self.statuses:
            return Answer(self.statuses[name])
        proven = self.records.get((name, f"{kind}!"))
        status = DnsStatus.NO_DATA if any(known == name for known, _ in self.records) else DnsStatus.NXDOMAIN
        return proven or self.records.get((name, kind), Answer(status))


def exchanges(names, **more):
    return Exchanges(names, frozenset({"gateway.test"}), shuffle=lambda records: None, **more)


async def found(names, domain="d.test", *, is_ours=False, **more):
    return [(one.host, one.address) for one in await exchanges(names, **more).of(domain, is_ours=is_ours)]


async def refused(names, domain="d.test", **more):
    with pytest.raises(NoExchange) as caught:
        await exchanges(names, **more).of(domain)
    return caught.value.reply


async def test_the_preferred_host_comes_first_and_its_ipv6_address_before_the_other():
    names = Names(
        d_test={"MX": [Mx(20, "b.test"), Mx(10, "a.test")]},
        a_test={"A": ["192.0.46.1"], "AAAA": ["2a00::1"]},
        b_test={"A": ["192.0.46.2"]},
    )
    assert await found(names) == [("a.test", "2a00::1"), ("a.test", "192.0.46.1"), ("b.test", "192.0.46.2")]


@pytest.mark.parametrize(
    ("families", "wanted"),
    [
        (Families.BOTH, ["2a00::1", "192.0.46.1"]),
        (Families.PREFER_IPV4, ["192.0.46.1", "2a00::1"]),
        (Families.IPV4, ["192.0.46.1"]),
        (Families.IPV6, ["2a00::1"]),
    ],
)
async def test_the_policy_says_which_kinds_of_addresses(families, wanted):
    names = Names(d_test={"MX": [Mx(10, "a.test")]}, a_test={"A": ["192.0.46.1"], "AAAA": ["2a00::1"]})
    assert [address for _, address in await found(names, families=families)] == wanted


async def test_hosts_of_one_preference_are_shuffled():
    names = Names(
        d_test={"MX": [Mx(10, "a.test"), Mx(10, "b.test")]}, a_test={"A": ["192.0.46.1"]}, b_test={"A": ["192.0.46.2"]}
    )
    turned = Exchanges(names, frozenset(), shuffle=lambda records: records.reverse())
    assert [one.host for one in await turned.of("d.test")] == ["b.test", "a.test"]


async def test_without_an_mx_record_the_domain_itself_is_meant():
    assert await found(Names(d_test={"A": ["192.0.46.1"]})) == [("d.test", "192.0.46.1")]


async def test_a_host_is_never_asked_where_there_is_an_mx_record():
    names = Names(d_test={"MX": [Mx(10, "gone.test")], "A": ["192.0.46.1"]})
    assert await refused(names) == NO_SERVER


async def test_a_null_mx_takes_no_mail():
    assert await refused(Names(d_test={"MX": [Mx(0, "")], "A": ["192.0.46.1"]})) == NULL_MX


async def test_a_null_mx_beside_others_is_none():
    assert await found(Names(d_test={"MX": [Mx(0, ""), Mx(10, "a.test")]}, a_test={"A": ["192.0.46.1"]})) == [
        ("a.test", "192.0.46.1")
    ]


async def test_a_domain_that_does_not_exist_bounces():
    assert await refused(Names()) == NO_DOMAIN


@pytest.mark.parametrize("status", [DnsStatus.SERVFAIL, DnsStatus.TIMEOUT, DnsStatus.REFUSED])
@pytest.mark.parametrize("name", ["d.test", "a.test"])
async def test_name_servers_in_trouble_defer(status, name):
    names = Names(d_test={"MX": [Mx(10, "a.test")]}, a_test={"A": ["192.0.46.1"]})
    names.statuses[name] = status
    assert await refused(names) == UNANSWERED


async def test_one_host_without_an_answer_does_not_keep_mail_from_the_other():
    names = Names(d_test={"MX": [Mx(10, "a.test"), Mx(20, "b.test")]}, b_test={"A": ["192.0.46.2"]})
    names.statuses["a.test"] = DnsStatus.SERVFAIL
    assert await found(names) == [("b.test", "192.0.46.2")]


async def test_where_we_stand_among_them_only_preferred_hosts_are_tried():
    names = Names(
        d_test={"MX": [Mx(10, "a.test"), Mx(20, "gateway.test"), Mx(20, "b.test"), Mx(30, "c.test")]},
        **{f"{each}_test": {"A": ["192.0.46.1"]} for each in "abc"},
    )
    assert [host for host, _ in await found(names)] == ["a.test"]


async def test_mail_that_would_come_back_bounces_unless_we_are_the_gateway_of_its_domain():
    names = Names(d_test={"MX": [Mx(10, "gateway.test"), Mx(20, "b.test")]}, gateway_test={"A": ["192.0.46.1"]})
    assert await refused(names) == LOOP
    assert await found(names, is_ours=True) == [("gateway.test", "192.0.46.1")]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1", "0.0.0.0"])
async def test_a_recipients_domain_never_leads_into_our_own_network(address):
    names = Names(d_test={"MX": [Mx(10, "a.test")]}, a_test={"A": [address]})
    assert await refused(names) == UNREACHABLE
    assert await refused(names, f"[{address}]") == NO_LITERAL


async def test_a_network_that_is_configured_may_be_connected_to():
    names = Names(d_test={"MX": [Mx(10, "a.test")]}, a_test={"A": ["127.0.0.9"]})
    assert await found(names, networks=LOOPBACK) == [("a.test", "127.0.0.9")]
    assert await found(names, "[127.0.0.9]", networks=LOOPBACK) == [("127.0.0.9", "127.0.0.9")]
    assert await found(names, "[ipv6:::1]", networks=LOOPBACK) == [("::1", "::1")]


@pytest.mark.parametrize("literal", ["[]", "[x-tag:content]", "[ipv6:]", "[300.1.1.1]", "["])
async def test_what_is_no_address_in_brackets_bounces(literal):
    assert await refused(Names(), literal) == NO_LITERAL


async def test_a_domain_with_many_hosts_costs_few_look_ups_and_attempts():
    many = {f"h{number}_test": {"A": [f"192.0.46.{number % 250}"]} for number in range(300)}
    names = Names(d_test={"MX": [Mx(10, f"h{number}.test") for number in range(300)]}, **many)
    assert len(await found(names)) <= MAX_ADDRESSES
    assert len(names.asked) <= 1 + 2 * MAX_HOSTS


async def test_what_dnssec_proves_is_known_of_each_exchange():
    names = Names(
        d_test={"MX!": [Mx(10, "a.test"), Mx(20, "b.test")]},
        a_test={"A!": ["192.0.46.1"]},
        b_test={"A": ["192.0.46.2"]},
    )
    assert [one.is_proven for one in await exchanges(names).of("d.test")] == [True, False]
