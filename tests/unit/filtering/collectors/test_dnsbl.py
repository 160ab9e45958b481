from __future__ import annotations

from ecluse.domain.dns import DnsStatus
from ecluse.domain.dnsbl import DnsList, ListKind
from ecluse.domain.evidence import NOT_ASKED
from ecluse.domain.peer import Peer
from ecluse.filtering.collect import Sources, Subject
from ecluse.filtering.collectors.dnsbl import dnsbl
from ecluse.filtering.message_resolver import MAX_QUERIES
from ecluse.filtering.panel import Panel
from ecluse.filtering.peer_lookups import PeerLookups
from tests.unit.filtering.names import Names
from tests.unit.filtering.samples import MESSAGE, incoming

IPS = DnsList("ips", "bl.example", frozenset({ListKind.IP, ListKind.NAME_SERVER}), "One")
NAMES = DnsList(
    "names",
    "dom.example",
    frozenset({ListKind.HELO, ListKind.SENDER_DOMAIN, ListKind.BODY_DOMAIN}),
    "Two",
    listed_canary="test",
    unlisted_canary="invalid",
)
LISTED = ("127.0.0.2",)
RECORDS = {
    ("2.0.0.127.bl.example", "A"): LISTED,
    ("test.dom.example", "A"): LISTED,
    ("10.2.0.192.bl.example", "A"): LISTED,
    ("helo.example.dom.example", "A"): LISTED,
    ("sender.example.dom.example", "A"): LISTED,
    ("linked.example.dom.example", "A"): LISTED,
    ("linked.example", "NS"): ("ns.dark.example",),
    ("ns.dark.example", "A"): ("192.0.2.66",),
    ("66.2.0.192.bl.example", "A"): LISTED,
}
PEER = Peer("192.0.2.10", 25, "mail.helo.example")
LINKS = MESSAGE + b"see http://www.linked.example/ and http://innocent.example/\r\n"


async def facts_of(message: bytes, *lists: DnsList, peer: Peer = PEER, records=RECORDS):
    subject, names = await subject_of(message, *lists, peer=peer, records=records)
    return await dnsbl(subject), names


async def subject_of(message: bytes, *lists: DnsList, peer: Peer = PEER, records=RECORDS):
    names = Names(records)
    panel = Panel(lists or (IPS, NAMES), names)
    await panel.try_canaries()
    sources = Sources(
        policies=None, scanner=None, hostname="gateway.example", resolver=names, panel=panel,
        peers=PeerLookups(names, panel),
    )  # fmt: skip
    return Subject(incoming(message, peer=peer), (), sources), names


async def test_address_names_and_links_are_looked_up_and_frozen():
    facts, _ = await facts_of(LINKS)
    assert {(one.list, one.kind, one.target) for one in facts.listings} == {
        ("ips", ListKind.IP, "192.0.2.10"),
        ("names", ListKind.HELO, "helo.example"),
        ("names", ListKind.SENDER_DOMAIN, "sender.example"),
        ("names", ListKind.BODY_DOMAIN, "linked.example"),
        ("ips", ListKind.NAME_SERVER, "192.0.2.66"),
    }
    assert all(one.at > 1_600_000_000 for one in facts.listings)
    assert (facts.asked, facts.silent) == (("ips", "names"), ())


async def test_a_message_of_many_links_leaves_the_other_collectors_their_look_ups():
    """Twenty domains of four name servers each ask more than a message may; SPF and DMARC come after them."""
    links = MESSAGE + b"".join(b"http://www.linked%d.example/\r\n" % number for number in range(20))
    servers = {
        (f"linked{number}.example", "NS"): tuple(f"ns{each}.dark{number}.example" for each in range(4))
        for number in range(20)
    }
    subject, _ = await subject_of(links, IPS, NAMES, records=RECORDS | servers)
    facts = await dnsbl(subject)
    assert facts.silent
    answers = [await subject.resolver.ask(f"{number}.example", "TXT") for number in range(MAX_QUERIES)]
    assert {answer.status for answer in answers} == {DnsStatus.NXDOMAIN}


async def test_what_no_list_is_asked_about_is_not_looked_for():
    _, names = await facts_of(LINKS, DnsList("ips", "bl.example", frozenset({ListKind.IP}), "One"))
    assert not [name for name in names.asked if "linked" in name or "helo" in name]


async def test_a_greeting_with_a_literal_has_no_domain():
    facts, _ = await facts_of(MESSAGE, NAMES, peer=Peer("192.0.2.10", helo="[192.0.2.10]"))
    assert {one.kind for one in facts.listings} == {ListKind.SENDER_DOMAIN}


async def test_a_list_that_answers_half_the_questions_counts_as_silent():
    records = {**RECORDS, ("linked.example.dom.example", "A"): DnsStatus.TIMEOUT}
    facts, _ = await facts_of(LINKS, records=records)
    assert facts.silent == ("names",)
    assert facts.asked == ("ips",)
    assert ("names", "sender.example") in {(one.list, one.target) for one in facts.listings}


async def test_a_peer_without_address_still_has_domains():
    facts, _ = await facts_of(MESSAGE, peer=Peer(""))
    assert {one.target for one in facts.listings} == {"sender.example"}


def test_without_a_resolver_nothing_is_asked():
    sources = Sources(policies=None, scanner=None, hostname="gateway.example")
    assert dnsbl(Subject(incoming(), (), sources)) is NOT_ASKED
