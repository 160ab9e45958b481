"""The DNS lists that a node asks: each believed only while its canaries live, and only within its quota."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.dnsbl import (
    DnsList,
    Listing,
    ListingFacts,
    ListKind,
    ListTrouble,
    ReturnCode,
    canary_question,
    question_for,
    read_answer,
)
from ecluse.ports.resolver import FreshResolver, Resolver

# With the deadline of a look-up it stays within the 60 s in which a bad list must be out.
CHECK_EVERY_S = 50.0
MAX_SILENCES = 5  # Questions in a row without an answer; then nobody waits for the list before its next canary.
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Standing:
    """How one list is doing, for people."""

    name: str
    trouble: str  # "" when it is asked.
    asked_today: int


class Panel:
    """Asks lists about addresses and domains. A list is asked once its canaries have proved it, never before."""

    def __init__(
        self,
        lists: Iterable[DnsList],
        resolver: FreshResolver,
        clock: Callable[[], float] = time.time,
        *,
        check_every_s: float = CHECK_EVERY_S,
    ) -> None:
        """`resolver` is asked about the canaries; `clock` tells seconds since the epoch."""
        self._members = tuple(_Member(dns_list) for dns_list in lists)
        self._resolver = resolver
        self._clock = clock
        self._check_every_s = check_every_s

    @property
    def standings(self) -> tuple[Standing, ...]:
        """All lists, those that are out included."""
        return tuple(Standing(one.list.name, one.trouble, one.asked_today) for one in self._members)

    def has(self, kind: ListKind) -> bool:
        """Whether any list is asked about this."""
        return any(kind in member.list.kinds for member in self._members)

    async def watch(self) -> None:
        """Try the canaries now and again and again, for ever."""
        while True:
            await self.try_canaries()
            await asyncio.sleep(self._check_every_s)

    async def try_canaries(self) -> None:
        """Take out each list that is dead or lies, and take back each that is well."""
        await asyncio.gather(*(self._try_canaries_of(member) for member in self._members))

    async def listings(self, targets: Iterable[tuple[ListKind, str]], resolver: Resolver) -> ListingFacts:
        """What the lists say about IP addresses and domains, asked side by side through the message's own resolver."""
        now = self._clock()
        questions = tuple(self._questions(tuple(dict.fromkeys(targets)), now))
        # A question without a name is one to a list that is out: it gets no answer.
        answers = await asyncio.gather(*(_ask(resolver, question.name) for question in questions))
        listings: list[Listing] = []
        silent: dict[str, None] = {}
        for question, answer in zip(questions, answers, strict=True):
            found = question.member.hear(answer)
            if isinstance(found, ListTrouble):
                silent[question.member.list.name] = None
                continue
            listings += (question.listing(code, now) for code in found)
        asked = dict.fromkeys(question.member.list.name for question in questions)
        return ListingFacts(tuple(listings), tuple(name for name in asked if name not in silent), tuple(silent))

    def _questions(self, targets: tuple[tuple[ListKind, str], ...], now: float) -> Iterator[_Question]:
        for member in self._members:
            for kind, target in targets:
                if kind in member.list.kinds and (name := question_for(member.list, target)):
                    yield _Question(member, kind, target, name if member.may_be_asked(now) else "")

    async def _try_canaries_of(self, member: _Member) -> None:
        dns_list = member.list
        names = [
            canary_question(dns_list, canary)
            for canary in (dns_list.listed_canary, dns_list.unlisted_canary, _never_seen(dns_list))
        ]
        listed, unlisted, unseen = await asyncio.gather(*(self._resolver.ask_afresh(name, "A") for name in names))
        member.judge_canaries(listed, (unlisted, unseen))


class _Member:
    """One list of the panel and how it is doing."""

    __slots__ = ("_day", "_silences", "asked_today", "list", "trouble")

    def __init__(self, dns_list: DnsList) -> None:
        self.list = dns_list
        self.trouble = "not yet tried"  # Why it is out; "" when it is in.
        self.asked_today = 0
        self._day = 0
        self._silences = 0

    def may_be_asked(self, now: float) -> bool:
        """Whether the list is in and has a question left today; counts that question."""
        day = int(now // _DAY_S)
        if day != self._day:
            self._day, self.asked_today = day, 0
        if self.trouble or 0 < self.list.quota_per_day <= self.asked_today:
            return False
        self.asked_today += 1
        return True

    def hear(self, answer: Answer) -> tuple[ReturnCode, ...] | ListTrouble:
        """What the answer says; a list that breaks its promise is out until its canaries live again."""
        if answer.status is DnsStatus.BUDGET:
            return ListTrouble.SILENT
        found = read_answer(self.list, answer)
        if found is ListTrouble.SILENT:
            self._silences += 1
            if self._silences >= MAX_SILENCES:
                self.trouble = ListTrouble.SILENT
            return found
        self._silences = 0
        if isinstance(found, ListTrouble):
            self.trouble = found
        return found

    def judge_canaries(self, listed: Answer, unlisted: tuple[Answer, ...]) -> None:
        """Believe the list if it knows what it must know, and nothing that it cannot know (RFC 5782 section 5)."""
        self.trouble = _canary_trouble(self.list, listed, unlisted)
        self._silences = 0


@dataclass(frozen=True, slots=True)
class _Question:
    member: _Member
    kind: ListKind
    target: str
    name: str

    def listing(self, code: ReturnCode, now: float) -> Listing:
        """What a code in the answer means."""
        dns_list = self.member.list
        return Listing(
            dns_list.name,
            dns_list.publisher,
            self.kind,
            self.target,
            code.code,
            code.text,
            code.weight,
            code.meaning,
            now,
        )


def _canary_trouble(dns_list: DnsList, listed: Answer, unlisted: tuple[Answer, ...]) -> str:
    for answer in (listed, *unlisted):
        found = read_answer(dns_list, answer)
        if isinstance(found, ListTrouble):
            return found
    if listed.status is not DnsStatus.OK:
        return "empty"
    if any(answer.status is DnsStatus.OK for answer in unlisted):
        return "lists everything"
    return ""


def _never_seen(dns_list: DnsList) -> str:
    """A canary that no cache between us and the list can know, and that no list can hold."""
    if dns_list.knows_addresses:
        number = secrets.token_bytes(3)
        return f"127.{128 | number[0] >> 1}.{number[1]}.{number[2]}"
    return f"{secrets.token_hex(8)}.invalid"


async def _ask(resolver: Resolver, name: str) -> Answer:
    return await resolver.ask(name, "A") if name else Answer(DnsStatus.BUDGET)
