"""The DNS of a test: names and what they have; everything else does not exist."""

from __future__ import annotations

from ecluse.domain.dns import Answer, DnsStatus, Mx


class Zone:
    """Answers from a table; remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.asked: list[tuple[str, str]] = []

    def add(self, name: str, kind: str, *records: str | bytes | Mx) -> Zone:
        self.answers[name, kind] = Answer(DnsStatus.OK, records)
        return self

    def fail(self, name: str, kind: str, status: DnsStatus = DnsStatus.TIMEOUT) -> Zone:
        self.answers[name, kind] = Answer(status)
        return self

    async def lookup(self, name: str, kind: str) -> Answer:
        self.asked.append((name, kind))
        known = {known for known, _ in self.answers}
        absent = DnsStatus.NO_DATA if name in known else DnsStatus.NXDOMAIN
        return self.answers.get((name, kind), Answer(absent))
