from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.authentication import DmarcFacts, SpfFacts
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.event import Ending
from ecluse.domain.evidence import GreylistEntry, GreylistFacts, GreylistState, HistoryFacts
from ecluse.domain.finding import Finding
from ecluse.domain.history import Kind, Sighting
from ecluse.domain.incoming import Direction
from ecluse.domain.mass import MassAction
from ecluse.domain.peer import Peer
from ecluse.filtering.collect import Served, Sources, Subject
from ecluse.filtering.collectors.greylist import greylist
from ecluse.filtering.examine import examine
from ecluse.filtering.identities import correspondent_name, pair_name, unproven_name
from ecluse.filtering.inbound import CHECKS
from ecluse.filtering.judge import judge
from ecluse.mta.reception.remembering import MAX_LETTERS, MAX_RECIPIENTS, REPLY_COUNTS, greylist_steps, sightings
from tests.unit.filtering.memories import Memories
from tests.unit.filtering.samples import ANN, BOB, HARMLESS, MESSAGE, POLICY, incoming, with_authentication

NOW = 1_756_720_900.0
SAM = Address("sam", "sender.example")
PROVEN = replace(with_authentication(), history=HistoryFacts("sender.example"))
FORGED = with_authentication(
    spf=SpfFacts("fail", "sender.example", "mailfrom"), signatures=(), dmarc=DmarcFacts("fail", "sender.example")
)
NETWORK, PAIR = "192.0.2.0/24", pair_name(SAM, "ann@client.example")


def verdict(*codes, policy=POLICY, recipient=ANN):
    return judge(tuple(Finding(code) for code in codes), policy, recipient)


def seen(evidence, ending, *codes, about=None):
    endings = {"ann@client.example": (ending, "")}
    found = sightings(about or incoming(), evidence, {"ann@client.example": verdict(*codes)}, endings, NOW)
    return {(one.kind, one.name): (one.good, one.bad) for one in found}


@pytest.mark.parametrize("ending", [Ending.RELAYED, Ending.SPOOLED])
def test_what_was_delivered_speaks_for_all_that_is_proven(ending):
    assert seen(PROVEN, ending) == {
        (Kind.NETWORK, NETWORK): (1.0, 0.0),
        (Kind.SENDER_DOMAIN, "sender.example"): (1.0, 0.0),
        (Kind.DKIM_DOMAIN, "sender.example"): (1.0, 0.0),
        (Kind.PAIR, PAIR): (1.0, 0.0),
    }


@pytest.mark.parametrize("ending", [Ending.REFUSED, Ending.HELD])
def test_what_was_refused_speaks_against_them(ending):
    assert set(seen(PROVEN, ending, "GTUBE").values()) == {(0.0, 1.0)}


def test_a_forger_taints_no_domain_but_his_network():
    assert seen(FORGED, Ending.REFUSED, "GTUBE") == {
        (Kind.NETWORK, NETWORK): (0.0, 1.0),
        (Kind.UNPROVEN_SENDER, unproven_name("sender.example", NETWORK)): (0.0, 1.0),
    }


@pytest.mark.parametrize("ending", [Ending.DEFERRED, Ending.REJECTED_BY_NEXT_HOP])
def test_deferred_mail_and_unknown_recipients_say_nothing(ending):
    assert seen(PROVEN, ending, "GTUBE") == {}


@pytest.mark.parametrize(
    ("codes", "counts"),
    [
        (("USER_BLOCK",), False),
        (("CLIENT_BLOCK", "GTUBE"), False),
        (("BANNED_NAME",), False),
        (("MAIL_LOOP",), False),
        (("UNSCANNED_TOO_LARGE",), False),
        (("ENCRYPTED_FILE",), False),
        (("ENCRYPTED_FILE", "GTUBE"), True),
        (("UNOPENABLE_FILE",), False),
        (("POISON",), False),
        (("KNOWN_BAD_FILE", "BANNED_NAME"), True),
        (("VIRUS", "CLIENT_BLOCK"), True),
        (("GTUBE",), True),
        (("MASS_MAIL", "GTUBE"), True),
    ],
)
def test_what_the_client_chose_is_no_reproach_to_the_sender(codes, counts):
    assert bool(seen(PROVEN, Ending.REFUSED, *codes)) is counts


@pytest.mark.parametrize("ending", [Ending.REFUSED, Ending.HELD])
def test_nor_is_it_that_he_wants_no_newsletters(ending):
    newsletter = verdict("MASS_MAIL", policy=replace(POLICY, mass_mail=MassAction.REFUSE))
    endings = {"ann@client.example": (ending, "")}
    assert sightings(incoming(), PROVEN, {"ann@client.example": newsletter}, endings, NOW) == ()


def test_a_message_counts_once_however_many_recipients_it_has():
    about = incoming(recipients=(ANN, BOB))
    verdicts = {"ann@client.example": verdict("GTUBE"), "bob@client.example": verdict(recipient=BOB)}
    endings = {"ann@client.example": (Ending.HELD, ""), "bob@client.example": (Ending.RELAYED, "")}
    found = {(one.kind, one.name): (one.good, one.bad) for one in sightings(about, PROVEN, verdicts, endings, NOW)}
    assert found[Kind.NETWORK, NETWORK] == (1.0, 0.0)
    assert found[Kind.PAIR, PAIR] == (0.0, 1.0)
    assert found[Kind.PAIR, pair_name(SAM, "bob@client.example")] == (1.0, 0.0)


def test_the_memories_of_one_message_are_bounded():
    many = tuple(Recipient(Address(f"u{number}", "client.example")) for number in range(1_000))
    about = incoming(recipients=many)
    endings = {one.address.key: (Ending.RELAYED, "") for one in many}
    signed = with_authentication(
        signatures=tuple(
            replace(PROVEN.authentication.signatures[0], domain=f"d{number}.example") for number in range(100)
        )
    )
    assert len(sightings(about, signed, {}, endings, NOW)) <= MAX_RECIPIENTS + 10
    outbound = replace(about, direction=Direction.OUTBOUND)
    assert len(sightings(outbound, HARMLESS, {}, endings, NOW)) == MAX_LETTERS


def test_the_null_sender_and_a_private_network_leave_no_trace():
    about = replace(incoming(peer=Peer("127.0.0.1")), envelope=Envelope(None, (ANN,)))
    assert seen(HARMLESS, Ending.RELAYED, about=about) == {}


# -- correspondents


def test_whom_the_clients_users_write_to_is_a_correspondent():
    friend, other = (Recipient(Address(name, "world.example")) for name in ("Friend", "other"))
    about = replace(incoming(recipients=(friend, other)), direction=Direction.OUTBOUND)
    endings = {"friend@world.example": (Ending.SPOOLED, ""), "other@world.example": (Ending.REFUSED, "")}
    assert sightings(about, HARMLESS, {}, endings, NOW) == (
        Sighting(Kind.CORRESPONDENT, correspondent_name("Client", friend.address), NOW, good=1.0),
    )


REPLY = (Kind.CORRESPONDENT, correspondent_name("Client", SAM))


def test_an_accepted_reply_of_a_proven_sender_counts_a_little():
    reply = replace(PROVEN, history=HistoryFacts("sender.example", is_reply=True))
    assert seen(reply, Ending.RELAYED)[REPLY] == (REPLY_COUNTS, 0.0)
    assert REPLY not in seen(reply, Ending.REFUSED, "GTUBE")
    assert REPLY not in seen(replace(FORGED, history=reply.history), Ending.RELAYED)
    assert REPLY not in seen(PROVEN, Ending.RELAYED)


# -- greylisting, from the first coming to the last

GREYLISTING = replace(POLICY, greylists=True, weights={"NO_DATE": 7.0})
UNCLEAR = MESSAGE.replace(b"Date:", b"X-Date:")


class Door:
    """Receives one message after the other as acceptance does, with a memory."""

    def __init__(self, evidence):
        self.memories, self.evidence = Memories(), evidence
        self.steps = []

    def receive(self, at, message=UNCLEAR, recipients=(ANN,), ip="192.0.2.10"):
        about = replace(incoming(message, recipients=recipients, peer=Peer(ip)), received_at=at)
        served = tuple(Served(one, GREYLISTING) for one in recipients)
        subject = Subject(about, served, Sources(None, None, "gateway.example", counters=self.memories))
        headers = replace(HARMLESS.headers, has_date=b"\r\nDate:" in message)
        evidence = replace(self.evidence, headers=headers, greylist=greylist(subject))
        found = examine(evidence, GREYLISTING, CHECKS)
        verdicts = {one.address.key: judge(found, GREYLISTING, one) for one in recipients}
        deferred = any(one.disposition == "defer" for one in verdicts.values())
        endings = dict.fromkeys(verdicts, (Ending.DEFERRED if deferred else Ending.RELAYED, ""))
        self.steps += greylist_steps(evidence, verdicts, endings)
        self.memories.note(sightings(about, evidence, verdicts, endings, at))
        return not deferred


@pytest.mark.parametrize("evidence", [PROVEN, FORGED])
def test_a_retry_passes_after_five_minutes_from_any_address_and_is_counted_once(evidence):
    door = Door(evidence)
    assert not door.receive(NOW)
    assert not door.receive(NOW + 60, ip="198.51.100.7")
    assert door.receive(NOW + 300, ip="203.0.113.9")
    assert door.receive(NOW + 900, ip="203.0.113.9")
    assert door.steps == ["deferred", "early", "passed"]


def test_a_proven_domain_that_came_again_is_not_asked_to_do_so_for_its_next_message():
    door = Door(PROVEN)
    door.receive(NOW)
    door.receive(NOW + 400)
    assert door.receive(NOW + 30 * 86_400, UNCLEAR + b"another")
    assert door.receive(NOW + 60 * 86_400, UNCLEAR + b"and another")
    assert not door.receive(NOW + 100 * 86_400, UNCLEAR + b"much later")


def test_an_unproven_sender_must_come_again_with_each_message():
    door = Door(FORGED)
    door.receive(NOW)
    door.receive(NOW + 400)
    assert not door.receive(NOW + 500, UNCLEAR + b"another")


def test_who_comes_again_too_late_begins_anew():
    door = Door(FORGED)
    door.receive(NOW)
    later = NOW + 5 * 86_400
    assert not door.receive(later)
    assert not door.receive(later + 299)
    assert door.receive(later + 300)
    assert door.steps == ["deferred", "deferred", "early", "passed"]


def test_clear_mail_is_neither_deferred_nor_remembered():
    door = Door(PROVEN)
    assert door.receive(NOW, MESSAGE)
    assert not [kind for kind, _ in door.memories.kept if kind is Kind.GREYLIST]
    assert door.steps == []


def test_a_message_that_was_deferred_for_another_reason_has_not_been_greylisted():
    facts = GreylistFacts((GreylistEntry("ann@client.example", "", GreylistState.NEW),))
    evidence = replace(PROVEN, greylist=facts)
    verdicts = {"ann@client.example": verdict("UNSCANNED_UNAVAILABLE")}
    endings = {"ann@client.example": (Ending.DEFERRED, "")}
    assert sightings(incoming(), evidence, verdicts, endings, NOW) == ()
    assert list(greylist_steps(evidence, verdicts, endings)) == []
