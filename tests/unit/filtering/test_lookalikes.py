from __future__ import annotations

import pytest

from ecluse.filtering.lookalikes import MAX_ORIGINALS, is_taken_for, originals
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
        "exarnp1e.com",
    ],
)
def test_a_slip_of_the_eye_is_seen(domain):
    assert is_taken_for(domain, "example.com")


@pytest.mark.parametrize("domain", ["example.com", "other.com", "example.org", "samples.com", "example-museum.com"])
def test_other_names_are_other_names(domain):
    assert not is_taken_for(domain, "example.com")


@pytest.mark.parametrize(("domain", "ours"), [("1bm.com", "ibm.com"), ("cic.fr", "clc.fr"), ("a-b.fr", "ab.fr")])
def test_short_names_resemble_each_other_by_chance(domain, ours):
    assert not is_taken_for(domain, ours)


def test_originals_are_bounded_and_each_comes_once():
    with cpu() as spent:
        found = list(originals("il1-rn" * 40 + ".com"))
    assert len(found) == len(set(found)) == MAX_ORIGINALS
    assert spent.seconds < 0.5
