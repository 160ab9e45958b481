"""Encoded words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.mime.words import decode_words
from tests.cpu import cpu


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?Q?Caf=C3=A9?=", "Caf\u00e9"),
        (b"=?UTF-8?b?Q2Fmw6k=?=", "Caf\u00e9"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?a?=\t  =?iso-8859-1?q?=E9?=", "a\u00e9"),
        (b"=?us-ascii*en?Q?a_b?=", "a b"),
        (b"=?utf-8?b?w6k?=", "\u00e9"),
        (b"=?utf-8?b?w!6k=?=", "\u00e9"),
        (b"=?iso-8859-1?q?=80?=", "\u20ac"),
        (b"Caf\xc3\xa9", "Caf\u00e9"),
        (b"Caf\xe9", "Caf\u00e9"),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?q?open", "=?utf-8?q?open"),
    ],
)
def test_words_read_as_clients_show_them(value, text):
    assert decode_words(value) == text


def test_a_character_cut_in_two_words_is_whole_again():
    assert decode_words(b"=?utf-8?b?w6==?= =?utf-8?b?qQ==?=") == "\u00e9"


@pytest.mark.parametrize("charset", [b"x-unknown", b"idna", b"punycode", b"rot13", b"unicode_escape", b"hex"])
def test_a_name_that_is_no_charset_of_mail_is_read_as_utf8(charset):
    assert decode_words(b"=?" + charset + b"?q?a=C3=A9+AGE-?=") == "a\u00e9+AGE-"


def test_control_characters_become_visible():
    assert decode_words(b"=?utf-8?q?a=00b=0D=0Ac=1B[31m?=") == "a\u2400b  c\u241b[31m"


@given(st.binary(max_size=300))
@settings(derandomize=True, deadline=None)
def test_no_octets_raise_and_none_steer_the_reader(value):
    text = decode_words(value)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in text)


@pytest.mark.parametrize("piece", [b"=?", b"=?a?q?", b"=?a?b?", b"=?utf-8?q?a?= ", b"?="])
def test_hostile_repetition_takes_linear_time(piece):
    with cpu() as spent:
        decode_words(piece * (300_000 // len(piece)))
    assert spent.seconds < 3
