"""Finding a report in what arrived."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.wire.reports.faults import BrokenReport, OversizedReport
from ecluse.wire.reports.mail import aggregate_report_in, delivery_status_in, feedback_report_in, tls_report_in
from tests.unit.wire.reports.samples import XML, mail_with

JSON = json.dumps({"organization-name": "Reporter", "policies": []}).encode()
ARF = b"Feedback-Type: abuse\r\nUser-Agent: a/1\r\n"
DSN = b"Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
ENVELOPE = b"From: a@b.example\r\nMIME-Version: 1.0\r\n"


def zipped(octets: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report", octets)
    return buffer.getvalue()


def is_found(data: bytes) -> bool:
    return aggregate_report_in(MemoryContent(data)).organisation.name == "Reporter"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped], ids=["plain", "gzip", "zip"])
@pytest.mark.parametrize("kind", ["application/octet-stream", "text/xml", "image/png", "nonsense"])
def test_the_octets_say_what_an_attachment_is(pack, kind):
    assert is_found(mail_with(pack(XML), kind))
    assert tls_report_in(MemoryContent(mail_with(pack(JSON), kind))).organisation.name == "Reporter"


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped], ids=["plain", "gzip", "zip"])
def test_the_report_itself_needs_no_mail(pack):
    assert is_found(pack(XML))
    assert tls_report_in(MemoryContent(pack(JSON))).organisation.name == "Reporter"


def test_a_mail_may_be_nothing_but_the_report():
    assert is_found(ENVELOPE + b"Content-Type: text/xml\r\n\r\n" + XML)
    assert is_found(mail_with(gzip.compress(XML)).split(b"--b\r\n")[2])


def test_a_forwarded_report_is_found_in_the_mail_within():
    assert is_found(ENVELOPE + b"Content-Type: message/rfc822\r\n\r\n" + mail_with(zipped(XML)))


def test_an_attachment_that_is_no_report_does_not_hide_the_report():
    assert is_found(
        mail_with(gzip.compress(b"no report")).replace(b"--b--\r\n", b"") + mail_with(XML).split(b"\r\n\r\n", 1)[1]
    )


def test_the_first_trouble_is_told():
    with pytest.raises(BrokenReport, match="no report in this mail"):
        is_found(b"Subject: nothing\r\n\r\nHello\r\n")
    with pytest.raises(BrokenReport, match="compression"):
        is_found(mail_with(gzip.compress(XML)[:-9]))


def test_a_part_that_is_too_large_is_not_decoded():
    with pytest.raises(OversizedReport):
        is_found(ENVELOPE + b"\r\n<feedback>" + b"a" * 26_000_000)
    with pytest.raises(OversizedReport):
        is_found(b"<feedback>" + b"a" * 34_000_000)


@pytest.mark.parametrize(("kind", "data"), [("feedback-report", ARF), ("delivery-status", DSN)])
@pytest.mark.parametrize("is_global", [True, False])
def test_reports_about_one_message_are_found_by_their_type(kind, data, is_global):
    name = f"message/global-{kind}" if is_global else f"message/{kind}"
    content = MemoryContent(mail_with(data, name))
    if kind == "feedback-report":
        assert feedback_report_in(content).feedback_type == "abuse"
    else:
        assert delivery_status_in(content).recipients[0].recipient == "a@b.example"


def test_a_notification_in_plain_text_is_read_too():
    assert delivery_status_in(MemoryContent(ENVELOPE + b"\r\nSorry.\r\n\r\n" + DSN)).recipients[0].status == "5.0.0"
    assert feedback_report_in(MemoryContent(ARF)).user_agent == "a/1"


def test_the_notification_wins_over_one_that_it_returns():
    inner = mail_with(DSN.replace(b"a@b", b"inner@b"), "message/delivery-status")
    outer = mail_with(DSN, "message/delivery-status").replace(
        b"--b--\r\n",
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner.replace(b"--b", b"--c").replace(b"=b", b"=c"),
    )
    assert [one.recipient for one in delivery_status_in(MemoryContent(outer)).recipients] == ["a@b.example"]
