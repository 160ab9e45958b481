"""Honest mail of years, as if it all came within one hour, each message from a network of its own."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.evidence import Evidence
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.entrypoints.scan import as_sent
from ecluse.filtering.checks.campaign import campaign
from ecluse.filtering.collect import Sources, Subject
from ecluse.filtering.collectors.campaign import campaign as collected
from ecluse.mta.reception.remembering import sightings
from ecluse.wire.mime.facts import author_domains
from ecluse.wire.mime.fields import split_head
from tests.corpus.mail import messages
from tests.unit.filtering.memories import Memories
from tests.unit.filtering.samples import incoming

POLICY = Policy("Client", "client.example", ())


@pytest.mark.shared
@pytest.mark.parametrize("corpus", ["spamassassin", "csdmc2010", "list_linux_raid"])
async def test_honest_mail_is_no_campaign(corpus):
    memories, found = Memories(), 0
    for number, raw in enumerate(messages(corpus, "ham", 1_500)):
        arriving = incoming(
            as_sent(raw), peer=Peer(f"198.{18 + number // 256}.{number % 256}.1", 25, "x", is_esmtp=True)
        )
        domain = (*author_domains(split_head(arriving.content)), "unknown.example")[0]
        recipient = Recipient(Address(f"user{number}", "client.example"))
        arriving = replace(arriving, envelope=Envelope(Address("a", domain), (recipient,)))
        facts = collected(Subject(arriving, (), Sources(None, None, "gateway.example", counters=memories)))
        if inspect.isawaitable(facts):  # A large message is read beside the event loop.
            facts = await facts
        memories.note(sightings(arriving, Evidence(campaign=facts), {}, {}, arriving.received_at))
        found += bool(list(campaign(Evidence(campaign=facts), POLICY)))
    assert number == 1_499
    assert found == 0
