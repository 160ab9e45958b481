"""Where the picture lies."""

from __future__ import annotations

import pytest

from ecluse.wire.bimi.lookup import BimiResult, find_picture
from ecluse.wire.dmarc.evaluate import DmarcOutcome
from ecluse.wire.dmarc.record import DmarcPolicy
from tests.unit.wire.zone import Zone

PASSED = (DmarcOutcome.PASS, DmarcPolicy.REJECT, "b.test")


async def find(zone: Zone, selector: str = "default", dmarc=PASSED, **options) -> BimiResult:
    return await find_picture("mail.b.test", selector, dmarc, zone.lookup, **options)


async def test_the_authors_own_record_comes_first_then_that_of_the_organisation():
    zone = Zone().add("default._bimi.b.test", "TXT", b"v=BIMI1; l=https://b.test/b.svg; a=https://b.test/b.pem")
    found = await find(zone)
    assert (found.outcome, found.location, found.domain) == ("pass", "https://b.test/b.svg", "b.test")
    assert found.authority == "https://b.test/b.pem"
    zone.add("default._bimi.mail.b.test", "TXT", b"v=BIMI1; l=https://b.test/own.svg")
    assert (await find(zone)).domain == "mail.b.test"


@pytest.mark.parametrize(
    ("outcome", "policy"),
    [
        (DmarcOutcome.FAIL, DmarcPolicy.REJECT),
        (DmarcOutcome.PASS, DmarcPolicy.NONE),
        (DmarcOutcome.NONE, None),
        (DmarcOutcome.TEMPERROR, None),
    ],
)
async def test_nothing_is_asked_without_a_pass_under_an_enforced_policy(
    outcome: DmarcOutcome, policy: DmarcPolicy | None
):
    zone = Zone()
    assert (await find(zone, dmarc=(outcome, policy, "b.test"))).outcome == "skipped"
    assert (await find(zone, is_dkim_missing=True)).outcome == "skipped"
    assert zone.asked == []


@pytest.mark.parametrize(
    ("records", "outcome"),
    [
        ([], "none"),
        ([b"v=BIMI2; l=https://b.test/b.svg"], "none"),
        ([b"v=BIMI1; l=; a="], "skipped"),
        ([b"v=BIMI1"], "skipped"),
        ([b"v=BIMI1; l=http://b.test/b.svg"], "fail"),
        ([b"v=BIMI1; l=javascript:alert(1)"], "fail"),
        ([b"v=BIMI1; l=https://b.test/b.svg; a=ftp://b.test/b.pem"], "fail"),
        ([b"v=BIMI1; l=https://b.test/b.svg"] * 2, "fail"),
    ],
)
async def test_a_record_is_taken_or_left(records: list[bytes], outcome: str):
    zone = Zone()
    if records:
        zone.add("default._bimi.mail.b.test", "TXT", *records)
    assert (await find(zone)).outcome == outcome


async def test_trouble_of_the_dns_is_temporary():
    assert (await find(Zone().fail("default._bimi.mail.b.test", "TXT"))).outcome == "temperror"


@pytest.mark.parametrize("selector", ["", "a b", "-a", "x\r\ny", "a/b"])
async def test_a_selector_that_is_no_name_is_not_asked_for(selector: str):
    zone = Zone()
    assert (await find(zone, selector)).outcome == "fail"
    assert zone.asked == []
