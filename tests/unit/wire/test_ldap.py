"""LDAP on the wire: what is sent is as others send it, and nothing that comes is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.wire.ldap import ber, messages
from ecluse.wire.ldap.ber import BadBer
from ecluse.wire.ldap.filters import MAX_DEPTH, MAX_TEXT, BadFilter, encode_filter
from ecluse.wire.ldap.messages import Search


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("(mail=*)", "8704 6d61696c"),
        ("(uid=ann)", "a30a 0403756964 0403616e6e"),
        (r"(cn=a\2ab)", "a309 0402636e 0403612a62"),
        ("(!(uid=x))", "a20a a308 0403756964 040178"),
        ("(mail=*@one.*x)", "a416 04046d61696c 300e 8105406f6e652e 820178".replace("300e 8105", "300a 8105").replace("a416", "a412")),
        ("(&(a>=1)(b<=2))", "a010 a506 040161 040131 a606 040162 040132"),
        ("(u:1.2.3:=2)", "a90d 8105312e322e33 820175 830132"),
    ],
)  # fmt: skip
def test_filters_are_written_as_rfc_4515_has_them(text, wire):
    assert encode_filter(text).hex() == wire.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "", "mail=*", "(mail=*", "(mail=*))", "(mail)", "(&)", "(!(a=b)(c=d))", "(a=b\\)", "(a=\\zz)", "(=x)", "(a=**)",
        "(:=x)", "(a=b)(c=d)", "(&(a=b)x)", "(" * 50 + "a=b" + ")" * 50, f"(a={'x' * MAX_TEXT})",
        "(!" * (MAX_DEPTH + 1) + "(a=b)" + ")" * (MAX_DEPTH + 1),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_said(text):
    with pytest.raises(BadFilter):
        encode_filter(text)


@given(st.text(max_size=60))
def test_no_text_makes_the_filter_reader_stumble(text):
    try:
        encoded = encode_filter(text)
    except BadFilter:
        return
    assert len(list(ber.elements(encoded))) == 1


@given(st.binary(max_size=200))
def test_no_octets_make_the_reader_of_messages_stumble(data):
    for read in (messages.read_message, messages.read_result, messages.read_entry, messages.next_cookie):
        try:
            read(data)
        except BadBer:
            continue


def test_an_entry_is_read_with_what_is_text_in_it():
    values = ber.sequence(ber.octets("ann@one.example"), ber.octets(b"\xff\xfe"), tag=ber.SET)
    entry = ber.octets("cn=ann") + ber.sequence(ber.sequence(ber.octets("Mail;lang-fr"), values))
    assert messages.read_entry(entry) == {"mail": ("ann@one.example",)}


def test_a_page_names_the_next_one():
    value = ber.octets(ber.sequence(ber.integer(0), ber.octets(b"more")))
    control = ber.sequence(ber.octets(messages.PAGED_RESULTS), value)
    assert messages.next_cookie(control) == b"more"
    assert messages.next_cookie(b"") == b""


def test_a_search_carries_its_page_as_a_critical_control():
    wanted = Search("dc=one", encode_filter("(mail=*)"), ("mail",), 10, 5)
    message = messages.read_message(messages.search(7, wanted, 500, b"here"))
    assert (message.id, message.kind) == (7, messages.SEARCH)
    assert messages.PAGED_RESULTS.encode() in message.controls
    assert messages.next_cookie(message.controls) == b"here"


def test_a_length_that_promises_too_much_is_known_before_it_comes():
    assert ber.size_of_first(b"\x30\x84\x7f\xff\xff\xff") == 0x7FFFFFFF + 6
    assert ber.size_of_first(b"\x30\x84\x7f") is None
    for endless in (b"\x30\x80", b"\x30\x85\x01", b"\x3f\x81\x01"):
        with pytest.raises(BadBer):
            ber.size_of_first(endless)


@pytest.mark.parametrize("controls", ["3000", "3002 0400", "3001 00"])
def test_an_odd_control_leads_to_no_other_page(controls):
    try:
        assert messages.next_cookie(bytes.fromhex(controls)) == b""
    except BadBer:
        assert controls == "3001 00"


def test_values_of_an_attribute_that_comes_again_are_added():
    attribute = ber.sequence(ber.octets("mail"), ber.sequence(ber.octets("a@one.example"), tag=ber.SET))
    entry = ber.octets("uid=ann") + ber.sequence(attribute, attribute)
    assert messages.read_entry(entry) == {"mail": ("a@one.example", "a@one.example")}
