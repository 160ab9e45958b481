"""Who complains, as far as a report says it."""

from __future__ import annotations

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
