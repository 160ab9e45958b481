from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.dns import DnsStatus
from ecluse.domain.evidence import NOT_ASKED, HeloState, ReverseState
from ecluse.domain.peer import Peer
from ecluse.filtering.collect import Sources, Subject
from ecluse.filtering.collectors.connection import connection
from ecluse.filtering.panel import Panel
from ecluse.filtering.peer_lookups import PeerLookups
from tests.unit.filtering.names import Names
from tests.unit.filtering.samples import incoming

PEER = Peer("192.0.2.10", 25, "mail.sender.example", tls="TLSv1.3 TLS_AES_256_GCM_SHA384")
RECORDS = {
    ("10.2.0.192.in-addr.arpa", "PTR"): ("mail.sender.example",),
    ("mail.sender.example", "A"): ("192.0.2.10",),
    ("elsewhere.example", "A"): ("192.0.2.77",),
    ("six.example", "AAAA"): ("2001:db8::7",),
    ("slow.example", "A"): DnsStatus.TIMEOUT,
    ("half.example", "AAAA"): DnsStatus.SERVFAIL,
}


def subject(peer: Peer, names: Names) -> Subject:
    sources = Sources(
        policies=None,
        scanner=None,
        hostname="Gateway.example",
        resolver=names,
        peers=PeerLookups(names, Panel((), names)),
    )
    return Subject(incoming(peer=peer), (), sources)


async def facts_of(peer: Peer):
    return await connection(subject(peer, Names(RECORDS)))


async def test_a_proper_server_is_shown_as_one():
    facts = await facts_of(PEER)
    assert (facts.reverse, facts.names, facts.confirmed_name) == (
        ReverseState.CONFIRMED,
        ("mail.sender.example",),
        "mail.sender.example",
    )
    assert facts.helo is HeloState.CONFIRMED
    assert (facts.is_dynamic, facts.is_tls, facts.spoke_early) == (False, True, False)


@pytest.mark.parametrize(
    ("helo", "state"),
    [
        ("mail.sender.example", HeloState.CONFIRMED),
        ("MAIL.sender.example.", HeloState.CONFIRMED),
        ("elsewhere.example", HeloState.ELSEWHERE),
        ("six.example", HeloState.ELSEWHERE),
        ("nowhere.example", HeloState.NOWHERE),
        ("slow.example", HeloState.UNKNOWN),
        ("half.example", HeloState.UNKNOWN),
        ("gateway.EXAMPLE", HeloState.OURS),
        ("[192.0.2.10]", HeloState.LITERAL),
        ("[192.0.2.11]", HeloState.FALSE_LITERAL),
        ("[IPv6:2001:db8::1]", HeloState.FALSE_LITERAL),
        ("[rubbish", HeloState.FALSE_LITERAL),
        ("[]", HeloState.FALSE_LITERAL),
        ("192.0.2.10", HeloState.NO_NAME),
        ("localhost", HeloState.NO_NAME),
        ("", HeloState.NO_NAME),
        ("a..example", HeloState.NOWHERE),
    ],
)
async def test_the_greeting_is_worth_what_the_dns_says(helo, state):
    assert (await facts_of(replace(PEER, helo=helo))).helo is state


async def test_an_ipv6_literal_is_compared_as_an_address():
    facts = await facts_of(Peer("2001:db8::1", helo="[IPv6:2001:DB8:0::1]"))
    assert facts.helo is HeloState.LITERAL


async def test_what_the_peer_did_itself_is_told():
    facts = await facts_of(Peer("192.0.2.20", helo="192-0-2-20.dsl.example", spoke_early=True))
    assert (facts.reverse, facts.is_dynamic, facts.is_tls, facts.spoke_early) == (ReverseState.NONE, True, False, True)


def test_without_a_resolver_or_an_address_nothing_is_asked():
    sources = Sources(policies=None, scanner=None, hostname="gateway.example")
    assert connection(Subject(incoming(peer=PEER), (), sources)) is NOT_ASKED


async def test_an_unknown_peer_is_not_asked_about():
    assert connection(subject(Peer(""), Names(RECORDS))) is NOT_ASKED
