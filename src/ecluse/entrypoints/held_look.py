"""Looks at a held message as reception looks at one that comes: the same scanner and files, by today's signatures and rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.adapters.hashes.table import HashTable
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.adapters.room.room import HelperRoom
from ecluse.domain.content import Content
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.evidence import Evidence, ScanState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.incoming import Incoming
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.domain.queue import QueuedMessage
from ecluse.domain.verdict import Verdict
from ecluse.entrypoints.own_room import OwnRoom
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.examine import examine
from ecluse.filtering.files import FileOpening
from ecluse.filtering.inbound import PIPELINE
from ecluse.filtering.judge import judge, strictest

# What harm is found by; and what else a message says by itself, without its session, its sender and what was written above it.
_HARM = ("scan", "listed_files", "files", "parts")
_CONTENT = (*_HARM, "links", "texts")
_COLLECTORS = {each.name: each for each in PIPELINE.collectors}
_NOT_NOW = "its files cannot be looked into now: try again later"
_STAYS = {
    "KNOWN_BAD_FILE": "a file in it is known to be harmful",
    "EICAR": "it carries the test file for virus scanners",
}


@dataclass(frozen=True, slots=True)
class HeldLook:
    """What such a look needs."""

    sources: Sources
    close: Callable[[], Awaitable[None]]

    @property
    def scans(self) -> bool:
        """Whether a virus scanner is configured."""
        return self.sources.scanner is not None

    async def demand_harmless(self, message: QueuedMessage, content: Content) -> None:
        """Raises `Impossible` for what may not go, `Unavailable` where that cannot be told now (design 1.4)."""
        evidence = await self._evidence(message, content, _HARM)
        if self.scans:
            _demand_clean(evidence)
        found = {finding.code for finding in self._findings(message, evidence)}
        for code, words in _STAYS.items():
            if code in found:
                raise Impossible(f"{words}: it stays here")
        if "UNREAD" in found:
            raise Unavailable(_NOT_NOW)

    async def judge(self, message: QueuedMessage, content: Content) -> Verdict:
        """The strictest of its recipients' verdicts, by its content alone. Raises `Impossible`, `Unavailable`."""
        findings = self._findings(message, await self._evidence(message, content, _CONTENT))
        if "UNREAD" in {finding.code for finding in findings}:
            raise Unavailable(_NOT_NOW)
        policy = self._policy(message)
        return strictest(tuple(judge(findings, policy, Recipient(one.address)) for one in message.recipients))

    async def _evidence(self, message: QueuedMessage, content: Content, names: tuple[str, ...]) -> Evidence:
        recipients = tuple(Recipient(one.address) for one in message.recipients)
        incoming = Incoming(
            message.id,
            message.received_at,
            message.direction,
            message.client,
            Peer(""),
            Envelope(message.sender, recipients),
            content,
        )
        policy = self._policy(message)
        subject = Subject(incoming, tuple(Served(each, policy) for each in recipients), self.sources)
        collectors = tuple(_COLLECTORS[name] for name in names)
        return await collect(subject, collectors, _shown_by_the_findings)

    def _findings(self, message: QueuedMessage, evidence: Evidence) -> tuple[Finding, ...]:
        return examine(evidence, self._policy(message), PIPELINE.checks)

    def _policy(self, message: QueuedMessage) -> Policy:
        """The domain's of today, or the defaults where it is served no more."""
        found = None
        with suppress(Unavailable):  # Nothing was ever published here.
            found = self.sources.policies.domain(message.destination)
        return found or Policy(client=message.client, domain=message.destination, routes=())


def held_look(settings: Settings, room: OwnRoom | HelperRoom) -> HeldLook:
    """With the node's scanner, policy and hash lists; files are opened in that room, if there is anybody to look at them."""
    clamd, paths = settings.scanners.clamd, DataPaths(settings.data_dir)
    # Nothing is remembered: signatures may have changed since.
    timeout_s = settings.scanners.clamd_timeout_s
    scanner = None if clamd is None else ClamdScanner(clamd, timeout_s=timeout_s, cache_size=0)
    hash_lists = None if settings.scanners.hash_lists is None else HashTable(paths.hashes)
    sources = Sources(
        LmdbPolicies(paths.policy),
        scanner,
        settings.hostname,
        hash_lists=hash_lists,
        scans_whole_messages=settings.scanners.clamd_whole_messages,
        files=FileOpening(room),
    )

    async def close() -> None:
        await room.close()
        if scanner is not None:
            scanner.close()

    return HeldLook(sources, close)


def _shown_by_the_findings(name: str, reason: str) -> None:
    """What could not be looked at is told to whoever asked."""


def _demand_clean(evidence: Evidence) -> None:
    """Raises `Impossible` or `Unavailable` unless the scanner has looked and found nothing."""
    scan = evidence.scan
    if isinstance(scan, Unknown):
        raise Unavailable("the virus scanner does not answer: try again later")
    if scan.state is ScanState.INFECTED:
        raise Impossible(f"infected with {scan.signature}: it stays here")
    if scan.state is ScanState.TOO_LARGE:
        raise Impossible("more than the virus scanner can look into: it stays here")
    if scan.state is not ScanState.CLEAN:
        raise Unavailable("the virus scanner does not answer: try again later")
