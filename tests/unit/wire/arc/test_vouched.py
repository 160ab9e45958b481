"""Whom the first hop of a chain vouches for."""

from __future__ import annotations

import pytest

from ecluse.wire.arc.chain import Validity
from ecluse.wire.arc.sets import Chain
from ecluse.wire.arc.vouched import MAX_DOMAINS, vouched_domains
from tests.unit.wire.arc.hops import chain_of, fields, hopped
from tests.unit.wire.dkim.keys import rsa_key
from tests.unit.wire.dkim.mails import MESSAGE


def vouched(results: bytes) -> tuple[str, ...]:
    """Of a chain of two hops whose first tells so."""
    first = b"".join(fields(MESSAGE, rsa_key("hop1.example"), Validity.NONE, results=results)) + MESSAGE
    return vouched_domains(chain_of(hopped(first, 1)))


def test_without_a_chain_nobody():
    assert vouched_domains(Chain()) == ()


@pytest.mark.parametrize(
    ("results", "domains"),
    [
        (b"dmarc=pass header.from=bank.example", ("bank.example",)),
        (b"dmarc=pass (p=REJECT) action=none header.from=Bank.Example", ("bank.example",)),
        (b"dmarc=fail header.from=bank.example", ()),
        (b"dmarc=none header.from=bank.example", ()),
        (b"dkim=pass header.d=bank.example; dmarc=fail header.from=bank.example", ()),
        (b"dkim=pass header.d=bank.example header.s=k", ("bank.example",)),
        (b"dkim=pass header.i=@bank.example", ("bank.example",)),
        (b"dkim=fail header.d=bank.example", ()),
        (b"spf=pass smtp.mailfrom=bank.example", ()),
        (b'dkim=fail reason="dmarc=pass header.from=bank.example"', ()),
        (b"spf=pass (dmarc=pass header.from=bank.example) smtp.mailfrom=a.example", ()),
        (b"none", ()),
    ],
)
def test_what_the_first_hop_saw_counts(results, domains):
    assert vouched(results) == domains


def test_no_more_names_than_anybody_needs():
    signatures = b"; ".join(b"dkim=pass header.d=d%d.example" % number for number in range(30))
    assert len(vouched(signatures)) == MAX_DOMAINS
