"""Honest mail of many kinds is delivered, by all inbound checks and the opening room, under the default policy.

Two of each kind; `make ham` writes thirty.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from email import message_from_bytes, policy

import pytest

from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope
from ecluse.domain.peer import Peer
from ecluse.entrypoints.scan import ScanReport, scan_message
from ecluse.filtering.collect import Sources
from tests.honest.attachments import ATTACHMENTS
from tests.honest.brands import BRANDS
from tests.honest.carelessness import CARELESSNESS
from tests.honest.correspondence import CORRESPONDENCE
from tests.honest.judging import NOBODY, POLICY, is_delivered, sources
from tests.honest.newsletters import NEWSLETTERS
from tests.honest.rarities import RARITIES

KINDS = {**CORRESPONDENCE, **NEWSLETTERS, **BRANDS, **ATTACHMENTS, **CARELESSNESS, **RARITIES}
EACH = 2


@pytest.mark.timeout(1_800)
async def test_no_honest_mail_is_refused_or_held(capsys):
    reports = defaultdict[str, list[ScanReport]](list)
    async with sources() as ports:
        for kind, make in KINDS.items():
            for number in range(EACH):
                reports[kind].append(await _scanned(make(random.Random(f"{kind} {number}")), ports))
    with capsys.disabled():
        print(_table(reports))
    assert not [(kind, report.symbols) for kind, mine in reports.items() for report in mine if not is_delivered(report)]
    # Whatever DNS lists, history and classifier may add, what was seen in the message leaves them room to be wrong.
    assert max(report.verdict.score for mine in reports.values() for report in mine) < POLICY.refuse_at / 2


async def _scanned(message: bytes, ports: Sources) -> ScanReport:
    author = message_from_bytes(message, policy=policy.SMTP)["From"].addresses[0]
    envelope = Envelope(Address(author.username, author.domain), (NOBODY,))
    peer = Peer("192.0.2.1", helo=f"mx.{author.domain}", is_esmtp=True)
    return await scan_message(message, envelope, peer, POLICY, ports)


def _table(reports: dict[str, list[ScanReport]]) -> str:
    rows = [_row(kind, mine) for kind, mine in reports.items()]
    whole = [report for mine in reports.values() for report in mine]
    return "\n".join(("", f"{'kind':28} mails  not delivered  highest  findings", *rows, _row("all", whole)))


def _row(kind: str, reports: list[ScanReport]) -> str:
    found = Counter(code for report in reports for code in report.symbols)
    kept = sum(not is_delivered(report) for report in reports)
    highest = max(report.verdict.score for report in reports)
    codes = ", ".join(f"{code} {count}" for code, count in found.most_common())
    return f"{kind:28} {len(reports):5}  {kept:13}  {highest:7g}  {codes}"
