"""What is asked about a peer's IP address as soon as it connects, while it still talks."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from ecluse.domain.dnsbl import ListingFacts, ListKind
from ecluse.domain.peer import Peer
from ecluse.domain.place import NOWHERE, Place
from ecluse.filtering.message_resolver import MessageResolver
from ecluse.filtering.panel import Panel
from ecluse.filtering.reverse import Reverse, reverse_of
from ecluse.ports.places import Places
from ecluse.ports.resolver import Resolver

KEPT_S = 60.0  # Answers serve all connections of an address for this long; lists may change their mind.
MAX_PEERS = 10_000
DEADLINE_S = 10.0
MAX_QUERIES = 100

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class PeerAnswers:
    """Where the address is at home, and two questions under way; whoever needs an answer waits for it with `settled`."""

    reverse: asyncio.Task[Reverse]
    listings: asyncio.Task[ListingFacts]
    place: Place
    begun_at: float  # Monotonic.


class PeerLookups:
    """Begins to ask when a peer connects, so that the answers are there when its message is."""

    def __init__(self, resolver: Resolver, panel: Panel, places: Places | None = None) -> None:
        self._resolver = resolver
        self._panel = panel
        self._places = places
        self._answers: OrderedDict[str, PeerAnswers] = OrderedDict()

    def start(self, peer: Peer) -> PeerAnswers | None:
        """Begin, or join what was begun for the same address; None for a peer without one.

        Called at connect (after PROXY and XCLIENT, with the address they give) and once more by the collectors.
        """
        if not peer.ip:
            return None
        answers = self._answers.get(peer.ip)
        if answers is not None and time.monotonic() - answers.begun_at < KEPT_S:
            return answers
        answers = self._answers[peer.ip] = self._begin(peer.ip)
        self._answers.move_to_end(peer.ip)
        if len(self._answers) > MAX_PEERS:
            self._answers.popitem(last=False)
        return answers

    async def close(self) -> None:
        """End what is still under way."""
        tasks = [task for answers in self._answers.values() for task in (answers.reverse, answers.listings)]
        self._answers.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, ip: str) -> PeerAnswers:
        resolver = MessageResolver(self._resolver, MAX_QUERIES, DEADLINE_S)
        return PeerAnswers(
            asyncio.create_task(reverse_of(ip, resolver)),
            asyncio.create_task(self._panel.listings([(ListKind.IP, ip)], resolver)),
            self._places.find(ip) if self._places else NOWHERE,
            time.monotonic(),
        )


async def settled(answer: asyncio.Task[Fact]) -> Fact:
    """The answer; who stops waiting does not stop the others."""
    return answer.result() if answer.done() else await asyncio.shield(answer)
