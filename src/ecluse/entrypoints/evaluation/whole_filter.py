"""Findings and classifier together, as the gateway judges, put to the same test as the classifier alone."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from types import TracebackType
from typing import Self

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.learned import LearnedFacts
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.domain.verdict import Verdict
from ecluse.entrypoints.evaluation.index import Entry
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from ecluse.entrypoints.scan import NoLists, as_sent
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.examine import examine
from ecluse.filtering.inbound import PIPELINE
from ecluse.filtering.judge import judge
from ecluse.filtering.learning.mailbox import arrival_in
from ecluse.wire.mime.fields import split_head

POLICY = Policy("Evaluation", "client.invalid", ())
RECIPIENT = Recipient(Address("anybody", "client.invalid"))
# Offline: no DNS, no scanner, no memory, no room. The opinion comes from the filter that is under test.
SOURCES = Sources(NoLists(), None, "gateway.invalid")
_COLLECTORS = tuple(collector for collector in PIPELINE.collectors if collector.name != "learned")


class WholeFilter:
    """The protocol `Filter`: scores are points above what refuses."""

    def __init__(self, own: OwnFilter) -> None:
        self.own = own
        self._learned = 0
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _value: object, _trace: TracebackType | None) -> None:
        self._runner.close()

    def judge(self, message: Entry) -> float:
        """See `Filter.judge`."""
        verdict, _ = self.verdict(message)
        return verdict.score - POLICY.refuse_at

    def verdict(self, message: Entry) -> tuple[Verdict, float]:
        """What the gateway would decide by all that can be known offline, and the log-odds of what was learned alone."""
        log_odds = self.own.weigh(message).learned
        facts = LearnedFacts(log_odds, 0.0, (), "evaluation", taught=self._learned)
        incoming = _incoming(message)
        subject = Subject(incoming, (Served(RECIPIENT, POLICY),), SOURCES)
        evidence = self._runner.run(collect(subject, _COLLECTORS, _shown_by_the_findings))
        findings = examine(replace(evidence, learned=facts), POLICY, PIPELINE.checks)
        return judge(findings, POLICY, RECIPIENT), log_odds

    def learn(self, message: Entry, *, is_spam: bool) -> None:
        """See `Filter.learn`."""
        self.own.learn(message, is_spam=is_spam)
        self._learned += 1


def _incoming(message: Entry) -> Incoming:
    """The message as it arrived; what its receiver wrote on top tells what SMTP told."""
    content = MemoryContent(as_sent(message.read()))
    arrival = arrival_in(split_head(content))
    local, _, domain = arrival.sender.rpartition("@")
    envelope = Envelope(Address(local, domain.lower()) if local and domain else None, (RECIPIENT,))
    peer = Peer(arrival.ip or "192.0.2.1", 25, arrival.helo, is_esmtp=True)
    return Incoming(new_id(), time.time(), Direction.INBOUND, POLICY.client, peer, envelope, content)


def _shown_by_the_findings(name: str, reason: str) -> None:
    """The check `unread` states it."""
