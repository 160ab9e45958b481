"""What senders and their domains say about themselves: signatures, seals, records, reports."""

from __future__ import annotations

from contextlib import suppress

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.published_tags import read_tags, written_tags
from ecluse.domain.received_report import ReportMail
from ecluse.wire.arc.sets import MAX_INSTANCE, read_chain
from ecluse.wire.arc.vouched import MAX_DOMAINS, vouched_domains
from ecluse.wire.authres.read import MAX_RESULTS, read
from ecluse.wire.dkim.signature import find_signatures
from ecluse.wire.dmarc.evaluate import author_domain
from ecluse.wire.dmarc.record import DmarcSyntax, parse_dmarc
from ecluse.wire.mime.fields import split_head
from ecluse.wire.reports.consent import MAX_URIS, Consent, consent
from ecluse.wire.reports.faults import UnreadableReport
from ecluse.wire.reports.received import MAX_SOURCES, reports_in
from ecluse.wire.spf.macros import SpfSyntax
from ecluse.wire.spf.record import parse_spf
from ecluse.wire.srs import MAX_LOCAL_OCTETS, Srs, is_rewritten
from ecluse.wire.stamp import read_stamp
from tests.fuzz.target import Target

MAIL = ReportMail("0190", "One", 0.0)
SRS = Srs(b"k" * 32)
NOW = 1_795_852_800.0


def examine_signatures(data: bytes) -> None:
    """Any header section has signatures and a chain, good or bad, within bounds."""
    section = split_head(MemoryContent(data))
    chain = read_chain(section)
    assert len(chain.sets) <= MAX_INSTANCE
    assert not (chain.sets and chain.fault)
    names = vouched_domains(chain)
    assert len(names) <= MAX_DOMAINS
    assert all(name.isascii() and name == name.lower() for name in names)
    assert len(find_signatures(section)) <= 20


def examine_results(data: bytes) -> None:
    """Never raises, whatever somebody calls his results."""
    found = read(data)
    assert len(found.results) <= MAX_RESULTS
    assert all(one.method == one.method.lower() for one in found.results)


def examine_forwarded(data: bytes) -> None:
    """Nothing that was made without the secret is a stamp or a sender of ours; what we rewrite is read back, or not ours."""
    assert read_stamp(b"k" * 32, split_head(MemoryContent(data)), b"", NOW) is None
    text = data.decode("utf-8", "surrogateescape").partition("\n")[0]
    assert SRS.read(Address(text, "c.example"), NOW) is None
    rewritten = SRS.rewritten(Address(text, "a.example"), "c.example", NOW)
    if rewritten.domain == "c.example":
        assert len(rewritten.local.encode("utf-8", "surrogatepass")) <= MAX_LOCAL_OCTETS
        assert not is_rewritten(rewritten) or SRS.read(rewritten, NOW) is not None


def examine_records(data: bytes) -> None:
    """A TXT record is one, or is told to be none."""
    with suppress(DmarcSyntax):
        record = parse_dmarc(b"v=DMARC1;" + data)
        record.policy("np", "sp")
        written = written_tags(record.tags)
        assert written_tags(read_tags(written)) == written
    with suppress(SpfSyntax):
        parse_spf(b"v=spf1 " + data)
    found = consent(Answer(DnsStatus.OK, (b"v=DMARC1;" + data,)), "reports.example")
    assert len(found.uris) <= MAX_URIS
    assert found.consent is Consent.GIVEN or not found.uris


def examine_author(data: bytes) -> None:
    """One domain that can be relied on, or a reason why there is none."""
    domain, reason = author_domain(data)
    assert domain or reason
    assert domain.isascii()


def examine_report(data: bytes) -> None:
    """A mail brings reports within bounds, or is told not to."""
    with suppress(UnreadableReport):
        for report in reports_in(MemoryContent(data), MAIL):
            assert len(report.sources) <= MAX_SOURCES + 2
            assert report.passed >= 0
            assert report.failed >= 0
            assert report.reporter.isprintable()


_SET = (
    b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=hop.example; s=k; t=1; b=YQ==\r\n"
    b"ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=hop.example; s=k; h=from; bh=YQ==; b=YQ==\r\n"
    b"ARC-Authentication-Results: i=1; mx.hop.example; dmarc=pass (p=none) header.from=a.example\r\n"
)
_SIGNED = b"DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=k; h=from:to; bh=YQ==; b=YQ==; l=3; i=@a.example\r\n"
_XML = (
    b"<feedback><report_metadata><org_name>A</org_name><report_id>1</report_id></report_metadata><policy_published>"
    b"<domain>a.example</domain><p>none</p></policy_published><record><row><source_ip>192.0.2.1</source_ip><count>2"
    b"</count><policy_evaluated><dkim>pass</dkim></policy_evaluated></row></record></feedback>"
)
_JSON = (
    b'{"organization-name":"A","report-id":"1","policies":[{"policy":{"policy-type":"sts","policy-domain":"a.example"},'
    b'"summary":{"total-successful-session-count":1,"total-failure-session-count":2}}]}'
)

TARGETS = (
    Target("sender-signatures", examine_signatures, (_SET + b"\r\n", _SIGNED + _SET + b"From: a@a.example\r\n\r\nx")),
    Target(
        "authentication-results",
        examine_results,
        (b'mx.example; spf=pass (a (b)) smtp.mailfrom=a@b.example; dkim=fail reason="c" header.d=d.example',),
    ),
    Target(
        "sender-records",
        examine_records,
        (b"p=reject; sp=none; rua=mailto:a@reports.example!10m", b"a mx include:b.example ip4:192.0.2.0/24 ~all"),
    ),
    Target(
        "forwarded",
        examine_forwarded,
        (
            b"X-Ecluse-Stamp: t=1795852800; d=a.example; s=; h=date:message-id; b=AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            b"SRS0=aaaaaaaa=aa=b.example=ann",
            b"SRS1=aaaaaaaa=b.example==GGGG=TT=a.example=ann",
        ),
    ),
    Target("author", examine_author, (b" Ann <ann@a.example>", b' "a, b" (c) <x@\xc3\xa9.example>, d: e@f.example;')),
    Target("report", examine_report, (_XML, _JSON, b"From: a@b.example\r\nContent-Type: text/xml\r\n\r\n" + _XML)),
)
