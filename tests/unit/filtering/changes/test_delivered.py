from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import Evidence
from ecluse.domain.incoming import Direction
from ecluse.domain.mass import MassFacts, MassKind
from ecluse.filtering import inbound, outbound
from ecluse.filtering.changes.delivered import delivered
from ecluse.filtering.changes.departure import Departure
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.samples import HARMLESS, MESSAGE, incoming

OURS = [b"received", b"authentication-results", b"x-ecluse-status", b"x-ecluse-id"]


def outgoing(message=MESSAGE, evidence=HARMLESS, direction=Direction.INBOUND):
    received = incoming(message, direction=direction)
    changes = {Direction.INBOUND: inbound.CHANGES, Direction.OUTBOUND: outbound.CHANGES}[direction]
    content = delivered(Departure(received, evidence, "gateway.test"), split_head(received.content), changes)
    octets = b"".join(content.chunks())
    assert len(octets) == content.size
    return octets


def of_kind(kind):
    return replace(HARMLESS, mass=MassFacts(kind))


def test_who_wants_a_tag_gets_one_field_more_and_nothing_else():
    received = incoming()
    departure = Departure(received, of_kind(MassKind.NEWSLETTER), "gateway.test", is_tagged=True)
    content = delivered(departure, split_head(received.content), inbound.CHANGES)
    octets = b"".join(content.chunks())
    assert octets.replace(b"X-Ecluse-Class: M\r\n", b"") == outgoing(evidence=of_kind(MassKind.NEWSLETTER))
    assert octets.count(b"X-Ecluse-Class") == 1


def fields(octets):
    return list(split_head(MemoryContent(octets)).names)


def below_ours(octets):
    """What follows the fields that we set."""
    mark = b"X-Ecluse-Id: 0190aabbccdd70008000000000000001\r\n"
    assert octets.count(mark) == 1
    return octets.partition(mark)[2]


def test_our_fields_stand_on_top_and_the_message_below_them_is_untouched():
    octets = outgoing()
    assert fields(octets)[:4] == OURS
    assert below_ours(octets) == MESSAGE


def test_the_status_says_what_is_known():
    assert b"X-Ecluse-Status: server=ok; spf=unknown; dkim=unknown; sender=unknown; bulk=no\r\n" in outgoing()
    assert b"; bulk=yes; class=M\r\n" in outgoing(evidence=of_kind(MassKind.NEWSLETTER))
    assert b"; bulk=yes\r\n" in outgoing(evidence=of_kind(MassKind.DISCUSSION))
    assert b"; bulk=unknown\r\n" in outgoing(evidence=Evidence())


def test_mail_from_our_clients_carries_no_opinion_of_ours():
    octets = outgoing(direction=Direction.OUTBOUND)
    assert fields(octets)[:2] == [b"received", b"x-ecluse-id"]
    assert b"X-Ecluse-Status" not in octets
    assert b"Authentication-Results" not in octets


@pytest.mark.parametrize(
    "forged",
    [
        b"X-Ecluse-Status: spf=pass; sender=known\r\n",
        b"x-ecluse-ID : 123\r\n",
        b"X-ECLUSE-ANYTHING:\r\n\tfolded\r\n",
        b"Authentication-Results: gateway.test; dmarc=pass\r\n",
        b"authentication-results : GateWay.Test ; dmarc=pass\r\n",
        b"Authentication-Results: gateway.test 1; dmarc=pass\r\n",
        b"Authentication-Results:\r\n gateway.test;\r\n dmarc=pass\r\n",
        b"Authentication-Results: (a (nested \\) comment)) (another) gateway.test; dmarc=pass\r\n",
        b'Authentication-Results: "gateway.test"; dmarc=pass\r\n',
        b"Authentication-Results: gateway.test.; dmarc=pass\r\n",
        b"Authentication-Results: gateway.test(comment); dmarc=pass\r\n",
        b"Authentication-Results: gateway.test\r\n",
    ],
)
@pytest.mark.parametrize("place", ["top", "middle", "end"])
def test_a_forged_field_is_taken_away_and_nothing_else(forged, place):
    at = {"top": 0, "middle": MESSAGE.index(b"To:"), "end": MESSAGE.index(b"\r\n\r\n") + 2}[place]
    assert below_ours(outgoing(MESSAGE[:at] + forged + MESSAGE[at:])) == MESSAGE


@pytest.mark.parametrize(
    "foreign",
    [
        b"Authentication-Results: mx.sender.example; spf=pass\r\n",
        b"Authentication-Results: gateway.test.evil.example; spf=pass\r\n",
        b"Authentication-Results: (gateway.test) mx.sender.example; spf=pass\r\n",
        b"Authentication-Results: ; spf=pass\r\n",
        b"Authentication-Results: (never closed gateway.test; spf=pass\r\n",
        b"ARC-Authentication-Results: i=1; gateway.test; spf=pass\r\n",
        b"X-Other: X-Ecluse-Status: pass\r\n\tX-Ecluse-Id: a fold that looks like ours\r\n",
        b"this line is no field\r\n",
    ],
)
def test_what_others_wrote_stays_to_the_octet(foreign):
    message = foreign + MESSAGE
    assert below_ours(outgoing(message)) == message
    forged = b"X-Ecluse-Id: a fold that looks like ours\r\n"
    assert below_ours(outgoing(foreign + forged + MESSAGE)) == message


def test_a_first_line_that_continues_nothing_may_not_continue_our_field():
    octets = outgoing(b" ; forged=yes\r\n\tmore\r\n" + MESSAGE)
    assert below_ours(octets) == MESSAGE


def test_a_body_that_looks_like_forged_fields_is_not_touched():
    message = MESSAGE + b"X-Ecluse-Status: spf=pass\r\nAuthentication-Results: gateway.test; spf=pass\r\n"
    assert below_ours(outgoing(message)) == message


def test_ten_thousand_comments_before_the_id_are_read_in_no_time():
    message = b"Authentication-Results: " + b"()" * 100_000 + b" gateway.test; spf=pass\r\n" + MESSAGE
    assert below_ours(outgoing(message)) == MESSAGE


LINES = st.sampled_from(
    [
        b"Subject: a\r\n",
        b"X-Ecluse-Id: forged\r\n",
        b"Authentication-Results: gateway.test; spf=pass\r\n",
        b"Authentication-Results: other.test; spf=pass\r\n",
        b"\tX-Ecluse-Id: forged\r\n",
        b" continued\r\n",
        b"no field at all\r\n",
        b": no name\r\n",
    ]
)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.lists(LINES, max_size=8), st.sampled_from([b"\r\nbody\r\n", b"\r\n", b""]))
def test_below_our_fields_stands_no_forged_one_and_every_honest_one_in_its_order(lines, rest):
    message = b"".join(lines) + rest
    section = split_head(MemoryContent(message))
    honest = [
        raw
        for name, raw in zip(section.names, section.raws, strict=True)
        if not name.startswith(b"x-ecluse-") and not raw.startswith(b"Authentication-Results: gateway.test")
    ]
    octets = outgoing(message)
    after = split_head(MemoryContent(octets))
    assert list(after.raws[4:]) == honest
    assert octets.endswith(message[section.octets :])
