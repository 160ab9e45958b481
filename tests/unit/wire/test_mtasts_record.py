"""The record that announces an MTA-STS policy (RFC 8461 section 3.1)."""

from __future__ import annotations

import pytest

from ecluse.wire.mtasts.record import policy_id


@pytest.mark.parametrize(
    "record",
    [
        b"v=STSv1; id=20260101;",
        b"v=STSv1;id=20260101",
        b"v=STSv1 ; id=20260101 ; more=x",
        b"v=STSv1; more=x/y:z; id=20260101;",
    ],
)
def test_a_record_names_the_policy(record):
    assert policy_id([b"v=spf1 -all", record]) == "20260101"


@pytest.mark.parametrize(
    "records",
    [
        [],
        [b"v=STSv1;"],
        [b"v=STSv1"],
        [b"v=STSv1; id=;"],
        [b"v=STSv1; id=a-b;"],
        [b"v=STSv1; id=" + b"a" * 33],
        [b"v=STSv2; id=1;"],
        [b"v=STSv1x; id=1;"],
        [b"id=1; v=STSv1;"],
        [b"v=STSv1; id=1;; more=x"],
        [b"v=STSv1; id=1;", b"v=STSv1; id=1;"],
        [b"v=STSv1; id=1;" + b"a=b;" * 2_000],
        [b"v=STSv1; id=\xff;"],
    ],
    ids=lambda records: str(records)[:30],
)
def test_what_is_no_record_or_not_the_only_one_names_none(records):
    assert policy_id(records) == ""
