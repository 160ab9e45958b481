"""DMARC records."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.dmarc.record import MAX_OCTETS, DmarcSyntax, is_dmarc, parse_dmarc


@pytest.mark.parametrize("record", [b"v=DMARC1", b"v=DMARC1;p=none", b"v = DMARC1 ; p=none", b"v=DMARC1;"])
def test_a_record_starts_with_its_version_to_the_letter(record: bytes):
    assert is_dmarc(record)


@pytest.mark.parametrize(
    "record", [b"", b"v=dmarc1; p=none", b"v=DMARC1x; p=none", b"p=none; v=DMARC1", b"v=DMARC1" + b" " * MAX_OCTETS]
)
def test_what_starts_otherwise_is_no_record(record: bytes):
    with pytest.raises(DmarcSyntax):
        parse_dmarc(record)


def test_tags_are_read_without_white_space_and_the_first_of_two_counts():
    record = parse_dmarc(b"v=DMARC1; P = Reject ;p=none; ;nothing; rua=mailto:a@b.test?x=1; x-y=z")
    assert dict(record.tags) == {"v": "DMARC1", "p": "Reject", "rua": "mailto:a@b.test?x=1"}


@pytest.mark.parametrize(
    ("record", "own", "below", "absent"),
    [
        (b"v=DMARC1; p=reject", "reject", "reject", "reject"),
        (b"v=DMARC1; p=REJECT; sp=none", "reject", "none", "none"),
        (b"v=DMARC1; p=none; sp=quarantine; np=reject", "none", "quarantine", "reject"),
        (b"v=DMARC1; p=none; np=reject", "none", "none", "reject"),
        (b"v=DMARC1; p=reject; np=quarantine; t=y", "quarantine", "quarantine", "none"),
        (b"v=DMARC1; p=none; t=y", "none", "none", "none"),
        (b"v=DMARC1; p=reject; t=n; pct=0; rf=afrf; ri=1", "reject", "reject", "reject"),
        (b"v=DMARC1; rua=mailto:a@b.test", "none", "none", "none"),
        (b"v=DMARC1; p=block; rua=mailto:a@b.test", "none", "none", "none"),
        (b"v=DMARC1; p=reject; sp=block; rua=mailto:a@b.test", "none", "none", "none"),
        (b"v=DMARC1; p=reject; sp=block", None, None, None),
        (b"v=DMARC1; sp=reject; rua=", None, None, None),
        (b"v=DMARC1; rua=nobody", None, None, None),
    ],
)
def test_a_policy_is_that_of_the_domain_of_those_below_and_of_those_that_do_not_exist(
    record: bytes, own: str | None, below: str | None, absent: str | None
):
    read = parse_dmarc(record)
    assert (read.policy(), read.policy("sp"), read.policy("np", "sp")) == (own, below, absent)


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=80))
def test_every_record_of_that_version_is_read(rest: bytes):
    record = parse_dmarc(b"v=DMARC1;" + rest)
    assert record.tags["v"] == "DMARC1"
    record.policy("np", "sp")
