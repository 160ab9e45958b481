from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import Evidence
from ecluse.domain.peer import Peer
from ecluse.filtering.changes.departure import Departure
from ecluse.filtering.changes.received import received
from ecluse.wire.mime.facts import trace_facts
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.samples import ANN, BOB, incoming

TLS = "TLSv1.3 TLS_AES_256_GCM_SHA384"


def field(message):
    return received(Departure(message, Evidence(), "gateway.test")).decode()


def test_it_tells_who_how_what_for_whom_and_when():
    peer = Peer("192.0.2.10", 25, "mail.sender.example", is_esmtp=True, tls=TLS, name="out.sender.example")
    assert field(incoming(peer=peer)) == (
        "Received: from mail.sender.example (out.sender.example [192.0.2.10])\r\n"
        "\tby gateway.test (Ecluse) with ESMTPS id 0190aabbccdd70008000000000000001\r\n"
        "\t(using TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
        "\tfor <ann@client.example>;\r\n"
        "\tMon, 01 Sep 2025 10:00:00 +0000\r\n"
    )


def test_recipients_do_not_learn_of_each_other():
    assert "@" not in field(incoming(recipients=(ANN, BOB)))


@pytest.mark.parametrize(
    ("is_esmtp", "tls", "smtputf8", "protocol"),
    [
        (False, "", False, "SMTP"),
        (True, "", False, "ESMTP"),
        (True, TLS, False, "ESMTPS"),
        (True, "", True, "UTF8SMTP"),
        (True, TLS, True, "UTF8SMTPS"),
    ],
)
def test_the_protocol_has_its_registered_name(is_esmtp, tls, smtputf8, protocol):
    message = incoming(peer=Peer("192.0.2.1", helo="a", is_esmtp=is_esmtp, tls=tls), smtputf8=smtputf8)
    assert f" with {protocol} id " in field(message)


def test_an_ipv6_address_is_a_literal_of_its_kind():
    assert "(IPv6:" not in field(incoming(peer=Peer("2001:db8::1", helo="a")))
    assert "([IPv6:2001:db8::1])" in field(incoming(peer=Peer("2001:db8::1", helo="a")))


def test_who_gives_no_name_is_unknown():
    assert field(incoming(peer=Peer(""))).startswith("Received: from unknown (unknown)\r\n")


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_whatever_a_server_calls_itself_our_field_stays_one_field_that_we_know_again(helo):
    raw = received(Departure(incoming(peer=Peer("192.0.2.1", helo=helo, name=helo)), Evidence(), "gateway.test"))
    section = split_head(MemoryContent(raw + b"\r\n"))
    assert section.raws == (raw,)
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert trace_facts(section, "gateway.test").own_count == 1
