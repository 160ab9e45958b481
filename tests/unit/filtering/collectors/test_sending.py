"""What outbound mail is like: who is a newcomer here."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ecluse.domain.account import Account
from ecluse.domain.content import MemoryContent
from ecluse.domain.history import DAY_S, Kind, Sighting
from ecluse.domain.incoming import Direction
from ecluse.filtering.collect import Served, Sources, Subject
from ecluse.filtering.collectors.sending import sending, unfiltered
from tests.unit.filtering import samples
from tests.unit.filtering.memories import Memories

ANN = Account("Client", "ann@client.example")


def subject(counters):
    incoming = replace(
        samples.incoming(),
        direction=Direction.OUTBOUND,
        client=ANN.client,
        account=ANN,
        content=MemoryContent(b"Subject: x\r\n\r\nHello\r\n"),
    )
    served = tuple(Served(one, samples.POLICY) for one in incoming.envelope.recipients)
    return Subject(
        incoming, served, Sources(SimpleNamespace(domain=lambda _: None), None, "gateway.test", counters=counters)
    )


@pytest.mark.parametrize(
    ("of_account", "of_client", "is_newcomer"),
    [(None, None, True), (None, 30, True), (2.9, 30, True), (3, 6.9, True), (3, 7, False), (400, 400, False)],
)
def test_who_is_in_his_first_days_is_a_newcomer(of_account, of_client, is_newcomer):
    memories = Memories()
    now = samples.incoming().received_at
    for name, days in ((ANN.key, of_account), (ANN.client, of_client)):
        if days is not None:
            memories.note((Sighting(Kind.ACCOUNT, name, now - days * DAY_S, good=1.0),))
    assert sending(subject(memories)).is_newcomer is is_newcomer


def test_where_nothing_is_remembered_or_filtered_nobody_is_one():
    assert not sending(subject(None)).is_newcomer
    assert not unfiltered(subject(Memories())).is_newcomer
