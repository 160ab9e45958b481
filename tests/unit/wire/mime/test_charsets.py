"""Texts in charsets that strangers name, or do not."""

from __future__ import annotations

import pytest

from ecluse.wire.mime.charsets import codec_of, decode_text, is_odd, text_readings
from tests.cpu import cpu

RUSSIAN = (
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0434\u0435\u043b\u0430? "
    "\u042d\u0442\u043e \u043f\u0438\u0441\u044c\u043c\u043e \u043d\u0430\u043f\u0438\u0441\u0430\u043d\u043e "
    "\u043f\u043e-\u0440\u0443\u0441\u0441\u043a\u0438, \u0438 \u043e\u043d\u043e \u0434\u043b\u0438\u043d\u043d\u043e\u0435."
)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("\u00e9t\u00e9".encode(), "\u00e9t\u00e9"),
        ("\u00e9t\u00e9 \u20ac".encode("cp1252"), "\u00e9t\u00e9 \u20ac"),
        (RUSSIAN.encode("koi8-r"), RUSSIAN),
        (RUSSIAN.encode("cp1251"), RUSSIAN),
        (RUSSIAN[:8].encode("koi8-r"), RUSSIAN[:8].encode("koi8-r").decode("cp1252")),  # Too short to be sure.
        (bytes(range(0xA0, 0x100)), bytes(range(0xA0, 0x100)).decode("cp1252")),  # No language at all.
    ],
)
def test_a_text_without_a_charset_is_utf8_else_what_it_surely_looks_like_else_cp1252(octets, text):
    assert decode_text(octets) == text


@pytest.mark.parametrize("charset", ["utf-8", "koi8-r", "latin1"])
def test_a_charset_that_is_named_is_believed(charset):
    assert decode_text(RUSSIAN.encode("koi8-r"), charset) == RUSSIAN.encode("koi8-r").decode(
        {"latin1": "cp1252"}.get(charset, charset), "replace"
    )


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"+ADw-script+AD4-", "<script>"),
        (b"1 +- 1 +AOk-t+AOk", "1 + 1 \u00e9t\u00e9"),
        (b"Hi Mom -+Jjo--!", "Hi Mom -\u263a-!"),  # RFC 2152, first example.
        (b"+2D3eAA-", "\U0001f600"),
        (b"+A", ""),
    ],
)
def test_utf_7_is_read_as_those_do_who_still_know_it(octets, text):
    assert decode_text(octets, "UTF-7") == text
    assert decode_text(octets, "unicode-1-1-utf-7") == text


@pytest.mark.parametrize(
    "charset", ["utf-7", "UTF-16", "utf-16le", "utf-32", "hz-gb-2312", "ibm037", "CP500", "x-unicode-2-0-utf-7"]
)
def test_a_charset_that_hides_letters_is_odd(charset):
    assert is_odd(charset)


@pytest.mark.parametrize(
    "charset", ["", "us-ascii", "utf-8", "iso-8859-15", "iso-2022-jp", "gb18030", "big5", "nonsense"]
)
def test_charsets_of_honest_mail_are_not(charset):
    assert not is_odd(charset)


def test_a_text_in_an_odd_charset_is_read_twice_and_one_with_two_charsets_in_both():
    assert text_readings(b"+AEE-", ("utf-7",)) == ("A", "+AEE-")
    assert text_readings("\u00e9".encode(), ("utf-8", "iso-8859-1")) == ("\u00e9", "\u00c3\u00a9")
    assert text_readings(b"A", ("utf-8", "iso-8859-1")) == ("A",)
    assert text_readings(b"A", ()) == ("A",)


def test_no_charset_reaches_the_registry_of_codecs():
    assert codec_of("utf-7") is None
    assert codec_of("../../x") is None


@pytest.mark.parametrize("octets", [b"+" * 500_000, b"+A" * 250_000, b"+" + b"A" * 500_000, b"\xe9" * 500_000])
@pytest.mark.parametrize("charset", ["utf-7", ""])
def test_hostile_octets_take_no_long_time(octets, charset):
    with cpu() as spent:
        decode_text(octets, charset)
    assert spent.seconds < 1.0
