"""Content-transfer-encodings as clients decode them."""

from __future__ import annotations

import binascii
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.mime.decoding import (
    BASE64,
    QUOTED_PRINTABLE,
    UUENCODE,
    YENC,
    decode,
    decode_base64_run,
    only_base64,
    readings,
)


@pytest.mark.parametrize(
    "data",
    [b"QUJDREU=", b"QUJDREU", b"QUJD\r\nREU=\r\n", b"Q!U J\x00D-R\xffEU=", b"QQ==QkNERQ==", b"QUJDRE\tU="],
)
def test_base64_survives_garbage_and_missing_padding(data):
    assert decode(data, BASE64) == b"ABCDE"


@given(st.text("AQg+/ \r\n\x00=", max_size=40).map(str.encode))
@settings(derandomize=True)
def test_what_needs_no_cleaning_is_decoded_as_if_it_were_cleaned(data):
    clean = only_base64(data).rstrip(b"=")
    assert decode(data, BASE64) == b"".join(map(decode_base64_run, clean.split(b"=")))


def test_what_follows_padding_has_three_readings():
    assert set(readings(b"QQ==QkM=", BASE64)) == {b"ABC", b"A", b"A\x04$"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"=41=\r\nB", b"AB"),
        (b"=41=  \r\nB", b"AB"),
        (b"A  \r\nB", b"A\r\nB"),
        (b"=4a", b"J"),
        (b"=zz", b"=zz"),
        (b"a=", b"a"),
    ],
)
def test_quoted_printable_is_read_leniently(data, text):
    assert decode(data, QUOTED_PRINTABLE) == text


def test_the_line_ends_of_a_file_that_is_no_text_have_a_second_reading():
    assert list(readings(b"PK=03=00=\r\nA\r\nB", QUOTED_PRINTABLE)) == [b"PK\x03\0A\r\nB", b"PK\x03\0A\nB"]
    assert list(readings(b"A\r\nB=\r\nC", QUOTED_PRINTABLE)) == [b"A\r\nBC"]


def test_an_escape_with_a_space_in_it_has_a_second_reading():
    assert list(readings(b"= 41", QUOTED_PRINTABLE)) == [b"= 41", b"A"]


@given(st.binary(max_size=500))
@settings(derandomize=True, deadline=None)
def test_what_was_encoded_comes_back(data):
    assert decode(binascii.b2a_base64(data), BASE64) == data
    assert decode(
        quopri.encodestring(data, quotetabs=True).replace(b"\n", b"\r\n")
        if b"\n" not in data and b"\r" not in data
        else b"",
        QUOTED_PRINTABLE,
    ) in (data, b"")
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    assert decode(b"begin 644 x\n" + lines + b"`\nend\n", UUENCODE) == data


@given(st.binary(max_size=300), st.sampled_from([BASE64, QUOTED_PRINTABLE, UUENCODE, YENC]))
@settings(derandomize=True, deadline=None)
def test_no_octets_raise(data, encoding):
    assert next(readings(data, encoding)) == decode(data, encoding)


def yencoded(data):
    """As posting programs do it: NUL, LF, CR and "=" are escaped."""
    shifted = ((octet + 42) & 255 for octet in data)
    escaped = b"".join(b"=" + bytes([(one + 64) & 255]) if one in b"\0\n\r=" else bytes([one]) for one in shifted)
    return b"\r\n".join(escaped[at : at + 128] for at in range(0, len(escaped), 128))


@given(st.binary(max_size=600))
@settings(derandomize=True, deadline=None)
def test_what_was_yencoded_comes_back(data):
    head = b"=ybegin part=1 line=128 size=600 name=x.exe\r\n=ypart begin=1 end=600\r\n"
    assert decode(head + yencoded(data) + b"\r\n=yend size=600\r\n", YENC) == data
    assert decode(yencoded(data), YENC) == data
