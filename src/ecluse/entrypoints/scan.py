"""Judges a message file by the very tables that judge received mail."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope
from ecluse.domain.evidence import Evidence, ListHit
from ecluse.domain.finding import Finding
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.peer import Peer
from ecluse.domain.person import Person
from ecluse.domain.policy import Policy
from ecluse.domain.verdict import Verdict
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.examine import examine
from ecluse.filtering.inbound import PIPELINE
from ecluse.filtering.judge import judge, strictest
from ecluse.filtering.weights import words


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What would become of a message, and why."""

    verdict: Verdict  # The strictest of all recipients' verdicts.
    evidence: Evidence

    @property
    def symbols(self) -> tuple[str, ...]:
        """The codes of all findings, each once, in the order of the checks."""
        return tuple(dict.fromkeys(finding.code for finding in self.verdict.findings))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The families that the findings belong to: "virus", "blocked-name" and so on."""
        return words(self.verdict.findings)


class NoLists:
    """The port `Policies` where there is no policy store: no domain is served and no list has an entry."""

    def domain(self, name: str) -> Policy | None:  # noqa: ARG002 - the port's signature.
        """See `Policies.domain`."""
        return None

    def has_address(self, address: Address) -> bool:  # noqa: ARG002 - the port's signature.
        """See `Policies.has_address`."""
        return False

    def person(self, client: str, key: str) -> Person | None:  # noqa: ARG002 - the port's signature.
        """See `Policies.person`."""
        return None

    def list_hits(
        self,
        policy: Policy,  # noqa: ARG002 - the port's signature.
        recipient: Address,  # noqa: ARG002 - the port's signature.
        sender: Address | None,  # noqa: ARG002 - the port's signature.
        ip: str,  # noqa: ARG002 - the port's signature.
    ) -> tuple[ListHit, ...]:
        """See `Policies.list_hits`."""
        return ()


async def scan_message(raw: bytes, envelope: Envelope, peer: Peer, policy: Policy, sources: Sources) -> ScanReport:
    """The verdict that the inbound tables come to; the envelope needs one recipient at least.

    A collector that failed shows as a finding, as it does in the gateway.
    """
    message = as_sent(raw)
    incoming = Incoming(new_id(), time.time(), Direction.INBOUND, policy.client, peer, envelope, MemoryContent(message))
    served = tuple(Served(recipient, policy) for recipient in envelope.recipients)
    evidence = await collect(Subject(incoming, served, sources), PIPELINE.collectors, _shown_by_the_findings)
    findings = (*_bare_newlines(message), *examine(evidence, policy, PIPELINE.checks))
    verdicts = tuple(judge(findings, policy, recipient) for recipient in envelope.recipients)
    return ScanReport(strictest(verdicts), evidence)


def as_sent(raw: bytes) -> bytes:
    """The octets as SMTP would carry them: files with the line ends of Unix get those of mail, others stay."""
    return raw if b"\r" in raw else raw.replace(b"\n", b"\r\n")


def _bare_newlines(message: bytes) -> tuple[Finding, ...]:
    """What reception refuses before it judges; only a file can still hold it here."""
    lines = message.count(b"\r\n")
    is_clean = message.count(b"\r") == lines == message.count(b"\n")
    return () if is_clean else (Finding("BARE_NEWLINES"),)


def _shown_by_the_findings(name: str, reason: str) -> None:
    """The check `unread` or `unscanned` states it."""
