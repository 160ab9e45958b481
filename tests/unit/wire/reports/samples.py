"""Reports that tests begin from, and the texts that properties are made of."""

from __future__ import annotations

import base64

from hypothesis import strategies as st

from ecluse.wire.reports.aggregate import (
    OVERRIDES,
    DkimResult,
    Override,
    PublishedPolicy,
    Report,
    Row,
    SpfResult,
)
from ecluse.wire.reports.reporter import Organisation, Period

ORGANISATION = Organisation("Gateway & Co", "reports@gateway.example")
PERIOD = Period(1_700_000_000, 1_700_086_399)
POLICY = PublishedPolicy("client.example", "reject", sp="none", adkim="r", testing="n", discovery_method="treewalk")
ROW = Row("192.0.2.1", "none", "pass", "fail", "client.example")

# What a report keeps as it is: one line, no white space around it.
TEXTS = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=20)
TEXTS_OR_NONE = st.just("") | TEXTS
IDS = st.from_regex(r"[A-Za-z0-9.@_-]{1,30}", fullmatch=True)
IPS = st.ip_addresses().map(str).filter(lambda ip: not ip.startswith("::ffff:"))
COUNTS = st.integers(0, 10**14)
PERIODS = st.builds(Period, st.integers(1, 4 * 10**9), st.integers(1, 4 * 10**9))
ORGANISATIONS = st.builds(Organisation, TEXTS, TEXTS, TEXTS_OR_NONE)
WORDS = st.sampled_from(["none", "pass", "fail", "neutral", "temperror", "permerror"])
ROWS = st.builds(
    Row,
    IPS,
    st.sampled_from(["none", "pass", "quarantine", "reject"]),
    st.sampled_from(["pass", "fail"]),
    st.sampled_from(["pass", "fail"]),
    TEXTS,
    COUNTS,
    TEXTS_OR_NONE,
    TEXTS_OR_NONE,
    st.lists(st.builds(Override, st.sampled_from(sorted(OVERRIDES)), TEXTS_OR_NONE), max_size=2).map(tuple),
    st.lists(st.builds(DkimResult, TEXTS, TEXTS, WORDS, TEXTS_OR_NONE), max_size=3).map(tuple),
    st.lists(st.builds(SpfResult, TEXTS, WORDS, st.just("mfrom"), TEXTS_OR_NONE), max_size=1).map(tuple),
)
POLICIES = st.builds(
    PublishedPolicy,
    TEXTS,
    *[st.sampled_from(["none", "quarantine", "reject"])] * 3,
    *[st.sampled_from(["", "r", "s"])] * 2,
    st.sampled_from(["", "0", "1:d:s"]),
    st.sampled_from(["", "y", "n"]),
    st.sampled_from(["", "psl", "treewalk"]),
)
REPORTS = st.builds(
    Report,
    ORGANISATIONS,
    IDS,
    PERIODS,
    POLICIES,
    st.lists(ROWS, min_size=1, max_size=3).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
    TEXTS_OR_NONE,
)

XML = (
    b"<feedback><report_metadata><org_name>Reporter</org_name></report_metadata>"
    b"<record><row><source_ip>192.0.2.1</source_ip><count>2</count></row></record></feedback>"
)


def mail_with(data: bytes, kind: str = "application/gzip") -> bytes:
    """A mail with a text and one attachment."""
    return (
        b"From: reporter@reporter.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<html>A report</html>\r\n"
        b"--b\r\nContent-Type: "
        + kind.encode()
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(data).replace(b"\n", b"\r\n")
        + b"--b--\r\n"
    )
