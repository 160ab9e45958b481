from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.filtering.linked_domains import MAX_DOMAINS, MAX_OCTETS, linked_domains


def domains(body: bytes) -> tuple[str, ...]:
    return linked_domains(MemoryContent(b"head" + body), 4)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"see http://www.bad.example/x and https://OTHER.bad.co.uk:8443/", ("bad.example", "bad.co.uk")),
        (b'<a href="https://user:pw@evil.example/">', ("evil.example",)),
        (b"http://a.example. http://b.example/ http://a.example", ("a.example", "b.example")),
        (b"http://192.0.2.1/x https://com/ ftp://c.example ://d.example http://", ()),
        (b"no links here", ()),
        (b"http://good.example@evil.example/", ("evil.example",)),
    ],
)
def test_the_registered_domains_of_links_are_found(body, expected):
    assert domains(body) == expected


def test_the_header_section_is_not_looked_at():
    head = b"X-Link: http://a.example\r\n\r\n"
    assert linked_domains(MemoryContent(head + b"http://b.example"), len(head)) == ("b.example",)


def test_there_is_an_end_to_it():
    assert len(domains(b" ".join(b"http://n%d.example" % number for number in range(1_000)))) == MAX_DOMAINS
    assert domains(b" " * MAX_OCTETS + b"http://a.example") == ()
    assert domains(b"http://" * 30_000) == ()


@settings(derandomize=True, deadline=None)
@given(st.lists(st.sampled_from([b"http://", b"@", b".", b"a", b"1", b"\xff", b"\n", b"-"]), max_size=40).map(b"".join))
def test_no_body_raises(body):
    assert all("." in domain for domain in domains(body))
