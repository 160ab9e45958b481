"""Checks of the MAIL and HELO identities, within the limits."""

from __future__ import annotations

import pytest

from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.wire.spf.check import MAX_EXPLANATION, SpfResult, check_spf
from ecluse.wire.spf.record import SpfOutcome
from tests.cpu import cpu
from tests.unit.wire.zone import Zone

PEER = "192.0.2.1"


async def check(zone: Zone, mail_from: str = "ann@a.test", ip: str = PEER, **options) -> SpfResult:
    return await check_spf(ip, "helo.test", mail_from, "mx.test", zone.lookup, now=1_700_000_000, **options)


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (b"v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        (b"v=spf1 ip4:192.0.2.0/31 -all", "pass"),
        (b"v=spf1 ip4:192.0.2.0/32 -all", "fail"),
        (b"v=spf1 ip4:0.0.0.0/0 -all", "pass"),
        (b"v=spf1 ip6::: /0 ~all", "permerror"),
        (b"v=spf1 ip6:::/0 ~all", "softfail"),
        (b"v=spf1 ?all", "neutral"),
        (b"v=spf1", "neutral"),
        (b"v=spf1 a:peer.test -all", "pass"),
        (b"v=spf1 a:near.test -all", "fail"),
        (b"v=spf1 a:near.test/24 -all", "pass"),
        (b"v=spf1 mx:mail.test -all", "pass"),
        (b"v=spf1 include:passes.test -all", "pass"),
        (b"v=spf1 include:fails.test ~all", "softfail"),
        (b"v=spf1 include:nothing.test -all", "permerror"),
        (b"v=spf1 include:broken.test -all", "permerror"),
        (b"v=spf1 redirect=passes.test", "pass"),
        (b"v=spf1 redirect=nothing.test", "permerror"),
        (b"v=spf1 -all redirect=passes.test", "fail"),
        (b"v=spf1 exists:%{i}.list.test -all", "pass"),
        (b"v=spf1 ptr:peer.test -all", "pass"),
        (b"v=spf1 ptr:other.test -all", "fail"),
        (b"v=spf1 exists:%{p}.named.test -all", "pass"),
    ],
)
async def test_each_mechanism_decides_as_the_rfc_says(record: bytes, outcome: str):
    zone = Zone().add("a.test", "TXT", b"google-site-verification=x", record)
    zone.add("peer.test", "A", PEER).add("near.test", "A", "192.0.2.9")
    zone.add("mail.test", "MX", Mx(10, "near.test"), Mx(20, "peer.test"))
    zone.add("passes.test", "TXT", b"v=spf1 +all").add("fails.test", "TXT", b"v=spf1 -all")
    zone.add("broken.test", "TXT", b"v=spf1 foo").add("192.0.2.1.list.test", "A", "127.0.0.2")
    zone.add("1.2.0.192.in-addr.arpa", "PTR", "liar.test", "peer.test").add("liar.test", "A", "192.0.2.7")
    zone.add("peer.test.named.test", "A", "127.0.0.2")
    assert (await check(zone)).outcome == outcome


async def test_an_ipv4_mapped_peer_is_an_ipv4_peer():
    zone = Zone().add("a.test", "TXT", b"v=spf1 ip4:192.0.2.1 -all")
    assert (await check(zone, ip="::ffff:192.0.2.1")).outcome is SpfOutcome.PASS


async def test_an_ipv6_peer_is_compared_with_ipv6_alone():
    zone = Zone().add("a.test", "TXT", b"v=spf1 ip4:0.0.0.0/0 a:x.test//32 exists:%{ir}.%{v}.test -all")
    zone.add("x.test", "AAAA", "2001:db8:ffff::1").add("x.test", "A", "192.0.2.1")
    assert (await check(zone, ip="2001:db8::1")).outcome is SpfOutcome.PASS
    assert (await check(zone, ip="2001:db9::1")).outcome is SpfOutcome.FAIL
    assert zone.asked[-1][0] == ".".join("20010db9000000000000000000000001"[::-1]) + ".ip6.test"


async def test_the_null_sender_is_checked_by_its_helo():
    zone = Zone().add("helo.test", "TXT", b"v=spf1 exists:%{l}.%{o} -all").add("postmaster.helo.test", "A", "127.0.0.2")
    result = await check(zone, "")
    assert (result.outcome, result.identity, result.domain) == (SpfOutcome.PASS, "helo", "helo.test")


@pytest.mark.parametrize("sender", ["ann@localhost", "ann@[192.0.2.1]", "ann@a..test", "ann@" + "a" * 64 + ".test"])
async def test_a_sender_without_a_domain_of_the_dns_has_no_record_and_asks_nothing(sender: str):
    zone = Zone()
    assert (await check(zone, sender)).outcome is SpfOutcome.NONE
    assert zone.asked == []


async def test_an_internationalised_domain_is_asked_for_in_a_labels():
    zone = Zone().add("xn--bcher-kva.test", "TXT", b"v=spf1 +all")
    result = await check(zone, "ann@B\u00fccher.test")
    assert (result.outcome, result.domain) == (SpfOutcome.PASS, "xn--bcher-kva.test")


async def test_two_records_are_an_error():
    result = await check(Zone().add("a.test", "TXT", b"v=spf1 +all", b"v=spf1 -all"))
    assert (result.outcome, result.reason) == (SpfOutcome.PERMERROR, "a.test has 2 records")


@pytest.mark.parametrize("status", [DnsStatus.TIMEOUT, DnsStatus.SERVFAIL, DnsStatus.REFUSED, DnsStatus.BUDGET])
@pytest.mark.parametrize(
    "record", [b"v=spf1 include:x.test -all", b"v=spf1 a:x.test -all", b"v=spf1 exists:x.test -all"]
)
async def test_a_name_server_in_trouble_is_a_temporary_error(status: DnsStatus, record: bytes):
    zone = Zone().add("a.test", "TXT", record)
    for kind in ("TXT", "A"):
        zone.fail("x.test", kind, status)
    assert (await check(zone)).outcome is SpfOutcome.TEMPERROR


async def test_trouble_with_the_peers_own_name_only_loses_the_name():
    zone = Zone().add("a.test", "TXT", b"v=spf1 ptr -all").fail("1.2.0.192.in-addr.arpa", "PTR")
    assert (await check(zone)).outcome is SpfOutcome.FAIL


async def test_a_name_that_was_not_asked_for_want_of_time_makes_no_fail():
    zone = Zone().add("a.test", "TXT", b"v=spf1 ptr -all").fail("1.2.0.192.in-addr.arpa", "PTR", DnsStatus.BUDGET)
    assert (await check(zone)).outcome is SpfOutcome.TEMPERROR


# --- Explanations --------------------------------------------------------------------


async def test_the_explanation_of_a_fail_may_have_spaces():
    zone = Zone().add("a.test", "TXT", b"v=spf1 -all exp=why.%{d}").add("why.a.test", "TXT", b"%{i} may not; ask %{r}")
    assert (await check(zone)).explanation == "192.0.2.1 may not; ask mx.test"


async def test_an_included_record_does_not_explain_but_a_redirected_one_does():
    zone = Zone().add("a.test", "TXT", b"v=spf1 include:b.test redirect=b.test exp=a.test")
    zone.add("b.test", "TXT", b"v=spf1 -all exp=why.test").add("why.test", "TXT", b"%{d} says no")
    assert (await check(zone)).explanation == "b.test says no"


@pytest.mark.parametrize("texts", [(), (b"one", b"two"), (b"caf\xc3\xa9",), (b"%{x}",), (b"%",)])
async def test_trouble_with_an_explanation_changes_nothing(texts: tuple[bytes, ...]):
    zone = Zone().add("a.test", "TXT", b"v=spf1 -all exp=why.test").add("why.test", "TXT", *texts)
    result = await check(zone)
    assert (result.outcome, result.explanation) == (SpfOutcome.FAIL, None)


async def test_an_explanation_is_cut():
    zone = Zone().add("a.test", "TXT", b"v=spf1 -all exp=why.test").add("why.test", "TXT", b"%{s}" * 1_000)
    explanation = (await check(zone)).explanation
    assert explanation is not None
    assert len(explanation) <= MAX_EXPLANATION


# --- Limits --------------------------------------------------------------------------


async def test_ten_terms_may_ask_and_the_eleventh_is_an_error():
    terms = b" ".join(b"a:x%d.test" % n for n in range(11))
    zone = Zone().add("a.test", "TXT", b"v=spf1 " + terms + b" -all")
    for n in range(11):
        zone.add(f"x{n}.test", "A", "198.51.100.1")
    result = await check(zone)
    assert (result.outcome, result.lookups) == (SpfOutcome.PERMERROR, 10)
    zone.add("x9.test", "A", PEER)
    assert (await check(zone)).outcome is SpfOutcome.PASS


async def test_two_terms_may_be_void_and_the_third_is_an_error():
    zone = Zone().add("a.test", "TXT", b"v=spf1 a:x.test a:y.test -all")
    assert (await check(zone)).outcome is SpfOutcome.FAIL
    zone.add("a.test", "TXT", b"v=spf1 a:x.test a:y.test a:z.test -all")
    assert (await check(zone)).outcome is SpfOutcome.PERMERROR


async def test_exchanges_without_an_address_of_the_peers_family_are_one_term_not_three():
    zone = Zone().add("a.test", "TXT", b"v=spf1 mx -all").add("a.test", "MX", *(Mx(1, f"m{n}.test") for n in range(4)))
    assert (await check(zone)).outcome is SpfOutcome.FAIL


async def test_eleven_exchanges_are_an_error():
    zone = Zone().add("a.test", "TXT", b"v=spf1 mx -all").add("a.test", "MX", *(Mx(1, f"m{n}.test") for n in range(11)))
    assert (await check(zone)).outcome is SpfOutcome.PERMERROR
    assert len(zone.asked) == 2


async def test_of_many_pointers_ten_are_looked_at():
    zone = Zone().add("a.test", "TXT", b"v=spf1 ptr -all")
    zone.add("1.2.0.192.in-addr.arpa", "PTR", *(f"x{n}.a.test" for n in range(1_000))).add("x10.a.test", "A", PEER)
    assert (await check(zone)).outcome is SpfOutcome.FAIL
    assert len(zone.asked) == 2 + 10


async def test_a_name_too_long_loses_labels_from_the_left():
    zone = Zone().add("a.test", "TXT", b"v=spf1 exists:%{l}.end.test -all")
    await check(zone, ".".join(["a" * 60] * 5) + "@a.test")
    assert zone.asked[1][0] == ".".join(["a" * 60] * 4) + ".end.test"
    assert len(zone.asked[1][0]) <= 253


@pytest.mark.parametrize(
    "record",
    [
        b"v=spf1 include:a.test -all",
        b"v=spf1 " + b"include:a.test " * 500,
        b"v=spf1 redirect=a.test",
        b"v=spf1 " + b" ".join(b"include:%d.slow.test" % n for n in range(10)) + b" -all",
        b"v=spf1 " + b"a:%{s}.test " * 80_000,
        b"v=spf1 a:" + b"a1" * 4_000 + b"-",
        b"v=spf1 exists:" + b"%{s}%{dr}%{ir+-.,/_=}" * 350 + b".test -all",
        b"v=spf1 mx mx mx mx mx mx mx mx mx mx -all",
        b"v=spf1 exists:%{d" + b"9" * 8_000 + b"}.test",
    ],
)
async def test_no_record_costs_more_than_50_ms(record: bytes):
    async def lookup(name: str, kind: str) -> Answer:
        if kind == "TXT":
            return Answer(DnsStatus.TIMEOUT) if "slow" in name else Answer(DnsStatus.OK, (record,))
        if kind == "MX":
            return Answer(DnsStatus.OK, tuple(Mx(1, f"m{n}.test") for n in range(10)))
        return Answer(DnsStatus.OK, tuple(f"198.51.{n // 256}.{n % 256}" for n in range(4_000)))

    with cpu() as spent:
        sender = "a-" * 30 + "@" + "b." * 90 + "test"
        result = await check_spf(PEER, "helo.test", sender, "mx.test", lookup, now=0)
    assert spent.seconds < 0.05
    assert result.outcome in (SpfOutcome.PERMERROR, SpfOutcome.TEMPERROR, SpfOutcome.PASS)


async def test_what_a_record_will_ask_for_is_told_ahead():
    told: list[tuple[str, str]] = []
    zone = Zone().add("a.test", "TXT", b"v=spf1 ip4:192.0.2.9 include:b.test a mx exists:%{i}.test redirect=c.test")
    await check(zone, foresee=lambda name, kind: told.append((name, kind)))
    assert told == [("b.test", "TXT"), ("a.test", "A"), ("a.test", "MX"), ("c.test", "TXT")]
