"""Parameters in every reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.mime.parameters import names, parse_parameters
from tests.cpu import cpu


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'attachment; filename="a.exe"', {"a.exe"}),
        (b"attachment; filename=a.exe", {"a.exe"}),
        (b"attachment; FileName = a.exe ; size=3", {"a.exe"}),
        (b"attachment; ; filename=a.exe;", {"a.exe"}),
        (b"attachment; filename*=utf-8''a%2Eexe", {"a.exe"}),
        (b"attachment; filename*0=a.; filename*1=exe", {"a.exe"}),
        (b"attachment; filename*1=exe; filename*0=a.", {"a.exe"}),
        (b"attachment; filename*0*=utf-8''%61.; filename*1=exe", {"a.exe"}),
        (b"attachment; filename=a.txt; filename*=utf-8''a.exe", {"a.exe", "a.txt"}),
        (b"attachment; filename=a.txt; filename=a.exe", {"a.exe", "a.txt"}),
        (b'attachment; filename="=?utf-8?B?YS5leGU=?="', {"a.exe", "=?utf-8?B?YS5leGU=?="}),
        (b"attachment; filename='a.exe'", {"a.exe", "'a.exe'"}),
        (b"attachment; filename=a.exe (harmless)", {"a.exe"}),
        (b'attachment; filename="a.txt";x="filename=b.exe"', {"a.txt"}),
        (b"attachment; filename\x00=a.exe", {"a.exe"}),
        (b'attachment; filename="a.exe', {"a.exe"}),
    ],
)
def test_every_name_that_some_reader_sees_is_found(value, expected):
    found = set(names(parse_parameters(value)))
    assert expected <= found
    assert expected == found or b"(" in value


def test_the_name_of_content_type_counts_as_well():
    assert names(parse_parameters(b"attachment; filename=a.txt"), parse_parameters(b"a/b; name=b.exe")) == (
        "a.txt",
        "b.exe",
    )


def test_the_form_of_rfc_2231_comes_first():
    assert parse_parameters(b"x; filename=old; filename*=utf-8''new").readings("filename")[0] == "new"


def test_a_repeated_parameter_is_told():
    assert parse_parameters(b"a/b; name=x; name=y").repeated == {"name"}
    assert not parse_parameters(b"a/b; name=x; charset=y").repeated


def test_comments_are_no_part_of_the_value():
    assert parse_parameters(b"multipart(x(y))/mixed; boundary=b").value == b"multipart/mixed"


@given(st.binary(max_size=300))
@settings(derandomize=True, deadline=None)
def test_no_octets_raise(value):
    parse_parameters(b"a/b; name=" + value).readings("name")


@pytest.mark.parametrize("piece", [b"(", b'"', b"\\", b";", b";a", b"=", b'";', b";name=x", b";name*1*=%41"])
def test_hostile_repetition_takes_linear_time(piece):
    with cpu() as spent:
        parse_parameters(b"a/b;" + piece * (200_000 // len(piece))).readings("name")
    assert spent.seconds < 3
