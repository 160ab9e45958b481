"""Whole evaluations: discovery, alignment, policy, and never a pass for a From that is not clear."""

from __future__ import annotations

import pytest

from ecluse.domain.dns import DnsStatus
from ecluse.wire.dmarc.evaluate import DmarcResult, Identifier, author_domain, evaluate_dmarc
from tests.cpu import cpu
from tests.unit.wire.zone import Zone


def zone_of(**records: bytes) -> Zone:
    zone = Zone()
    for name, record in records.items():
        zone.add(f"_dmarc.{name.replace('_', '.')}", "TXT", record)
    return zone


async def evaluate(zone: Zone, author: str, spf: str = "", *dkim: str) -> DmarcResult:
    """Each identifier passed."""
    signatures = [Identifier(domain, "pass") for domain in dkim]
    return await evaluate_dmarc(author.encode(), Identifier(spf, "pass") if spf else None, signatures, zone.lookup)


async def test_without_a_record_there_is_no_result():
    result = await evaluate(Zone(), "a@mail.b.test", "mail.b.test", "b.test")
    assert (result.outcome, result.policy, result.policy_domain) == ("none", None, "mail.b.test")
    assert result.queries == ("_dmarc.mail.b.test", "_dmarc.b.test", "_dmarc.test")


async def test_one_look_up_is_enough_where_the_author_has_a_record_and_signed():
    result = await evaluate(zone_of(b_test=b"v=DMARC1; p=reject"), "Ann <a@b.test>", "", "other.test", "B.Test")
    assert (result.outcome, result.disposition, result.policy) == ("pass", "none", "reject")
    assert (result.dkim.domain, result.queries) == ("b.test", ("_dmarc.b.test",))


@pytest.mark.parametrize(
    ("record", "spf", "dkim", "outcome"),
    [
        (b"v=DMARC1; p=reject", "bounce.b.test", "", "pass"),
        (b"v=DMARC1; p=reject", "", "b.test", "pass"),
        (b"v=DMARC1; p=reject; aspf=s", "bounce.b.test", "", "fail"),
        (b"v=DMARC1; p=reject; adkim=s", "", "b.test", "fail"),
        (b"v=DMARC1; p=reject; adkim=S; aspf=r", "b.test", "", "pass"),
        (b"v=DMARC1; p=reject; adkim=s", "", "mail.b.test", "pass"),
        (b"v=DMARC1; p=reject", "notb.test", "b.test.evil.test", "fail"),
        (b"v=DMARC1; p=reject", "test", "com", "fail"),
        (b"v=DMARC1; p=reject", "", "", "fail"),
    ],
)
async def test_a_domain_is_aligned_by_its_organisation_or_by_its_letters(
    record: bytes, spf: str, dkim: str, outcome: str
):
    result = await evaluate(zone_of(b_test=record), "a@mail.b.test", spf, *([dkim] if dkim else []))
    assert result.outcome == outcome
    assert result.disposition == ("reject" if outcome == "fail" else "none")


async def test_a_part_that_is_its_own_organisation_is_not_aligned_with_the_rest():
    zone = zone_of(b_test=b"v=DMARC1; p=none", c_b_test=b"v=DMARC1; p=reject; psd=n")
    assert (await evaluate(zone, "a@x.c.b.test", "b.test")).outcome == "fail"
    assert (await evaluate(zone, "a@x.c.b.test", "y.c.b.test")).outcome == "pass"
    assert (await evaluate(zone, "a@b.test", "y.c.b.test")).outcome == "fail"


async def test_under_a_public_suffix_neighbours_are_not_aligned():
    zone = zone_of(bank=b"v=DMARC1; p=reject; psd=y; sp=quarantine; np=reject").add("a.bank", "A", "192.0.2.1")
    result = await evaluate(zone, "x@a.bank", "b.bank")
    assert (result.outcome, result.policy, result.policy_domain) == ("fail", "quarantine", "a.bank")
    assert (await evaluate(zone, "x@nowhere.bank")).policy == "reject"


async def test_np_is_for_names_that_do_not_exist_at_all():
    zone = zone_of(b_test=b"v=DMARC1; p=reject; sp=none; np=quarantine")
    assert (await evaluate(zone, "a@mail.b.test")).policy == "quarantine"
    zone.add("mail.b.test", "MX")
    assert (await evaluate(zone, "a@mail.b.test")).policy == "none"
    assert (await evaluate(zone, "a@b.test")).policy == "reject"


async def test_a_policy_in_test_is_one_level_lower():
    result = await evaluate(zone_of(b_test=b"v=DMARC1; p=reject; t=y"), "a@b.test")
    assert (result.outcome, result.disposition) == ("fail", "quarantine")


async def test_a_record_that_asks_for_nothing_ends_the_search():
    zone = zone_of(mail_b_test=b"v=DMARC1; adkim=s", b_test=b"v=DMARC1; p=reject")
    assert (await evaluate(zone, "a@mail.b.test")).outcome == "none"


@pytest.mark.parametrize("name", ["_dmarc.mail.b.test", "_dmarc.b.test", "_dmarc.test"])
async def test_discovery_that_stays_open_is_a_temporary_error(name: str):
    zone = Zone().fail(name, "TXT", DnsStatus.SERVFAIL)
    assert (await evaluate(zone, "a@mail.b.test", "mail.b.test")).outcome == "temperror"


async def test_an_alignment_that_stays_open_is_a_temporary_error_unless_another_passes():
    zone = zone_of(b_test=b"v=DMARC1; p=reject").fail("_dmarc.mail.b.test", "TXT")
    assert (await evaluate(zone, "a@b.test", "mail.b.test")).outcome == "temperror"
    assert (await evaluate(zone, "a@b.test", "mail.b.test", "b.test")).outcome == "pass"


@pytest.mark.parametrize(
    ("domain", "outcome"), [("b.test", "temperror"), ("mail.b.test", "temperror"), ("c.test", "fail")]
)
async def test_a_signature_that_may_still_pass_counts_only_if_it_is_aligned(domain: str, outcome: str):
    zone = zone_of(b_test=b"v=DMARC1; p=reject")
    result = await evaluate_dmarc(b"a@b.test", None, [Identifier(domain, "temperror")], zone.lookup)
    assert result.outcome == outcome


@pytest.mark.parametrize(
    "author",
    [
        "",
        "a",
        "a@",
        "a@[192.0.2.1]",
        "a@b.test, c@d.test",
        "a@b.test, c@b.test",
        "a@b.test <c@evil.test>",
        "<a@b.test> <c@evil.test>",
        "a@b.test\x00@evil.test",
        "a@b..test",
        "<@evil.test:a@b.test>",
    ],
)
async def test_a_from_that_is_not_clear_never_passes(author: str):
    zone = zone_of(b_test=b"v=DMARC1; p=reject", evil_test=b"v=DMARC1; p=none")
    result = await evaluate(zone, author, "b.test", "evil.test", "b.test")
    assert result.outcome == "permerror"
    assert zone.asked == []


@pytest.mark.parametrize(
    ("author", "domain"),
    [
        (b"a@B.TEST", "b.test"),
        (b"Ann\r\n <a@b.test.>", "b.test"),
        ("a@b\u00fccher.test".encode(), "xn--bcher-kva.test"),
        (b'"x@evil.test" <a@b.test>', "b.test"),
    ],
)
def test_an_author_domain_is_in_a_labels(author: bytes, domain: str):
    assert author_domain(author)[0] == domain


async def test_many_signatures_and_deep_names_cost_little():
    zone = zone_of(test=b"v=DMARC1; p=reject")
    deep = [".".join([f"x{n}", *"abcdefghijkl", "test"]) for n in range(1_000)]
    with cpu() as spent:
        result = await evaluate(zone, f"a@{'q.' * 120}test", deep[0], *deep)
    assert spent.seconds < 0.05
    assert result.outcome == "pass"  # One record at the top makes all of them one organisation.
    assert len(result.queries) <= 8 * 3
