"""Who complains, as far as a report says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.received_report import ReportMail
from ecluse.wire.reports.complaint import complaint_in
from tests.unit.wire.reports.samples import mail_with

# 64 octets of a local part that become 96 characters where case is left out.
TOO_LONG = "\u03b0" * 32 + "@" + f"{'a' * 60}." * 4 + "example"
MAIL = ReportMail("m1", "One", 0.0, proven="far.example")


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        (["<Ann@Far.example>"], "ann@far.example"),
        (["redacted"], ""),
        ([], ""),
        ([TOO_LONG], ""),
        (["ann@far.example", "bob@far.example"], ""),  # Which of them?
    ],
)
def test_the_recipient_stands_there_where_it_is_one(recipients, expected):
    lines = ["Feedback-Type: abuse", "User-Agent: a/1", *(f"Original-Rcpt-To: {each}" for each in recipients)]
    mail = mail_with("".join(f"{line}\r\n" for line in lines).encode(), "message/feedback-report")
    assert complaint_in(MemoryContent(mail), MAIL).recipient == expected


@pytest.mark.parametrize(
    ("head", "proven", "author"),
    [
        (b"From: Staff <Staff@Hotmail.com>", "hotmail.com", "staff@hotmail.com"),
        (b"From: feedback@arf.mail.yahoo.com", "yahoo.com", "feedback@arf.mail.yahoo.com"),
        (b"From: staff@hotmail.com", "", ""),
        (b"From: staff@hotmail.com", "enemy.example", ""),
        (b"From: staff@hotmail.com\r\nFrom: mallory@hotmail.com", "hotmail.com", ""),
        (b"From: staff@hotmail.com, mallory@hotmail.com", "hotmail.com", ""),
        (b"From: " + b"\xce\xb0" * 32 + b"@hotmail.com" + b"x" * 3_000, "hotmail.com", ""),
        (b"Subject: x", "hotmail.com", ""),
    ],
)
def test_the_author_is_who_was_proven(head, proven, author):
    mail = mail_with(b"Feedback-Type: abuse\r\nUser-Agent: a/1\r\n", "message/feedback-report")
    mail = mail.replace(b"From: reporter@reporter.example", head)
    assert complaint_in(MemoryContent(mail), replace(MAIL, proven=proven)).author == author
