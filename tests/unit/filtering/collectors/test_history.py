from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import NOT_ASKED, Acquaintance, GreylistEntry, GreylistState, HistoryFacts, Unknown
from ecluse.domain.history import DAY_S, HALF_LIFE_S, Kind, Memory
from ecluse.domain.peer import Peer
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.collectors.greylist import greylist
from ecluse.filtering.collectors.history import MAX_RECIPIENTS, history
from ecluse.filtering.identities import correspondent_name, pair_name, unproven_name
from ecluse.filtering.inbound import COLLECTORS
from tests.unit.filtering.memories import Memories
from tests.unit.filtering.samples import ANN, BOB, MESSAGE, POLICY, incoming

SAM = Address("sam", "sender.example")
NOW = incoming().received_at
SIGNATURE = b"DKIM-Signature: v=1; d=mail.mailer.example; s=k\r\n"


@pytest.fixture
def memories():
    return Memories()


def subject(memories, message=MESSAGE, recipients=(ANN,), policy=POLICY, sender=SAM, peer=None):
    about = incoming(message, recipients=recipients, peer=peer)
    about = replace(about, envelope=Envelope(sender, recipients))
    served = tuple(Served(one, policy) for one in recipients)
    return Subject(about, served, Sources(None, None, "gateway.example", counters=memories))


def test_without_a_memory_nothing_is_asked():
    assert history(subject(None)) is NOT_ASKED


def test_of_a_stranger_nothing_is_known(memories):
    assert history(subject(memories, recipients=(ANN, BOB))) == HistoryFacts(
        "sender.example", (), ("ann@client.example", "bob@client.example")
    )


def test_every_name_of_the_sender_is_looked_up_and_persons_are_not_named(memories):
    memory = Memory(NOW - 2 * HALF_LIFE_S, NOW - HALF_LIFE_S, 8.0, 2.0)
    names = {
        (Kind.NETWORK, "192.0.2.0/24"): ("192.0.2.0/24", ""),
        (Kind.SENDER_DOMAIN, "sender.example"): ("sender.example", ""),
        (Kind.UNPROVEN_SENDER, unproven_name("sender.example", "192.0.2.0/24")): ("sender.example", ""),
        (Kind.DKIM_DOMAIN, "mailer.example"): ("mailer.example", ""),
        (Kind.PAIR, pair_name(SAM, "ann@client.example")): ("", "ann@client.example"),
    }
    memories.kept = dict.fromkeys(names, memory)
    facts = history(subject(memories, SIGNATURE + MESSAGE, recipients=(ANN, BOB)))
    assert facts.known == tuple(
        Acquaintance(kind, shown, 60.0, 4.0, 1.0, recipient) for (kind, _), (shown, recipient) in names.items()
    )
    assert facts.strangers == ("bob@client.example",)


@pytest.mark.parametrize(("good", "expected"), [(1.0, True), (0.5, True), (0.25, False)])
def test_one_letter_of_a_user_makes_a_correspondent_and_one_reply_does_not(memories, good, expected):
    long_ago = NOW - 300 * DAY_S
    memories.kept[Kind.CORRESPONDENT, correspondent_name("Client", SAM)] = Memory(long_ago, long_ago, good, 0.0)
    assert history(subject(memories)).is_correspondent is expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"In-Reply-To: <1.2@CLIENT.example>\r\n", True),
        (b"In-Reply-To: <1.2@mail.client.example>\r\n", True),
        (b"References: <x@y.example>\r\n <1@client.example>\r\n", True),
        (b"In-Reply-To: <1.2@notclient.example>\r\n", False),
        (b"In-Reply-To: <1.2@client.example.net>\r\n", False),
        (b"X-References: <1@client.example>\r\n", False),
        (b"", False),
    ],
)
def test_a_reply_names_a_message_of_the_recipients_domain(memories, field, expected):
    assert history(subject(memories, field + MESSAGE)).is_reply is expected


def test_the_null_sender_has_no_history_but_its_networks(memories):
    facts = history(subject(memories, sender=None))
    assert (facts.sender_domain, facts.strangers) == ("", ())
    assert [kind for kind, _ in memories.asked] == [Kind.NETWORK]


def test_the_look_ups_of_one_message_are_bounded(memories):
    many = tuple(Recipient(Address(f"u{number}", "client.example")) for number in range(1_000))
    signatures = b"".join(b"DKIM-Signature: d=d%d.example\r\n" % number for number in range(100))
    history(subject(memories, signatures + MESSAGE, recipients=many))
    assert len(memories.asked) == MAX_RECIPIENTS + 9
    memories.asked.clear()
    greylist(subject(memories, signatures + MESSAGE, recipients=many, policy=replace(POLICY, greylists=True)))
    assert len(memories.asked) == 50 * 7


async def test_a_memory_out_of_reach_is_a_missing_fact_and_blocks_nothing(memories):
    memories.is_down = True
    with pytest.raises(Unavailable):
        history(subject(memories))
    failed = []
    table = tuple(one for one in COLLECTORS if one.name in {"history", "greylist"})
    about = subject(memories, policy=replace(POLICY, greylists=True))
    evidence = await collect(about, table, lambda name, reason: failed.append((name, reason)))
    assert evidence.history == evidence.greylist == Unknown("memories: down")
    assert failed == [("history", "memories: down"), ("greylist", "memories: down")]


# -- greylisting

GREYLISTING = replace(POLICY, greylists=True, greylists_not=frozenset({"bob@client.example"}))


@pytest.mark.parametrize("policy", [POLICY, replace(GREYLISTING, is_filtered=False)])
def test_greylisting_costs_nothing_where_nobody_wants_it(memories, policy):
    assert greylist(subject(memories, policy=policy)) is NOT_ASKED
    assert memories.asked == []


def test_a_user_may_want_none_of_it(memories):
    facts = greylist(subject(memories, recipients=(ANN, BOB), policy=GREYLISTING))
    assert {entry.recipient for entry in facts.entries} == {"ann@client.example"}
    assert greylist(subject(memories, recipients=(BOB,), policy=GREYLISTING)) is NOT_ASKED


def test_every_domain_that_may_turn_out_to_be_proven_is_looked_up(memories):
    facts = greylist(subject(memories, SIGNATURE + MESSAGE, policy=GREYLISTING))
    assert facts.entries == tuple(
        GreylistEntry("ann@client.example", domain, GreylistState.NEW)
        for domain in ("sender.example", "mailer.example", "")
    )


def test_a_private_peer_has_no_network(memories):
    history(subject(memories, peer=Peer("127.0.0.1")))
    assert Kind.NETWORK not in {kind for kind, _ in memories.asked}
