"""What name servers answer."""

from __future__ import annotations

from ecluse.adapters.dns import wire
from ecluse.domain.dns import DnsStatus, Mx
from tests.fuzz.target import Choices, Target, seed

KINDS = tuple(wire.TYPES)


def examine_answer(data: bytes) -> None:
    """Whatever stands in a packet, it is no answer to us or one of the statuses, within bounds."""
    choices = Choices(data)
    kind = KINDS[choices.flags % len(KINDS)]
    question = wire.encode_question(b"\x01a\x07example\0", kind)
    head = b"\x12\x34\x81\x80\0\1\0\2\0\1\0\0" + question
    for packet in (choices.octets, head + choices.octets):
        reply = wire.decode(packet, question, kind)
        if reply is None:
            continue
        assert reply.answer.status in DnsStatus
        assert 0 <= reply.answer.ttl <= wire.MAX_TTL
        assert (reply.answer.status is DnsStatus.OK) == bool(reply.answer.records)
        for record in reply.answer.records:
            name = record.host if isinstance(record, Mx) else record
            # A name of 253 octets has four characters for each that must be escaped.
            assert isinstance(name, bytes) or (len(name) <= 4 * wire.MAX_NAME_OCTETS and name.isascii())


_A = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
_CNAME = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x0e"
_MX = b"\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\x07\0\x0a\2mx\xc0\x0c"
_TXT = b"\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\7\6v=spf1"
_SOA = b"\xc0\x0e\0\6\0\1\0\0\0\x3c\0\x18\xc0\x0c\xc0\x0c" + bytes(20)

TARGETS = (
    Target(
        "dns_answer",
        examine_answer,
        (seed(_A + _A + _SOA), seed(_CNAME + _A + _SOA), seed(_MX + _MX, 4), seed(_TXT + _A + _SOA, 5), seed(_SOA)),
    ),
)
