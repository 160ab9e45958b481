"""Gathers the evidence about one message: every collector of a table, each under its own deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, TypeAlias

from ecluse.domain.authentication import AuthenticationFacts
from ecluse.domain.campaign import CampaignFacts
from ecluse.domain.dnsbl import ListingFacts
from ecluse.domain.envelope import Recipient
from ecluse.domain.errors import EcluseError
from ecluse.domain.evidence import (
    ConnectionFacts,
    Evidence,
    FileFacts,
    GreylistFacts,
    HeaderFacts,
    HistoryFacts,
    ListedFileFacts,
    ListHit,
    PartFacts,
    ScanFacts,
    TraceFacts,
    Unknown,
)
from ecluse.domain.impersonation import ImpersonationFacts
from ecluse.domain.incoming import Incoming
from ecluse.domain.learned import LearnedFacts
from ecluse.domain.links import LinkFacts, TextFacts
from ecluse.domain.mass import MassFacts
from ecluse.domain.policy import Policy
from ecluse.domain.sending import SendingFacts
from ecluse.domain.sending_rule import SendingRuleFacts
from ecluse.filtering.body import Body, read_body
from ecluse.filtering.files import NO_FILES, FileOpening, OpenedFiles
from ecluse.filtering.identities import network_of
from ecluse.filtering.learning.tokens import ARRAYS, Loops
from ecluse.filtering.link_reading import LinkReading, read_links
from ecluse.filtering.message_files import MessageFiles
from ecluse.filtering.message_resolver import MessageResolver
from ecluse.filtering.panel import Panel
from ecluse.filtering.peer_lookups import PeerLookups
from ecluse.ports.counters import Counters
from ecluse.ports.hash_lists import HashLists
from ecluse.ports.models import Models
from ecluse.ports.places import Places
from ecluse.ports.policies import Policies
from ecluse.ports.resolver import Resolver
from ecluse.ports.scanner import Scanner
from ecluse.wire.mime.fields import HeaderSection, split_head

Fact: TypeAlias = (
    TraceFacts
    | HeaderFacts
    | PartFacts
    | FileFacts
    | ScanFacts
    | ListedFileFacts
    | tuple[ListHit, ...]
    | AuthenticationFacts
    | ConnectionFacts
    | ListingFacts
    | HistoryFacts
    | GreylistFacts
    | CampaignFacts
    | ImpersonationFacts
    | MassFacts
    | LinkFacts
    | TextFacts
    | LearnedFacts
    | SendingFacts
    | SendingRuleFacts
    | Unknown
)
Failed: TypeAlias = Callable[[str, str], None]

# A message of this size takes milliseconds, made as badly as can be 70; one of 1 MB of thousands of parts takes a second,
# and meanwhile the worker's other senders must be served.
ON_THE_SPOT_OCTETS = 65_536


@dataclass(frozen=True, slots=True)
class Served:
    """One accepted recipient and the policy of its domain."""

    recipient: Recipient
    policy: Policy
    came_back: bool = False  # Written to as a return path that we have signed.
    goes_on: bool = False  # Written to as a sender that we have rewritten: it goes outside, to whom that was.
    is_found: bool = False  # Its server was asked, takes it, and turns away a name that nobody has.


@dataclass(frozen=True, slots=True)
class Sources:
    """The ports that collectors may ask."""

    policies: Policies
    scanner: Scanner | None  # None: no scanner is configured.
    hostname: str  # Our own name, as it stands in our Received fields.
    resolver: Resolver | None = None  # None: nothing is asked of the DNS.
    panel: Panel | None = None  # None: no DNS list is asked.
    peers: PeerLookups | None = None  # None: nothing is asked about the peer.
    counters: Counters | None = None  # None: nothing is remembered of senders.
    hash_lists: HashLists | None = None  # None: no list of bad files is kept.
    models: Models | None = None  # None: nothing is asked of the classifier.
    scans_whole_messages: bool = False  # The scanner gets each message as it came, and its files not by themselves.
    files: FileOpening | None = None  # None: no file is opened.
    places: Places | None = None  # None: nobody knows where an address is at home.
    loops: Loops = ARRAYS  # In which the classifier makes its tokens.


class Subject:
    """What a collector may look at."""

    __slots__ = (
        "_body",
        "_files",
        "_linking",
        "_links",
        "_opening",
        "_reading",
        "_resolver",
        "_section",
        "incoming",
        "served",
        "sources",
    )

    def __init__(
        self,
        incoming: Incoming,
        served: tuple[Served, ...],
        sources: Sources,
        section: HeaderSection | None = None,
    ) -> None:
        """`section` where the header section has been split already."""
        self.incoming, self.served, self.sources = incoming, served, sources
        self._section = section
        self._body: Body | None = None
        self._reading: asyncio.Task[Body] | None = None
        self._links: LinkReading | None = None
        self._linking: asyncio.Task[LinkReading] | None = None
        self._files: MessageFiles | None = None
        self._opening: asyncio.Task[OpenedFiles] | None = None
        self._resolver: MessageResolver | None = None

    @property
    def resolver(self) -> MessageResolver | None:
        """The message's own share of the DNS, one for all who ask about its senders; None where nothing may be asked."""
        if self._resolver is None and self.sources.resolver is not None:
            self._resolver = MessageResolver(self.sources.resolver)
        return self._resolver

    @property
    def section(self) -> HeaderSection:
        """The message's header section, split once for all collectors."""
        if self._section is None:
            self._section = split_head(self.incoming.content)
        return self._section

    @property
    def body(self) -> Body | None:
        """The message's body, read once for all collectors; None where it is large, and must be waited for: `read`."""
        if self._body is None and self.incoming.content.size <= ON_THE_SPOT_OCTETS:
            self._body = read_body(self.incoming.content, self.section)
        return self._body

    async def read(self) -> Body:
        """The message's body, that of a large one read in a thread."""
        if self._body is None and self.body is None:
            if self._reading is None:
                reading = asyncio.to_thread(read_body, self.incoming.content, self.section)
                self._reading = asyncio.create_task(reading)
            self._body = await asyncio.shield(self._reading)
        assert self._body is not None  # noqa: S101 - for the type checker: `body` has just set it
        return self._body

    @property
    def links(self) -> LinkReading | None:
        """Where the body's texts lead, read once for all collectors; None as of `body`: `read_links`."""
        if self._links is None and self.incoming.content.size <= ON_THE_SPOT_OCTETS and self.body is not None:
            self._links = _links_of(self.body)
        return self._links

    async def read_links(self) -> LinkReading:
        """Where the body's texts lead, those of a large one read in a thread."""
        if self._links is None and self.links is None:
            body = await self.read()
            if self._linking is None:
                self._linking = asyncio.create_task(asyncio.to_thread(_links_of, body))
            self._links = await asyncio.shield(self._linking)
        assert self._links is not None  # noqa: S101 - for the type checker: `links` has just set it
        return self._links

    def files(self, body: Body) -> MessageFiles:
        """The files of the message, whose body that is; told and decoded once for all collectors."""
        if self._files is None:
            self._files = MessageFiles(self.incoming.content, body)
        return self._files

    async def opened(self) -> OpenedFiles:
        """What the message's files hold, opened once for all collectors; nothing where there is no room."""
        if self.sources.files is None:
            return NO_FILES
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(self.sources.files))
        # Whoever runs out of time does not end it for the others.
        return await asyncio.shield(self._opening)

    async def _open(self, opening: FileOpening) -> OpenedFiles:
        ip = self.incoming.peer.ip
        origin = network_of(ip) or ip
        body = await self.read()
        return await opening.open_all(self.files(body), self.section, body, origin)

    def end(self) -> None:
        """Nobody waits for the files any more, nor needs their octets."""
        self._files = None
        if self._opening is not None:
            self._opening.cancel()


def _links_of(body: Body) -> LinkReading:
    return read_links((text.text, text.html) for text in body.texts)


@dataclass(frozen=True, slots=True)
class Collector:
    """One question about a message."""

    name: str  # The field of Evidence that holds the answer.
    gather: Callable[[Subject], Fact | Coroutine[Any, Any, Fact]]  # A coroutine where the answer must be waited for.
    deadline_s: float = 0.0  # For answers that must be waited for; 0 = computed on the spot.


async def collect(subject: Subject, table: tuple[Collector, ...], on_failure: Failed) -> Evidence:
    """The facts about a message; where one could not be had stands `Unknown`, told to `on_failure(name, reason)`.

    Never raises but for cancellation: a fault of ours in a collector is a fact that is missing, not a message lost.
    """
    facts: dict[str, Any] = {}
    waiting: list[_Waiting] = []
    try:
        for collector in table:
            if collector.deadline_s:
                _start(collector, subject, facts, waiting, on_failure)
        if waiting:
            # One turn of the loop, so that questions are on their way while we compute.
            await asyncio.sleep(0)
        for collector in table:
            if not collector.deadline_s:
                _start(collector, subject, facts, waiting, on_failure)
        for one in waiting:
            facts[one.collector.name] = await one.fact(on_failure)
    finally:
        for one in waiting:
            one.task.cancel()
        subject.end()
    incoming = subject.incoming
    return Evidence(**facts, size=incoming.content.size, spoke_early=incoming.peer.spoke_early)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An answer that is waited for, until its collector's deadline."""

    collector: Collector
    task: asyncio.Task[Fact]
    ends_at: float  # By the loop's clock.

    async def fact(self, on_failure: Failed) -> Fact:
        """The answer; `Unknown` after the deadline. No timer runs for what is there already, and nearly all is."""
        if not self.task.done():
            await asyncio.wait((self.task,), timeout=self.ends_at - self.task.get_loop().time())
        if self.task.done():
            return self.task.result()
        self.task.cancel()
        return _unknown(self.collector, EcluseError(f"no answer in {self.collector.deadline_s:g} s"), on_failure)


def _start(
    collector: Collector,
    subject: Subject,
    facts: dict[str, Any],
    waiting: list[_Waiting],
    on_failure: Failed,
) -> None:
    """Note the collector's answer, or begin to wait for it; most have an answer on the spot and need no task."""
    try:
        fact = collector.gather(subject)
    except Exception as problem:  # noqa: BLE001 - whatever a collector does, the message goes on (design 1.4).
        facts[collector.name] = _unknown(collector, problem, on_failure)
        return
    if isinstance(fact, CoroutineType):
        task = asyncio.create_task(_wait(collector, fact, on_failure))
        waiting.append(_Waiting(collector, task, task.get_loop().time() + collector.deadline_s))
    else:
        facts[collector.name] = fact


async def _wait(collector: Collector, answer: Coroutine[Any, Any, Fact], on_failure: Failed) -> Fact:
    try:
        return await answer
    except Exception as problem:  # noqa: BLE001 - see `_start`.
        return _unknown(collector, problem, on_failure)


def _unknown(collector: Collector, problem: Exception, on_failure: Failed) -> Unknown:
    # The text of foreign errors may quote the message; only our own are known to be clean (15-8).
    reason = str(problem) if isinstance(problem, EcluseError) else type(problem).__name__
    on_failure(collector.name, reason)
    return Unknown(reason)
