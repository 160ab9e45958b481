"""DNS messages as octets: one question out, one answer in (RFC 1035 section 4, RFC 2308, RFC 6891).

Whatever stands in a packet from outside, `decode` returns a `Reply` or None and never raises.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from socket import AF_INET6, inet_ntoa, inet_ntop
from struct import Struct

from ecluse.domain.dns import Answer, DnsStatus, Mx, Record

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "TLSA": 52}
UDP_OCTETS = 1_232  # What we say that we take over UDP: never fragmented on today's networks.
MAX_NAME_OCTETS = 255  # RFC 1035 section 2.3.4, length octets and root included.
MAX_TEXT_NAME = 253  # The same without the first length octet and the root.
MAX_LABEL_OCTETS = 63
MAX_POINTERS = 32  # Compression pointers in one name.
MAX_CHAIN = 8  # CNAMEs from the name asked for to the records.
MAX_RECORDS = 256  # Looked at in one packet, all sections together.
HEADER_OCTETS = 12
MAX_TTL = 0x7FFFFFFF  # More counts as 0 (RFC 2181 section 8).

_SOA, _ROOT = 6, b"\0"
_CLASS_IN = b"\0\1"
_HEADER = Struct("!HHHHHH")
_FIXED = Struct("!HHIH")  # Of a resource record: type, class, TTL, length of its data.
# RD: ask recursively. AD: we understand that bit in the answer (RFC 6840 section 5.7).
_ASKS = b"\x01\x20\0\1\0\0\0\0\0"
_WITH_EDNS, _WITHOUT_EDNS = b"\1", b"\0"
_OPT = b"\0\0\x29" + UDP_OCTETS.to_bytes(2, "big") + bytes(6)
_QR, _TC, _AD, _OPCODE, _RCODE = 0x8000, 0x0200, 0x0020, 0x7800, 0x000F
_NOERROR, _NXDOMAIN, _REFUSED = 0, 3, 5
_NOT_UNDERSTOOD = frozenset({1, 4})  # FORMERR and NOTIMP.
_LENGTHS = tuple(bytes((number,)) for number in range(MAX_LABEL_OCTETS + 1))
# What stands in a host name needs no look at each octet.
_UNESCAPED = bytes(set(range(0x21, 0x7F)) - set(b'"().;\\@$'))
# Letters to the bit that tells their cases apart, all else to zero. Length octets are below all letters.
_CASE_BITS = bytes(0x20 if chr(number).isascii() and chr(number).isalpha() else 0 for number in range(256))


@dataclass(frozen=True, slots=True)
class Reply:
    """What one packet says about our question."""

    answer: Answer
    is_truncated: bool = False  # Ask again by TCP.
    dislikes_edns: bool = False  # Ask again without it: the server could not read us.


def encode_name(name: str) -> bytes | None:
    """A name without final dot as octets; None when the DNS has no such name (RFC 1035 section 2.3.4)."""
    if not name or len(name) > MAX_TEXT_NAME or not name.isascii():
        return None
    labels = name.encode("ascii").split(b".")
    try:
        # Lengths over 63 are no index.
        wire = b"".join([_LENGTHS[len(label)] + label for label in labels])
    except IndexError:
        return None
    # A zero octet is only an empty label's length, or somebody plays with us.
    return None if 0 in wire else wire + _ROOT


def encode_question(name: bytes, kind: str) -> bytes:
    """The question section for a name in octets."""
    return name + TYPES[kind].to_bytes(2, "big") + _CLASS_IN


def encode_query(query_id: bytes, question: bytes, *, has_edns: bool = True) -> bytes:
    """A packet that asks one question; `query_id` has two octets."""
    if has_edns:
        return query_id + _ASKS + _WITH_EDNS + question + _OPT
    return query_id + _ASKS + _WITHOUT_EDNS + question


def mix_case(question: bytes, bits: bytes) -> bytes:
    """The question with each letter's case turned where `bits`, as long as the name at least, say so.

    A forger who does not see the question would have to guess each (draft-vixie-dnsext-dns0x20).
    """
    size = len(question) - 4
    mask = int.from_bytes(question[:size].translate(_CASE_BITS), "big") & int.from_bytes(bits[:size], "big")
    return (int.from_bytes(question[:size], "big") ^ mask).to_bytes(size, "big") + question[size:]


def decode(packet: bytes, question: bytes, kind: str, *, checks_case: bool = True) -> Reply | None:
    """What a packet says about `question`, the octets that we asked in; None when it is no answer to it.

    Where the case of letters is checked, an answer in another case counts as truncated: some servers do not keep
    it, and some packets are forged, so the question goes by TCP.
    """
    if len(packet) < HEADER_OCTETS:
        return None
    _, flags, questions, answers, authorities, _ = _HEADER.unpack_from(packet)
    if questions != 1 or flags & (_QR | _OPCODE) != _QR:
        return _without_question(flags, questions)
    asked = packet[HEADER_OCTETS : HEADER_OCTETS + len(question)]
    if asked != question and asked.lower() != question.lower():
        return None
    if flags & _TC or (checks_case and asked != question):
        return Reply(_SERVFAIL, is_truncated=True)
    try:
        return _read_reply(packet, kind, flags, (answers, authorities))
    except _Malformed:
        return Reply(_SERVFAIL)


def without_authentication(answer: Answer) -> Answer:
    """The same from a resolver whose word about DNSSEC is not believed."""
    return Answer(answer.status, answer.records, answer.ttl) if answer.is_authenticated else answer


_SERVFAIL = Answer(DnsStatus.SERVFAIL)


class _Malformed(Exception):
    """The packet breaks its grammar or our limits."""


def _without_question(flags: int, questions: int) -> Reply | None:
    """A bare header says that the server could not read us, or could not send all; anything else is none to us.

    Whoever forges one only makes us ask again.
    """
    if questions or flags & (_QR | _OPCODE) != _QR:
        return None
    if flags & _TC:
        return Reply(_SERVFAIL, is_truncated=True)
    return Reply(_SERVFAIL, dislikes_edns=True) if flags & _RCODE in _NOT_UNDERSTOOD else None


def _read_reply(packet: bytes, kind: str, flags: int, counts: tuple[int, int]) -> Reply:
    rcode = flags & _RCODE
    if rcode not in {_NOERROR, _NXDOMAIN}:
        failed = DnsStatus.REFUSED if rcode == _REFUSED else DnsStatus.SERVFAIL
        return Reply(Answer(failed), dislikes_edns=rcode in _NOT_UNDERSTOOD)
    if sum(counts) > MAX_RECORDS:
        raise _Malformed
    is_authenticated = bool(flags & _AD)
    name, position = _read_name(packet, HEADER_OCTETS)
    section = _Section(packet, position + 4, counts[0])
    records, ttl = _follow(section, name, kind)
    if records:
        return Reply(Answer(DnsStatus.OK, records, ttl, is_authenticated))
    status = DnsStatus.NXDOMAIN if rcode == _NXDOMAIN else DnsStatus.NO_DATA
    negative_ttl = _Section(packet, section.end, counts[1]).negative_ttl()
    return Reply(Answer(status, (), min(ttl, negative_ttl), is_authenticated))


class _Section:
    """The resource records of one section, ready to be looked up by owner and type."""

    __slots__ = ("_packet", "_records", "end")

    def __init__(self, packet: bytes, position: int, count: int) -> None:
        self._packet = packet
        self._records: dict[tuple[bytes, int], list[tuple[int, int, int]]] = {}
        for _ in range(count):
            owner, position = _read_name(packet, position)
            start = position + _FIXED.size
            if start > len(packet):
                raise _Malformed
            number, dns_class, ttl, size = _FIXED.unpack_from(packet, position)
            position = start + size
            if position > len(packet):
                raise _Malformed
            if dns_class == 1:
                found = self._records.setdefault((owner, number), [])
                found.append((0 if ttl > MAX_TTL else ttl, start, position))
        self.end = position

    def find(self, owner: bytes, kind: str) -> list[tuple[int, int, int]]:
        """TTL, start and end of the data of the records that fit."""
        return self._records.get((owner, TYPES[kind]), [])

    def read(self, found: list[tuple[int, int, int]], kind: str) -> tuple[Record, ...]:
        """The data of records; equal ones once."""
        reader = _READERS[kind]
        return tuple(dict.fromkeys([reader(self._packet, start, end) for _, start, end in found]))

    def target(self, owner: bytes) -> tuple[bytes, int] | None:
        """Where a CNAME leads, and its TTL."""
        found = self.find(owner, "CNAME")
        if not found:
            return None
        ttl, start, end = found[0]
        name, position = _read_name(self._packet, start)
        if position != end:
            raise _Malformed
        return name, ttl

    def negative_ttl(self) -> int:
        """How long the SOA record lets "there is none" be kept (RFC 2308 section 5); 0 without one."""
        for (_, number), found in self._records.items():
            ttl, _, end = found[0]
            if number == _SOA:
                return min(ttl, int.from_bytes(self._packet[end - 4 : end], "big"))
        return 0


def _follow(section: _Section, owner: bytes, kind: str) -> tuple[tuple[Record, ...], int]:
    """The records at the end of the CNAMEs, and the least TTL on the way (RFC 1034 section 3.6.2)."""
    ttl = MAX_TTL
    for _ in range(MAX_CHAIN + 1):
        found = section.find(owner, kind)
        if found:
            return section.read(found, kind), min(ttl, *(record[0] for record in found))
        step = section.target(owner)
        if step is None:
            return (), ttl
        owner, ttl = step[0], min(ttl, step[1])
    raise _Malformed


def _read_name(packet: bytes, position: int) -> tuple[bytes, int]:
    """A name as lower-case octets without compression, and the position behind it."""
    labels: list[bytes] = []
    size, end, pointers, lowest = 1, 0, 0, position
    while True:
        if position >= len(packet):
            raise _Malformed
        length = packet[position]
        if length == 0:
            break
        if length <= MAX_LABEL_OCTETS:
            behind = position + length + 1
            labels.append(packet[position:behind])
            size += length + 1
            if size > MAX_NAME_OCTETS or behind > len(packet):
                raise _Malformed
            position = behind
            continue
        end = end or position + 2
        position = _pointed_at(packet, position)
        pointers += 1
        # A pointer that does not lead further back could lead round in a circle.
        if position >= lowest or pointers > MAX_POINTERS:
            raise _Malformed
        lowest = position
    return b"".join(labels).lower(), end or position + 1


def _pointed_at(packet: bytes, position: int) -> int:
    if packet[position] < 0xC0 or position + 1 >= len(packet):
        raise _Malformed
    return (packet[position] & 0x3F) << 8 | packet[position + 1]


def _text(name: bytes) -> str:
    """A name as text; what is no plain character is escaped (RFC 1035 section 5.1), the root is ""."""
    return ".".join(_labels(name))


def _labels(name: bytes) -> Iterator[str]:
    position = 0
    while position < len(name):
        end = position + 1 + name[position]
        label = name[position + 1 : end]
        yield _escape(label) if label.translate(None, _UNESCAPED) else label.decode("ascii")
        position = end


def _escape(label: bytes) -> str:
    return "".join(
        chr(octet) if octet in _UNESCAPED else f"\\{chr(octet)}" if 0x20 < octet < 0x7F else f"\\{octet:03d}"
        for octet in label
    )


def _read_a(packet: bytes, start: int, end: int) -> Record:
    if end - start != 4:
        raise _Malformed
    return inet_ntoa(packet[start:end])


def _read_aaaa(packet: bytes, start: int, end: int) -> Record:
    if end - start != 16:
        raise _Malformed
    text = inet_ntop(AF_INET6, packet[start:end])
    # The C library writes some addresses with a dotted end, Python's ipaddress never: one notation for all.
    return str(ipaddress.IPv6Address(text)) if "." in text else text


def _read_host(packet: bytes, start: int, end: int) -> Record:
    name, position = _read_name(packet, start)
    if position != end:
        raise _Malformed
    return _text(name)


def _read_mx(packet: bytes, start: int, end: int) -> Record:
    name, position = _read_name(packet, start + 2)
    if position != end:
        raise _Malformed
    return Mx(int.from_bytes(packet[start : start + 2], "big"), _text(name))


def _read_txt(packet: bytes, start: int, end: int) -> Record:
    pieces = []
    while start < end:
        behind = start + 1 + packet[start]
        if behind > end:
            raise _Malformed
        pieces.append(packet[start + 1 : behind])
        start = behind
    return b"".join(pieces)


def _read_raw(packet: bytes, start: int, end: int) -> Record:
    return packet[start:end]


_READERS: dict[str, Callable[[bytes, int, int], Record]] = {
    "A": _read_a,
    "AAAA": _read_aaaa,
    "TXT": _read_txt,
    "MX": _read_mx,
    "PTR": _read_host,
    "NS": _read_host,
    "CNAME": _read_host,
    "TLSA": _read_raw,
}
