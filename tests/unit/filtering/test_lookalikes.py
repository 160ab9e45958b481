from __future__ import annotations

import pytest

from ecluse.filtering.lookalikes import MAX_ORIGINALS, originals
from tests.cpu import cpu


@pytest.mark.parametrize(
    "domain",
    [
        "examp1e.com",
        "exarnple.com",
        "exmaple.com",
        "exammple.com",
        "ex-ample.com",
        "example.co",
        "example-invoices.com",
    ],
)
def test_a_slip_of_the_eye_is_seen(domain):
    assert "example.com" in originals(domain)


@pytest.mark.parametrize("domain", ["example.com", "other.com", "example.org", "samples.com", "example-museum.com"])
def test_other_names_are_other_names(domain):
    assert "example.com" not in originals(domain)


@pytest.mark.parametrize(("domain", "ours"), [("1bm.com", "ibm.com"), ("cic.fr", "clc.fr"), ("a-b.fr", "ab.fr")])
def test_short_names_resemble_each_other_by_chance(domain, ours):
    assert ours not in originals(domain)


def test_originals_are_bounded_and_each_comes_once():
    with cpu() as spent:
        found = originals("il1-rn" * 40 + ".com")
    assert len(found) == len(set(found)) == MAX_ORIGINALS
    assert spent.seconds < 0.5
