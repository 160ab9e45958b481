"""A campaign is seen while it runs, by those who send and get it; newsletters and lists are none."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.campaign import CampaignFacts, Spread
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.evidence import NOT_ASKED, Evidence
from ecluse.domain.mass import MassFacts, MassKind
from ecluse.domain.peer import Peer
from ecluse.filtering.campaigns import COUNTED_FROM, WINDOW_S
from ecluse.filtering.checks.campaign import campaign
from ecluse.filtering.collect import Sources, Subject
from ecluse.filtering.collectors.campaign import campaign as collected
from ecluse.mta.reception.remembering import sightings
from tests.unit.filtering.memories import Memories
from tests.unit.filtering.samples import AUTHENTICATION, POLICY, incoming

NOW = 1_756_720_800.0
TEXT = " ".join(
    f"{a}{b}" for a in ("please", "transfer", "today", "account") for b in "abcdefghijklmnopqrstuvwxyz"
).encode()


def message(body: bytes = TEXT) -> bytes:
    return b"From: a@sender.example\r\nSubject: x\r\n\r\n" + body + b"\r\n"


def with_file(file: bytes) -> bytes:
    fields = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return b"From: a@sender.example\r\n" + fields + base64.encodebytes(file).replace(b"\n", b"\r\n")


def arrive(
    memories: Memories, raw: bytes, number: int, *, at: float = NOW, network: int = 0, domain: str = ""
) -> CampaignFacts:
    """One message comes and is remembered; what was known when it came."""
    recipient = Recipient(Address(f"user{number}", "client.example"))
    arriving = replace(
        incoming(raw, recipients=(recipient,), peer=Peer(f"198.18.{network or number}.1", 25, "x", is_esmtp=True)),
        envelope=Envelope(Address("a", domain or f"sender{number}.example"), (recipient,)),
        received_at=at,
    )
    facts = collected(Subject(arriving, (), Sources(None, None, "gateway.example", counters=memories)))
    memories.note(sightings(arriving, Evidence(campaign=facts), {}, {}, at))
    return facts


def codes(facts: CampaignFacts, **evidence) -> list[str]:
    return [finding.code for finding in campaign(Evidence(campaign=facts, **evidence), POLICY)]


@pytest.mark.parametrize("raw", [message(), with_file(b"PK" + bytes(range(256)) * 20)])
def test_the_same_from_many_to_many_is_a_campaign(raw):
    memories = Memories()
    found = [codes(arrive(memories, raw, number)) for number in range(1, 40)]
    first = next(number for number, one in enumerate(found) if one)
    assert 8 <= first <= 20
    assert all(one == ["SUSPICIOUS_CAMPAIGN"] for one in found[first:])


def test_a_page_and_its_plain_text_are_the_same():
    memories = Memories()
    arrive(memories, message(), 1)
    page = b"<html><style>p { color: red }</style><p>" + TEXT.replace(b" ", b"</p> <p>") + b"</p></html>"
    raw = b"From: a@sender.example\r\nContent-Type: text/html\r\n\r\n" + page
    assert arrive(memories, raw, 2).known != ()


def test_one_server_may_write_to_everybody():
    memories = Memories()
    assert not any(codes(arrive(memories, message(), number, network=7)) for number in range(1, 60))


def test_one_domain_may_write_from_a_few_networks():
    memories = Memories()
    found = [
        arrive(memories, message(), number, network=1 + number % 6, domain="news.example") for number in range(1, 80)
    ]
    assert found[-1].spread.messages > 70
    assert not any(map(codes, found))


def test_one_recipient_may_get_it_from_everybody():
    memories = Memories()
    for number in range(1, 40):
        facts = arrive(memories, message(), number)
        assert codes(replace(facts, spread=replace(facts.spread, recipients=1.0))) == []


def test_a_campaign_of_hours_ago_is_over():
    memories = Memories()
    for number in range(1, 40):
        arrive(memories, message(), number)
    assert arrive(memories, message(), 40, at=NOW + 2 * WINDOW_S).spread == Spread()


def test_different_messages_know_nothing_of_each_other():
    memories = Memories()
    for number in range(1, 30):
        text = " ".join(
            f"w{chr(97 + number % 26)}{chr(97 + number // 26)}{a}{b}" for a in "abcdefgh" for b in "ijklmnop"
        )
        assert arrive(memories, message(text.encode()), number).known == ()


def test_a_message_that_nobody_else_got_costs_three_memories_and_six_questions():
    memories = Memories()
    arrive(memories, message(), 1)
    assert len(memories.kept) == 3
    assert len(memories.asked) == 6


WIDE = CampaignFacts(("t01",), ("t01",), Spread(50.0, 12.0, 9.0, 20.0))


def test_a_newsletter_with_a_proven_author_is_none_and_a_forged_one_is():
    newsletter = MassFacts(MassKind.NEWSLETTER)
    assert codes(WIDE, mass=newsletter, authentication=AUTHENTICATION) == []
    assert codes(WIDE, mass=newsletter) == ["SUSPICIOUS_CAMPAIGN"]
    assert codes(WIDE, authentication=AUTHENTICATION) == ["SUSPICIOUS_CAMPAIGN"]


def test_one_forged_name_from_many_networks_is_a_campaign():
    facts = replace(WIDE, spread=replace(WIDE.spread, domains=1.0))
    assert codes(facts) == ["SUSPICIOUS_CAMPAIGN"]
    assert codes(facts, authentication=AUTHENTICATION) == []


def test_what_is_not_known_is_no_campaign():
    assert codes(CampaignFacts()) == []
    assert list(campaign(Evidence(campaign=NOT_ASKED), POLICY)) == []
    assert COUNTED_FROM > 1
