"""What links and hidden text state about the honest and the dishonest mail of the shared corpora."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.entrypoints.scan import NoLists, as_sent
from ecluse.filtering.collect import Collector, Served, Sources, Subject, collect
from ecluse.filtering.collectors.links import links
from ecluse.filtering.collectors.texts import texts
from ecluse.filtering.examine import examine
from ecluse.filtering.weights import score
from tests.unit.filtering.checks.test_link_checks import LINK_CHECKS

# Unpacked corpora: a folder each, with `ham`, `spam` or `phish` in it.
CORPORA = Path(os.environ.get("ECLUSE_CORPORA", Path(__file__).parents[3] / "corpora"))
EVERY = int(os.environ.get("ECLUSE_CORPORA_EVERY", "40"))  # 1 looks at all messages.
COLLECTORS = (Collector("links", links, deadline_s=20.0), Collector("texts", texts, deadline_s=20.0))
POLICY = Policy("Client", "client.example", ())
ANN = Recipient(Address("ann", "client.example"))

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CORPORA.is_dir(), reason=f"no unpacked corpora in {CORPORA}"),
    pytest.mark.timeout(3_600),
]


def messages(kind: str) -> Iterator[bytes]:
    for folder in sorted(CORPORA.glob(f"*/**/{kind}")):
        for path in sorted(folder.iterdir())[::EVERY]:
            yield as_sent(path.read_bytes())


def findings_of(message: bytes):
    envelope = Envelope(None, (ANN,))
    mail = Incoming("1", 0.0, Direction.INBOUND, "Client", Peer("192.0.2.1"), envelope, MemoryContent(message))
    subject = Subject(mail, (Served(ANN, POLICY),), Sources(NoLists(), None, "gateway.example"))
    evidence = asyncio.run(collect(subject, COLLECTORS, lambda name, reason: pytest.fail(f"{name}: {reason}")))
    return examine(evidence, POLICY, LINK_CHECKS)


def test_no_honest_message_comes_near_refusal(capsys):
    counts, highest, total = Counter[str](), 0.0, 0
    for message in messages("ham"):
        findings = findings_of(message)
        counts.update({finding.code for finding in findings})
        highest, total = max(highest, score(findings, POLICY)), total + 1
    with capsys.disabled():
        print(f"\n{total} honest messages, highest score {highest}: {dict(counts)}")
    assert total > 100
    assert highest < POLICY.refuse_at / 2


@pytest.mark.parametrize("kind", ["spam", "phish"])
def test_many_dishonest_ones_are_told(kind, capsys):
    found = [findings_of(message) for message in messages(kind)]
    counts = Counter(code for findings in found for code in {finding.code for finding in findings})
    told = sum(score(findings, POLICY) > 1 for findings in found)
    with capsys.disabled():
        print(f"\n{len(found)} {kind}, {told} told: {dict(counts)}")
    assert told > len(found) / 20
