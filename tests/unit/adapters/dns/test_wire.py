"""Our DNS messages, with dnspython as the judge of what octets mean."""

from __future__ import annotations

from ipaddress import ip_address

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecluse.adapters.dns import wire
from ecluse.domain.dns import Answer, DnsStatus, Mx

ID = b"\x12\x34"
LABEL = st.binary(min_size=1, max_size=63)
NAME = st.lists(LABEL, min_size=1, max_size=6).filter(lambda labels: sum(map(len, labels)) + len(labels) < 255)
HOST = st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z0-9]{1,20}){1,3}", fullmatch=True)
TTL = st.integers(0, 2**31 - 1)
KINDS = st.sampled_from(sorted(wire.TYPES))


def question_of(name: str, kind: str = "A") -> bytes:
    encoded = wire.encode_name(name)
    assert encoded is not None
    return wire.encode_question(encoded, kind)


def response(name: str, kind: str, *lines: str, rcode: int = 0, flags: int = 0, authority: tuple[str, ...] = ()):
    """A packet that dnspython writes, compressed: records in zone file notation."""
    message = dns.message.make_response(dns.message.make_query(name, kind, id=0x1234))
    message.flags |= flags
    message.set_rcode(rcode)
    for section, records in ((message.answer, lines), (message.authority, authority)):
        for line in records:
            owner, ttl, record_kind, data = line.split(" ", 3)
            section.append(dns.rrset.from_text(owner, int(ttl), "IN", record_kind, data))
    return message.to_wire()


def answer_to(name: str, kind: str, *lines: str, **more) -> Answer:
    reply = wire.decode(response(name, kind, *lines, **more), question_of(name, kind), kind)
    assert reply is not None
    return reply.answer


# --- Questions


@settings(derandomize=True, deadline=None)
@given(HOST, KINDS)
def test_a_query_says_to_others_what_we_meant(name, kind):
    message = dns.message.from_wire(wire.encode_query(ID, question_of(name, kind)))
    assert message.id == 0x1234
    assert message.question[0].name == dns.name.from_text(name)
    assert dns.rdatatype.to_text(message.question[0].rdtype) == kind
    assert message.flags == dns.flags.RD | dns.flags.AD
    assert (message.edns, message.payload, message.ednsflags) == (0, 1_232, 0)


def test_a_query_can_do_without_edns():
    message = dns.message.from_wire(wire.encode_query(ID, question_of("a.example"), has_edns=False))
    assert message.edns == -1
    assert message.question[0].name == dns.name.from_text("a.example")


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..example", ".example", "a.example..", "b" * 64 + ".example", ".".join(["c" * 49] * 6), "é.example",
     "a\0.example", "a\ud800.example"],
)  # fmt: skip
def test_what_is_no_name_of_the_dns_is_not_asked(name):
    assert wire.encode_name(name) is None


def test_the_longest_name_and_label_are_asked():
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert len(name) == wire.MAX_TEXT_NAME
    assert wire.encode_name(name) == dns.name.from_text(name).to_wire()


@settings(derandomize=True, deadline=None)
@given(HOST, st.binary(min_size=255, max_size=255))
def test_mixing_the_case_changes_nothing_but_the_case(name, bits):
    question = question_of(name, "TXT")
    mixed = wire.mix_case(question, bits)
    assert mixed[:-4].lower() == question[:-4]
    assert mixed[-4:] == question[-4:]


def test_every_letter_may_change_its_case():
    assert wire.mix_case(question_of("mail-1.example"), b"\xff" * 255)[:-4] == b"\x06MAIL-1\x07EXAMPLE\0"


# --- Answers


RECORDS = {
    "A": st.ip_addresses(v=4).map(str),
    "AAAA": st.ip_addresses(v=6).map(str),
    "NS": HOST,
    "PTR": HOST,
    "CNAME": HOST,
    "MX": st.tuples(st.integers(0, 65_535), HOST).map(lambda mx: f"{mx[0]} {mx[1]}."),
    "TXT": st.lists(st.binary(max_size=255), min_size=1, max_size=4),
    "TLSA": st.tuples(st.integers(0, 255), st.integers(0, 255), st.binary(min_size=32, max_size=32)).map(
        lambda one: f"{one[0]} {one[1]} 1 {one[2].hex()}"
    ),
}


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.data(), HOST, KINDS, TTL)
def test_what_dnspython_writes_we_read_alike(data, name, kind, ttl):
    values = data.draw(st.lists(RECORDS[kind], min_size=1, max_size=1 if kind == "CNAME" else 5, unique_by=str))
    texts = [as_zone_text(kind, value) for value in values]
    found = answer_to(name, kind, *(f"{name}. {ttl} {kind} {text}" for text in texts))
    oracle = dict.fromkeys(as_our_record(kind, dns.rdata.from_text("IN", kind, text)) for text in texts)
    assert found == Answer(DnsStatus.OK, tuple(oracle), ttl)


def as_zone_text(kind: str, value) -> str:
    if kind == "TXT":
        return " ".join('"' + "".join(f"\\{octet:03d}" for octet in piece) + '"' for piece in value)
    return f"{value}." if kind in {"NS", "PTR", "CNAME"} else value


def as_our_record(kind: str, rdata):
    if kind == "TXT":
        return b"".join(rdata.strings)
    if kind == "TLSA":
        return rdata.to_wire()
    if kind == "MX":
        return Mx(rdata.preference, rdata.exchange.to_text(omit_final_dot=True))
    if kind in {"A", "AAAA"}:
        # dnspython writes some addresses with a dotted end; what counts is the address.
        return str(ip_address(rdata.address))
    return rdata.target.to_text(omit_final_dot=True)


@settings(derandomize=True, deadline=None)
@given(NAME)
def test_odd_characters_in_names_are_escaped_as_dnspython_does(labels):
    target = dns.name.Name([*labels, b""])
    packet = answer_packet(wire.TYPES["PTR"], target.to_wire())
    reply = wire.decode(packet, question_of("a.example", "PTR"), "PTR")
    expected = dns.name.Name([*(label.lower() for label in labels), b""]).to_text(omit_final_dot=True)
    assert reply.answer.texts == (expected,)


def answer_packet(kind: int, data: bytes, count: int = 1, name: str = "a.example") -> bytes:
    """An answer with `count` records of `data`, made by hand."""
    text_kind = next(text for text, number in wire.TYPES.items() if number == kind)
    head = ID + b"\x81\x80\0\1" + count.to_bytes(2, "big") + bytes(4) + question_of(name, text_kind)
    record = b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\0\1\0\0\1\0" + len(data).to_bytes(2, "big") + data
    return head + record * count


def test_aliases_are_followed_and_the_least_time_counts():
    found = answer_to(
        "www.example", "A", "www.example. 300 CNAME cdn.example.", "cdn.example. 60 CNAME host.example.",
        "host.example. 900 A 192.0.2.1", "other.example. 1 A 192.0.2.2",
    )  # fmt: skip
    assert found == Answer(DnsStatus.OK, ("192.0.2.1",), 60)


def test_the_order_of_records_and_the_case_of_names_do_not_matter():
    found = answer_to("WWW.Example", "A", "HOST.example. 5 A 192.0.2.1", "www.EXAMPLE. 5 CNAME host.EXAMPLE.")
    assert found.records == ("192.0.2.1",)


@pytest.mark.parametrize(("aliases", "status"), [(8, DnsStatus.OK), (9, DnsStatus.SERVFAIL)])
def test_eight_aliases_are_followed_and_no_more(aliases, status):
    chain = [f"n{number}.example. 60 CNAME n{number + 1}.example." for number in range(aliases)]
    assert answer_to("n0.example", "A", *chain, f"n{aliases}.example. 60 A 192.0.2.1").status is status


def test_aliases_in_a_circle_are_trouble_of_the_server():
    circle = ("a.example. 60 CNAME b.example.", "b.example. 60 CNAME a.example.")
    assert answer_to("a.example", "A", *circle).status is DnsStatus.SERVFAIL


def test_an_alias_that_is_asked_for_is_not_followed():
    assert answer_to("a.example", "CNAME", "a.example. 60 CNAME b.example.").records == ("b.example",)


def test_an_alias_to_nowhere_is_no_name():
    found = answer_to("a.example", "A", "a.example. 60 CNAME b.example.", rcode=3, authority=(SOA,))
    assert found == Answer(DnsStatus.NXDOMAIN, ttl=60)


SOA = "example. 600 SOA ns.example. admin.example. 1 2 3 4 300"


@pytest.mark.parametrize(("rcode", "status"), [(0, DnsStatus.NO_DATA), (3, DnsStatus.NXDOMAIN)])
def test_nothing_is_kept_as_long_as_the_zone_says(rcode, status):
    assert answer_to("a.example", "A", rcode=rcode, authority=(SOA,)) == Answer(status, ttl=300)
    assert answer_to("a.example", "A", rcode=rcode) == Answer(status, ttl=0)


@pytest.mark.parametrize(
    ("rcode", "status"), [(2, DnsStatus.SERVFAIL), (5, DnsStatus.REFUSED), (9, DnsStatus.SERVFAIL)]
)
def test_trouble_of_the_server_is_a_status(rcode, status):
    assert answer_to("a.example", "A", rcode=rcode) == Answer(status)


def test_the_word_about_dnssec_is_kept():
    assert answer_to("a.example", "A", "a.example. 60 A 192.0.2.1", flags=dns.flags.AD).is_authenticated
    assert answer_to("a.example", "A", rcode=3, flags=dns.flags.AD).is_authenticated
    assert not answer_to("a.example", "A", "a.example. 60 A 192.0.2.1").is_authenticated


def test_the_null_mx_has_no_host():
    assert answer_to("a.example", "MX", "a.example. 60 MX 0 .").exchanges == (Mx(0, ""),)


def test_a_cut_answer_is_asked_again():
    reply = wire.decode(response("a.example", "A", flags=dns.flags.TC), question_of("a.example"), "A")
    assert reply.is_truncated


def test_a_bare_header_may_say_that_the_answer_was_cut():
    assert wire.decode(ID + b"\x83\x80" + bytes(8), question_of("a.example"), "A").is_truncated
    assert wire.decode(ID + b"\x81\x80" + bytes(8), question_of("a.example"), "A") is None


def test_a_server_that_could_not_read_us_is_asked_without_edns():
    question = question_of("a.example")
    assert wire.decode(ID + b"\x81\x81" + bytes(8), question, "A").dislikes_edns
    assert wire.decode(response("a.example", "A", rcode=4), question, "A").dislikes_edns


# --- What is not meant for us, and what is meant to hurt


def test_the_answer_to_another_question_is_none():
    packet = response("a.example", "A", "a.example. 60 A 192.0.2.1")
    assert wire.decode(packet, question_of("b.example"), "A") is None
    assert wire.decode(packet, question_of("a.example", "MX"), "MX") is None


def test_a_question_is_no_answer():
    question = question_of("a.example")
    assert wire.decode(wire.encode_query(ID, question), question, "A") is None


def test_an_answer_in_another_case_may_be_forged_and_is_asked_again_where_that_is_impossible():
    packet = response("a.example", "A", "a.example. 60 A 192.0.2.1")
    mixed = wire.mix_case(question_of("a.example"), b"\xff" * 255)
    assert wire.decode(packet, mixed, "A").is_truncated
    assert wire.decode(packet, mixed, "A", checks_case=False).answer.records == ("192.0.2.1",)


@pytest.mark.parametrize(
    "data",
    [
        b"\xc0\x26",  # To itself.
        b"\xc0\xff",  # Behind the packet.
        b"\xff\xff",
        b"\xc0",
        b"\x40a",  # A label type that nobody uses.
        b"\x05abc",  # Cut.
        b"\x01a" * 127 + b"\0",  # 255 octets are allowed, this is one label more with the root.
        b"\x01a" * 126 + b"\xc0\x0c",  # Too long once unfolded.
        b"\x01a\0\0",  # Something follows.
        b"",
    ],
)
def test_names_that_break_the_rules_are_trouble_of_the_server(data):
    packet = answer_packet(wire.TYPES["PTR"], data)
    reply = wire.decode(packet, question_of("a.example", "PTR"), "PTR")
    is_allowed = data == b"\x01a" * 127 + b"\0"
    assert reply.answer.status is (DnsStatus.OK if is_allowed else DnsStatus.SERVFAIL)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("A", b"\1\2\3"), ("A", b"\1\2\3\4\5"), ("AAAA", bytes(15)), ("MX", b"\0"), ("TXT", b"\5abc"), ("MX", b"\0\1")],
)
def test_data_of_the_wrong_size_is_trouble_of_the_server(kind, data):
    reply = wire.decode(answer_packet(wire.TYPES[kind], data), question_of("a.example", kind), kind)
    assert reply.answer.status is DnsStatus.SERVFAIL


def test_a_packet_with_too_many_records_is_not_read():
    packet = answer_packet(1, b"\1\2\3\4", wire.MAX_RECORDS + 1)
    assert wire.decode(packet, question_of("a.example"), "A").answer.status is DnsStatus.SERVFAIL


def test_a_name_of_many_pointers_is_not_followed_to_its_end():
    steps = b"".join((0xC000 | position).to_bytes(2, "big") for position in range(40, 240, 2))
    packet = answer_packet(12, b"\0" + steps)
    assert wire.decode(packet, question_of("a.example", "PTR"), "PTR").answer.status is DnsStatus.SERVFAIL


VALID = response(
    "www.example", "A", "www.example. 300 CNAME cdn.example.", "cdn.example. 60 A 192.0.2.1", authority=(SOA,)
)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.lists(st.tuples(st.integers(2, len(VALID) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(VALID)))
def test_no_damaged_packet_raises(changes, size):
    packet = bytearray(VALID)
    for position, octet in changes:
        packet[position] = octet
    reply = wire.decode(bytes(packet[:size]), question_of("www.example"), "A")
    assert reply is None or reply.answer.status in DnsStatus


@settings(derandomize=True, deadline=None, max_examples=300)
@given(KINDS, st.binary(max_size=600))
@example("MX", b"")
def test_no_octets_behind_the_question_raise(kind, rest):
    packet = ID + b"\x81\x80\0\1\0\3\0\2\0\0" + question_of("a.example", kind) + rest
    assert wire.decode(packet, question_of("a.example", kind), kind).answer.status in DnsStatus


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=100))
def test_no_octets_raise(packet):
    assert wire.decode(packet, question_of("a.example"), "A") is None or packet[2:3] >= b"\x80"
