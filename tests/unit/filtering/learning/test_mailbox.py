"""What a receiver wrote on top is not part of the mail."""

from __future__ import annotations

from ecluse.domain.content import MemoryContent
from ecluse.filtering.body import read_body
from ecluse.filtering.learning.letter import Arrival
from ecluse.filtering.learning.mailbox import letter_on_arrival
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.learning.mail import letter, raw


def on_arrival(octets):
    content = MemoryContent(octets)
    section = split_head(content)
    return letter_on_arrival(section, read_body(content, section))


def test_it_reads_like_the_message_as_the_gateway_had_it():
    sent = raw("text", Received="from pc.one.example by mx.one.example; Mon, 1 Jan 2024 00:00:00 +0000")
    top = (
        b"Return-Path: <ann@one.example>\r\nDelivered-To: bob@two.example\r\nX-Original-To: bob@two.example\r\n"
        b"Received: from mx.one.example (mx.one.example [192.0.2.9])\r\n\tby mail.two.example (Postfix) with ESMTP id 1\r\n"
        b"Authentication-Results: mail.two.example; spf=pass\r\n"
    )
    assert on_arrival(top + sent) == letter(sent, Arrival("192.0.2.9", "mx.one.example", "ann@one.example"))


def test_a_message_without_trace_is_read_as_well():
    assert on_arrival(raw("text")) == letter(raw("text"), Arrival("", "", ""))
