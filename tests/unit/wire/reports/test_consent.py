"""Whether a receiver of reports agreed to them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.dns import FAILED, Answer, DnsStatus
from ecluse.wire.reports.consent import Consent, Destination, consent, host_of, question

HOST = "red.example.net"


def answered(*records: bytes) -> Destination:
    return consent(Answer(DnsStatus.OK, records), HOST)


def test_the_name_to_ask_is_that_of_the_rfc():
    assert question("blue.example.com", HOST) == "blue.example.com._report._dmarc.red.example.net"
    assert question("Blue.Example.COM", "RED.example.net") == "blue.example.com._report._dmarc.red.example.net"


@pytest.mark.parametrize("domain", ["a" * 64, ".".join(["a" * 60] * 4), "", "a..b", "a b", "a/b", "\xe9.example"])
def test_what_the_dns_cannot_name_is_not_asked(domain):
    assert question(domain, HOST) is None


@pytest.mark.parametrize("record", [b"v=DMARC1", b"v=DMARC1;", b" v = DMARC1 ; x=y", b"v=DMARC1;rua=", b"v=DMARC1; p"])
def test_a_record_gives_consent(record):
    assert answered(b"v=spf1 -all", record) == Destination(Consent.GIVEN)


@pytest.mark.parametrize(
    "record", [b"", b"v=DMARC2", b"v=DMARC10", b"v=dmarc1", b"x=y; v=DMARC1", b"DMARC1", b"\xff\x00"]
)
def test_any_other_record_refuses(record):
    assert answered(record) == Destination(Consent.REFUSED)


@pytest.mark.parametrize("status", [DnsStatus.NXDOMAIN, DnsStatus.NO_DATA, DnsStatus.BAD_NAME])
def test_no_record_refuses(status):
    assert consent(Answer(status), HOST) == Destination(Consent.REFUSED)


@pytest.mark.parametrize("status", sorted(FAILED))
def test_trouble_of_the_dns_is_no_answer(status):
    assert consent(Answer(status), HOST) == Destination(Consent.UNKNOWN)


def test_the_receiver_may_name_other_mailboxes_on_its_host():
    record = b"v=DMARC1; rua = mailto:a@red.example.net!10m , mailto:b@RED.example.net."
    assert answered(record).uris == ("mailto:a@red.example.net!10m", "mailto:b@RED.example.net.")


@pytest.mark.parametrize(
    "uris",
    [
        b"mailto:victim@other.example",
        b"mailto:a@red.example.net,mailto:v@other.example",
        b"mailto:a",
        b"https://red.example.net/",
    ],
)
def test_another_host_gets_nothing_and_neither_does_the_first(uris):
    assert answered(b"v=DMARC1; rua=" + uris) == Destination(Consent.REFUSED)


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("mailto:a@B.example", "b.example"),
        ("MAILTO:a%40c@b.example!5k", "b.example"),
        ("mailto:a@b.example?subject=x@y.example", "b.example"),
        ("mailto:a@b.example%00", None),
        ("mailto:@b.example", None),
        ("mailto:b.example", None),
        ("http://a@b.example", None),
        ("", None),
    ],
)
def test_the_host_of_a_destination(uri, host):
    assert host_of(uri) == host


@given(st.lists(st.binary(max_size=100), max_size=4))
@settings(derandomize=True, deadline=None)
def test_only_a_dmarc_record_ever_gives_consent(records):
    given_ = consent(Answer(DnsStatus.OK, tuple(records)), HOST).consent is Consent.GIVEN
    assert not given_ or any(b"DMARC1" in record for record in records)
