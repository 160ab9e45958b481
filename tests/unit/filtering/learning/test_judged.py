"""Feedback teaches what the judge has seen, through whichever servers the message went since."""

from __future__ import annotations

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.evidence import Evidence
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.peer import Peer
from ecluse.filtering.changes.delivered import delivered
from ecluse.filtering.changes.departure import Departure
from ecluse.filtering.inbound import CHANGES
from ecluse.filtering.learning.judged import sample_of
from ecluse.filtering.learning.letter import Arrival
from ecluse.filtering.learning.replay import packed
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.learning.mail import letter, raw

ID = "019a0000000170008000000000000001"
OURS_INSIDE = {"Authentication_Results": "other.example; spf=pass", "Received": "from x ([192.0.2.1]) by y.example"}
OCTETS = raw("minutes of the meeting", **OURS_INSIDE)
SENDER = Address("eve", "e.example")


def passed_on(octets=OCTETS, message_id=ID):
    content = MemoryContent(octets)
    envelope = Envelope(SENDER, (Recipient(Address("ann", "a.example")),))
    peer = Peer("203.0.113.9", helo="mx.e.example", is_esmtp=True)
    incoming = Incoming(message_id, 1_764_000_000.0, Direction.INBOUND, "A", peer, envelope, content)
    changed = delivered(Departure(incoming, Evidence(), "gateway.test", False), split_head(content), CHANGES)
    return changed.slice(0, changed.size)


def judged(octets=OCTETS):
    return packed(tokens_of(letter(octets, Arrival("203.0.113.9", "mx.e.example", "eve@e.example"))))


def test_a_held_message_is_read_as_it_was_judged():
    sample = sample_of(MemoryContent(passed_on()), "eve@e.example")
    assert sample.tokens == judged()
    assert sample.message.startswith(f"{ID}/")


def test_what_the_clients_servers_wrote_on_top_is_no_part_of_it():
    top = b"Return-Path: <eve@e.example>\r\nX-Mailbox: 7\r\nReceived: from gateway.test ([192.0.2.7]) by mail.a.example\r\n"
    assert sample_of(MemoryContent(top + passed_on())) == sample_of(MemoryContent(passed_on()), "eve@e.example")


def test_another_content_under_the_same_id_is_another_message():
    """Or a second vote for an honest message would free what somebody said of another one in its name."""
    assert sample_of(MemoryContent(passed_on())).message != sample_of(MemoryContent(passed_on(raw("other")))).message


def test_a_message_that_never_passed_here_has_no_id_of_ours():
    sample = sample_of(MemoryContent(OCTETS))
    assert "/" not in sample.message
    assert sample.tokens


def test_rubbish_is_a_sample_like_any_other():
    for octets in (b"", b"\0" * 5_000, b"Received: by gateway.test (Ecluse) with SMTP id \r\n\r\n", b"\xff\xfe:"):
        assert sample_of(MemoryContent(octets)).message
