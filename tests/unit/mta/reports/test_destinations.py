"""Who gets the report about a domain."""

from __future__ import annotations

import pytest

from ecluse.domain.dns import DnsStatus
from ecluse.mta.reports.destinations import TlsDestinations, destinations, tls_destinations
from tests.unit.filtering.names import Names


async def found(rua, more=None):
    records = {("_dmarc.bank.example", "TXT"): (b"v=DMARC1; p=none; rua=" + rua,), **(more or {})}
    names = Names(records)
    return [str(address) for address in await destinations("bank.example", names)], names


CONSENT = "bank.example._report._dmarc.other.example"


@pytest.mark.parametrize(
    ("rua", "more", "expected"),
    [
        (b"mailto:dmarc@bank.example", {}, ["dmarc@bank.example"]),
        (b"mailto:dmarc@mail.Bank.example!10m", {}, ["dmarc@mail.bank.example"]),
        (b"mailto:a@bank.example, mailto:b@bank.example", {}, ["a@bank.example", "b@bank.example"]),
        (b"https://bank.example/", {}, []),
        (b"mailto:x@other.example", {}, []),
        (b"mailto:x@other.example", {(CONSENT, "TXT"): (b"v=DMARC1;",)}, ["x@other.example"]),
        (
            b"mailto:x@other.example",
            {(CONSENT, "TXT"): (b"v=DMARC1; rua=mailto:y@other.example",)},
            ["y@other.example"],
        ),
        (b"mailto:x@other.example", {(CONSENT, "TXT"): (b"v=DMARC1; rua=mailto:y@third.example",)}, []),
        (b"mailto:x@other.example", {(CONSENT, "TXT"): DnsStatus.TIMEOUT}, []),
        (b"mailto:a%0d%0aBcc:x@bank.example", {}, []),
        (b"mailto:%3Cx%3E@bank.example", {}, []),
        (b"mailto:" + b"a" * 65 + b"@bank.example", {}, []),
        (b",".join(b"mailto:a%d@bank.example" % number for number in range(9)), {}, [f"a{n}@bank.example" for n in range(5)]),
    ],
)  # fmt: skip
async def test_only_those_that_the_domain_names_and_that_agree(rua, more, expected):
    assert (await found(rua, more))[0] == expected


async def test_the_domains_own_hosts_are_not_asked():
    _, names = await found(b"mailto:dmarc@mail.bank.example")
    assert list(names.asked) == ["_dmarc.bank.example"]


@pytest.mark.parametrize(
    "answer",
    [DnsStatus.TIMEOUT, DnsStatus.NXDOMAIN, (b"v=spf1 -all",), (b"v=DMARC1; p=none; rua=mailto:a@bank.example",) * 2],
)
async def test_without_exactly_one_record_nobody(answer):
    assert await destinations("bank.example", Names({("_dmarc.bank.example", "TXT"): answer})) == ()


@pytest.mark.parametrize(
    ("records", "addresses", "urls"),
    [
        ((b"v=TLSRPTv1; rua=mailto:t@b.example",), ["t@b.example"], ()),
        ((b"v=TLSRPTv1;rua=mailto:t@other.example,https://b.example/v1 ;",), ["t@other.example"], ("https://b.example/v1",)),
        ((b"v=spf1 -all", b"v=TLSRPTv1; rua=https://b.example/"), [], ("https://b.example/",)),
        ((b"v=TLSRPTv1; rua=http://b.example/,ftp://b.example/,mailto:a%0d%0ab@b.example",), [], ()),
        ((b"v=TLSRPTv1; rua=mailto:t@b.example",) * 2, [], ()),
        ((b"v=TLSRPTv1;",), [], ()),
        ((b"v=TLSRPTv2; rua=mailto:t@b.example",), [], ()),
        (DnsStatus.TIMEOUT, [], ()),
    ],
)  # fmt: skip
async def test_tls_reports_go_where_the_domains_one_record_says(records, addresses, urls):
    found = await tls_destinations("b.example", Names({("_smtp._tls.b.example", "TXT"): records}))
    assert ([str(each) for each in found.addresses], found.urls) == (addresses, urls)


async def test_no_more_places_than_a_few_are_written_to():
    rua = b",".join(b"https://b%d.example/" % number for number in range(9))
    found = await tls_destinations("b.example", Names({("_smtp._tls.b.example", "TXT"): (b"v=TLSRPTv1; rua=" + rua,)}))
    assert found == TlsDestinations((), tuple(f"https://b{number}.example/" for number in range(5)))
