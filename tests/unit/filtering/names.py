"""A domain name system in memory: the port `Resolver` over a table of answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ecluse.domain.dns import Answer, DnsStatus

SILENCE = Answer(DnsStatus.TIMEOUT)


class Names:
    """Answers from `records`: name and type to a tuple of records, or to a status; other names do not exist."""

    def __init__(self, records: Mapping[tuple[str, str], Any], *, delay_s: float = 0.0) -> None:
        self.records = dict(records)
        self.delay_s = delay_s
        self.asked: Counter[str] = Counter()

    async def ask(self, name: str, kind: str) -> Answer:
        self.asked[name] += 1
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        found = self.records.get((name, kind), DnsStatus.NXDOMAIN)
        return Answer(found) if isinstance(found, DnsStatus) else Answer(DnsStatus.OK, found, 60)

    def known(self, name: str, kind: str) -> Answer | None:
        return None

    async def ask_afresh(self, name: str, kind: str) -> Answer:
        return await self.ask(name, kind)
