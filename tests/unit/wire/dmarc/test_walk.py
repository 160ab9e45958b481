"""The tree walk: which names are asked, and whose domain it is."""

from __future__ import annotations

import pytest

from ecluse.wire.dmarc.walk import Walker, walked_names
from tests.unit.wire.zone import Zone


def test_a_long_name_is_shortened_after_its_first_query():
    """The example of RFC 9989 section 4.10."""
    assert walked_names("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    ]


@pytest.mark.parametrize("labels", range(1, 127))
def test_a_walk_asks_at_most_eight_names_and_ends_at_the_top(labels: int):
    names = walked_names(".".join(["a"] * (labels - 1) + ["com"]))
    assert len(names) == min(labels, 8)
    assert names[-1] == "com"


PLAIN, OWN, SUFFIX = b"v=DMARC1; p=none", b"v=DMARC1; p=none; psd=n", b"v=DMARC1; p=none; psd=y"


@pytest.mark.parametrize(
    ("records", "organisation"),
    [
        ({}, "a.mail.example.com"),
        ({"mail.example.com": PLAIN, "example.com": PLAIN}, "example.com"),
        ({"mail.example.com": OWN, "example.com": PLAIN}, "mail.example.com"),
        ({"com": SUFFIX}, "example.com"),
        ({"example.com": SUFFIX}, "mail.example.com"),
        ({"mail.example.com": PLAIN, "example.com": SUFFIX}, "mail.example.com"),
        ({"a.mail.example.com": SUFFIX, "example.com": PLAIN}, "a.mail.example.com"),
        ({"a.mail.example.com": PLAIN}, "a.mail.example.com"),
        ({"com": PLAIN}, "com"),
    ],
)
async def test_an_organisation_is_found_by_its_records(records: dict[str, bytes], organisation: str):
    zone = Zone()
    for name, record in records.items():
        zone.add(f"_dmarc.{name}", "TXT", b"something else", record)
    assert await Walker(zone.lookup).organisation("a.mail.example.com") == organisation


async def test_several_records_at_a_name_count_as_none():
    zone = Zone().add("_dmarc.mail.example.com", "TXT", PLAIN, PLAIN).add("_dmarc.example.com", "TXT", PLAIN)
    assert list(await Walker(zone.lookup).records("mail.example.com")) == ["example.com"]


async def test_no_name_is_asked_for_twice():
    zone = Zone()
    walker = Walker(zone.lookup)
    for name in ("a.example.com", "b.example.com", "example.com"):
        await walker.organisation(name)
    assert [name for name, _ in zone.asked] == [
        "_dmarc.a.example.com",
        "_dmarc.example.com",
        "_dmarc.com",
        "_dmarc.b.example.com",
    ]
