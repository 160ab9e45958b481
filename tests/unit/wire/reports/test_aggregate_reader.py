"""Reading aggregate reports, as they are written in the world and by attackers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.reports.aggregate import DkimResult, Override, SpfResult
from ecluse.wire.reports.aggregate_reader import MAX_ELEMENTS, MAX_ROWS, read
from ecluse.wire.reports.faults import BrokenReport, OversizedReport, UnreadableReport
from ecluse.wire.reports.reporter import Period
from ecluse.wire.reports.unpacking import MAX_OCTETS
from tests.cpu import cpu
from tests.unit.wire.reports.samples import XML

OLD = b"""<?xml version="1.0"?>
<feedback>
  <report_metadata>
    <org_name> Reporter </org_name><email>r@reporter.example</email>
    <extra_contact_info>more</extra_contact_info><report_id>17</report_id>
    <date_range><begin>100</begin><end>200</end></date_range><error>bad rua</error><error>two records</error>
  </report_metadata>
  <policy_published><domain>a.example</domain><adkim>r</adkim><aspf>s</aspf><p>Reject</p><sp>none</sp><pct>50</pct>
  </policy_published>
  <record>
    <row><source_ip>2001:DB8:0::1</source_ip><count>3</count>
      <policy_evaluated><disposition>quarantine</disposition><dkim>fail</dkim><spf>pass</spf>
        <reason><type>sampled_out</type><comment>luck</comment></reason><reason><type>forwarded</type></reason>
      </policy_evaluated></row>
    <identifiers><envelope_to>b.example</envelope_to><header_from>a.example</header_from></identifiers>
    <auth_results>
      <dkim><domain>a.example</domain><selector>s</selector><result>neutral</result></dkim>
      <dkim><domain>c.example</domain><result>fail</result><human_result>no key</human_result></dkim>
      <spf><domain>a.example</domain><scope>helo</scope><result>pass</result></spf>
      <spf><domain>d.example</domain><result>none</result></spf>
    </auth_results>
  </record>
  <record><row><source_ip>192.0.2.7</source_ip><count>1</count></row></record>
</feedback>
"""


def with_organisation(name: bytes) -> bytes:
    return XML.replace(b"Reporter", name)


def organisation(data: bytes) -> str:
    return read(data).organisation.name


def test_every_element_of_rfc_7489_is_read():
    report = read(OLD)
    assert (report.organisation.name, report.organisation.email) == ("Reporter", "r@reporter.example")
    assert (report.organisation.contact, report.report_id, report.period) == ("more", "17", Period(100, 200))
    assert report.errors == ("bad rua", "two records")
    assert (report.policy.domain, report.policy.p, report.policy.pct) == ("a.example", "reject", "50")
    first, second = report.rows
    assert (first.source_ip, first.count, first.disposition) == ("2001:db8::1", 3, "quarantine")
    assert (first.dkim, first.spf) == ("fail", "pass")
    assert (first.header_from, first.envelope_from, first.envelope_to) == ("a.example", "", "b.example")
    assert first.overrides == (Override("sampled_out", "luck"), Override("forwarded"))
    assert first.dkim_results == (
        DkimResult("a.example", "s", "neutral"),
        DkimResult("c.example", "", "fail", "no key"),
    )
    assert first.spf_results == (SpfResult("a.example", "pass", "helo"), SpfResult("d.example", "none", ""))
    assert (second.source_ip, second.overrides, second.dkim_results) == ("192.0.2.7", (), ())


def test_extensions_and_unknown_elements_are_skipped():
    data = XML.replace(
        b"<record>",
        b"<extension><ext:p>no</ext:p></extension><p>no</p><record><ext:row><source_ip>no</source_ip></ext:row>"
        b"<new><row><source_ip>192.0.2.9</source_ip></row></new>",
    )
    report = read(data)
    assert report.policy.p == ""
    assert [row.source_ip for row in report.rows] == ["192.0.2.1"]


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace(b"<", b"<ns0:").replace(b"<ns0:/", b"</ns0:"),
        lambda xml: xml.replace(b"<feedback>", b'<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">'),
        lambda xml: xml.replace(b"feedback", b"Feedback").replace(b"record", b"Record"),
        lambda xml: b"\xef\xbb\xbf \r\n" + xml,
        lambda xml: b"--\r\n" + xml + b"\r\n-- \r\nA footer & more",
        lambda xml: b'<?xml version="1.0" encoding="utf-16"?>' + xml,
        lambda xml: b'<?xml version="1.0" encoding="no-such-charset"?>' + xml,
        lambda xml: b'<?xml version="1.0" encoding="bz2_codec"?>' + xml,
        lambda xml: xml.decode().encode("utf-16"),
        lambda xml: xml.decode().encode("utf-16-le"),
        lambda xml: xml.decode().encode("utf-16-be"),
        lambda xml: xml.decode().encode("utf-32"),
        lambda xml: xml.decode().encode("utf-32-be"),
        lambda xml: xml.replace(b"Reporter", b"<![CDATA[Rep]]>ort<!-- no -->er"),
        lambda xml: xml.replace(b"Reporter", b"\x00Reporter\x08"),
    ],
)
def test_what_reporters_do_to_their_xml_is_understood(change):
    report = read(change(XML))
    assert (report.organisation.name, len(report.rows), report.rows[0].count) == ("Reporter", 1, 2)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"A &amp; B", "A & B"),
        (b"A & B", "A & B"),
        (b"A&nbsp;B", "A&nbsp;B"),
        (b"&#233;", "\xe9"),
        ("\xe9".encode(), "\xe9"),
        (b"\xe9", "\xe9"),
        (b"two\r\n lines", "two  lines"),
        (b"\x1b", ""),
        (b"x" * 10_000, "x" * 2_000),
    ],
)
def test_texts_come_out_on_one_line(written, name):
    assert organisation(with_organisation(written)) == name


def test_the_declared_charset_counts():
    assert organisation(b'<?xml version="1.0" encoding="ISO-8859-1"?>' + with_organisation(b"\xe9")) == "\xe9"


@pytest.mark.parametrize("count", [b"-1", b"many", b"1e9", b"9" * 5_000, b"", b"0x10"])
def test_a_count_that_is_none_is_nothing(count):
    assert read(XML.replace(b"<count>2", b"<count>" + count)).rows[0].count == 0


def test_a_time_beyond_all_calendars_is_none():
    assert read(OLD.replace(b"<end>200", b"<end>999999999999999")).period == Period(100, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<feedback></feedback>",
        b"<html></html>",
        XML[:-1],
        XML.replace(b"</row>", b""),
        b"<!DOCTYPE feedback>" + XML,
        b'<!DOCTYPE feedback SYSTEM "file:///etc/passwd">' + XML,
        b'<!DOCTYPE feedback [<!ENTITY a "b">]>' + with_organisation(b"&a;"),
    ],
)
def test_what_is_no_report_is_broken(data):
    with pytest.raises(BrokenReport):
        read(data)


BODY = b"<feedback>"
HOSTILE = {
    "deep": BODY + b"<record>" * 1_000,
    "records": BODY + b"<record/>" * (MAX_ROWS + 1),
    "elements": BODY + b"<a/>" * MAX_ELEMENTS,
    "results": BODY + b"<record><auth_results>" + b"<dkim/>" * MAX_ELEMENTS,
    "attributes": BODY + b"<a " + b" ".join(b"a%d=''" % number for number in range(100_000)) + b">",
    "one long text": BODY + b"<version>" + b"1" * 1_000_000,
    "one long name": b"<" + b"a:" * 500_000,
    "one long attribute": b"<feedback a='" + b"x" * 1_000_000,
    "one long declaration": b"<?xml encoding" + b" " * 1_000_000,
    "white space behind nothing": BODY + b" " * 1_000_000,
    "more octets than a report has": BODY + bytes(MAX_OCTETS),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_goes_beyond_all_measure_is_refused_in_time(data):
    with cpu() as spent, pytest.raises(OversizedReport):
        read(data)
    assert spent.seconds < 5


def test_laughs_by_the_billion_are_refused_at_once():
    entities = b"".join(b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10))
    with pytest.raises(BrokenReport, match="document type"):
        read(b'<!DOCTYPE feedback [<!ENTITY a0 "ha">' + entities + b"]>" + with_organisation(b"&a9;"))


def test_a_large_comment_costs_no_quadratic_time():
    with cpu() as spent, pytest.raises(UnreadableReport):
        read(b"<feedback><!--" + b"< x - " * 5_000_000)
    assert spent.seconds < 5


def test_white_space_without_end_behind_a_report_is_not_even_looked_at():
    assert len(read(XML + b" " * (MAX_OCTETS - len(XML))).rows) == 1


@given(st.lists(st.sampled_from([XML, OLD, b"<", b">", b"&", b"<record>", b"</record>", b"\x00", b"\xff", b"]]>"])))
@settings(derandomize=True, deadline=None)
def test_rubbish_is_refused_and_nothing_worse(pieces):
    try:
        read(b"".join(pieces))
    except UnreadableReport:
        return
