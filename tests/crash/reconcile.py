"""The books of a crash run: every message that was acknowledged must be somewhere, whole."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from ecluse.domain.event import Ending, MessageEvent, Stage
from tests.crash.node import Kill
from tests.crash.traffic import NEVER
from tests.crash.troubles import Spell

WINDOW_S = 4.0  # From the next hop's record of a copy to our record of its answer, on a machine under load.
_ID_IN_ANSWER = re.compile(r"\(([0-9a-f]{32})\)")
_BREAKS = ("closed", "cut-after-dot", "stopped")


@dataclass(frozen=True, slots=True)
class Answered:
    """One line of a sender's ledger."""

    number: int
    at: float
    answer: str
    recipients: tuple[str, ...]

    @property
    def is_acknowledged(self) -> bool:
        return self.answer.startswith("2")

    @property
    def own_id(self) -> str:
        found = _ID_IN_ANSWER.search(self.answer)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Copy:
    """One line of a next hop's record."""

    sink: str
    at: float
    number: int
    own_id: str
    digest: str
    recipients: tuple[str, ...]
    answer: str  # "250", or "" where it was kept and the connection cut.
    is_notice: bool = False
    told_about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that we still hold at the end, in the spool or in quarantine."""

    number: int
    own_id: str
    digest: str
    recipients: tuple[str, ...]
    is_held: bool
    told_about: tuple[str, ...] = ()


@dataclass
class Books:
    """All that was written down by senders, next hops and ourselves."""

    answered: list[Answered]
    copies: list[Copy]
    kept: list[Kept]
    events: list[MessageEvent]
    kills: list[Kill]
    spells: list[Spell]
    expected_digest: Callable[[int], str]


@dataclass
class Balance:
    """What the books say."""

    messages: int = 0
    attempts: Counter[str] = field(default_factory=Counter)  # By the class of the answer: "2", "4", "5", "none".
    acknowledged: int = 0
    recipients: Counter[str] = field(default_factory=Counter)  # Of acknowledged messages, by where they are.
    lost: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)  # Acknowledged, and the journal knows nothing of it.
    duplicates: Counter[str] = field(default_factory=Counter)  # By why.
    unexplained: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.damaged, *self.unrecorded, *self.unexplained]


def balance(books: Books) -> Balance:
    result = Balance(messages=len({one.number for one in books.answered}))
    for one in books.answered:
        result.attempts[one.answer[:1] or "none"] += 1
    result.acknowledged = len({one.number for one in books.answered if one.is_acknowledged})
    result.damaged += _damaged(books)
    _Whereabouts(books).enter(result)
    _Duplicates(books).enter(result)
    result.unrecorded += _unrecorded(books)
    return result


def _damaged(books: Books) -> Iterator[str]:
    digests: dict[int, str] = {}
    for one in (*books.copies, *books.kept):
        if one.told_about:
            continue
        if one.number >= 0 and one.number not in digests:
            digests[one.number] = books.expected_digest(one.number)
        if digests.get(one.number) != one.digest:
            yield f"message {one.number} ({one.own_id}) is not what was sent: {type(one).__name__.lower()} {one}"[:300]


def _unrecorded(books: Books) -> Iterator[str]:
    """The journal holds the outcome before the sender hears 2xx; only a full disk excuses (the next hop has it)."""
    recorded = {event.id for event in books.events if event.stage is Stage.OUTCOME and event.reply.startswith("2")}
    for one in books.answered:
        if (
            one.is_acknowledged
            and one.own_id not in recorded
            and not _was_full(books.spells, one.at - WINDOW_S, one.at)
        ):
            yield f"message {one.number} ({one.own_id}) was acknowledged and is not in the journal"


def _was_full(spells: Iterable[Spell], begin: float, end: float) -> bool:
    return any(spell.where == "disk" and spell.begin <= end and spell.end + WINDOW_S >= begin for spell in spells)


class _Whereabouts:
    """Finds each recipient of each acknowledged message."""

    def __init__(self, books: Books) -> None:
        self._answered = books.answered
        self._spells = books.spells
        self._delivered = {(copy.number, to) for copy in books.copies if not copy.is_notice for to in copy.recipients}
        self._kept = {(one.number, to): one for one in books.kept if not one.told_about for to in one.recipients}
        notices = (*books.copies, *books.kept)
        self._told = {(one.number, about) for one in notices for about in one.told_about}
        self._fates: dict[tuple[str, str], set[Ending]] = defaultdict(set)
        for event in books.events:
            for one in event.recipients:
                self._fates[event.id, one.address].add(one.fate)

    def enter(self, result: Balance) -> None:
        for one in self._answered:
            for recipient in one.recipients if one.is_acknowledged else ():
                place = self._place(one, recipient)
                result.recipients[place or "lost"] += 1
                if not place:
                    fates = ", ".join(sorted(self._fates[one.own_id, recipient])) or "nothing"
                    result.lost.append(
                        f"message {one.number} ({one.own_id}) for {recipient}: {one.answer!r}; the journal says {fates}"
                    )

    def _place(self, one: Answered, recipient: str) -> str:
        key = (one.number, recipient)
        if key in self._delivered:
            return "delivered"
        if key in self._kept:
            return "held" if self._kept[key].is_held else "in the spool"
        # Only whom the next hop refuses for good may end without the message.
        if not recipient.startswith(NEVER):
            return ""
        fates = self._fates[one.own_id, recipient]
        # Who was told has heard of it; the journal may lack that line where there was no room for it.
        if key in self._told and (Ending.BOUNCED in fates or _was_full(self._spells, one.at, float("inf"))):
            return "bounced"
        if Ending.BOUNCED in fates:
            return ""
        return "expired" if Ending.EXPIRED in fates else ""


class _Duplicates:
    """Says of each copy too many how it came about."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._outcomes = {event.id: event.reply for event in books.events if event.stage is Stage.OUTCOME}
        self._attempts: dict[int, list[Answered]] = defaultdict(list)
        for one in books.answered:
            self._attempts[one.number].append(one)

    def enter(self, result: Balance) -> None:
        copies: dict[tuple[int, str], list[Copy]] = defaultdict(list)
        for copy in sorted(self._books.copies, key=lambda copy: copy.at):
            for recipient in copy.recipients if not copy.is_notice else ():
                copies[copy.number, recipient].append(copy)
        for (number, recipient), found in copies.items():
            for early, later in pairwise(found):
                why = self._why_again(early, later)
                result.duplicates[why or "unexplained"] += 1
                if not why:
                    result.unexplained.append(f"message {number} for {recipient} came twice: {early} and {later}"[:600])

    def _why_again(self, early: Copy, later: Copy) -> str:
        if not early.answer:
            return "the next hop kept it and broke off after the dot"
        if early.own_id != later.own_id:
            return self._why_sent_again(early) or self._why_sent_again(later)
        return self._what_happened_after(early)

    def _why_sent_again(self, copy: Copy) -> str:
        """The sender had no 2xx for this transaction; the journal says how far it had come."""
        attempts = self._attempts[copy.number]
        if any(one.own_id == copy.own_id and one.is_acknowledged for one in attempts):
            return ""
        outcome = self._outcomes.get(copy.own_id, "")
        if "4.4.2" in outcome:
            return "the next hop broke off after the dot, so its sender heard 451"
        if outcome and not outcome.startswith("2"):
            return ""
        place = "our record and our answer" if outcome else "the next hop's 250, or our spool, and our record"
        if any(not one.answer for one in attempts):
            return f"killed between {place}: its sender sent it again"
        if any(_was_full(self._books.spells, one.at - WINDOW_S, one.at) for one in attempts):
            return f"the disk was full between {place}: its sender heard 451"
        return ""

    def _what_happened_after(self, copy: Copy) -> str:
        """What stood between the next hop's 250 and our record of it."""
        begin, end = copy.at - 0.1, copy.at + WINDOW_S
        for spell in self._books.spells:
            if spell.where == copy.sink and spell.kind in _BREAKS and spell.begin <= end and spell.end >= begin:
                return "the next hop's 250 was lost with its connection"
        if any(begin <= kill.at <= end for kill in self._books.kills):
            return "killed between the next hop's 250 and our record of it"
        if _was_full(self._books.spells, begin, end):
            return "the disk was full when the delivery was to be recorded"
        return ""
