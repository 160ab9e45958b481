"""What was said of a client's mail so far, without tokens: what a new act is held against, found without a look at all."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ecluse.domain.act import Act, Origin, log_name
from ecluse.filtering.learning.guards import DAY_S

_KEPT_S = 2 * DAY_S  # A clock may be set back.


class Ledger:
    """Grows with the log of acts, in the order of their numbers."""

    __slots__ = ("_acts", "_by_message", "_heard", "_newest", "_recent", "_undone")

    def __init__(self) -> None:
        self._acts: list[Act] = []
        self._by_message: defaultdict[str, list[Act]] = defaultdict(list)
        self._recent: deque[Act] = deque()
        self._undone: set[int] = set()
        self._heard: dict[Origin, Act] = {}
        self._newest = 0.0  # Of those that were held against the others.

    def __len__(self) -> int:
        return len(self._acts)

    def add(self, acts: Iterable[Act]) -> None:
        """The acts that follow in the log."""
        for act in acts:
            one = replace(act, tokens=b"")
            self._acts.append(one)
            if one.origin:
                self._heard[one.origin] = one
            if one.undoes:
                self._undone.add(one.undoes)
                continue
            self._by_message[one.message].append(one)
            self._recent.append(one)

    def heard(self, origin: Origin) -> Act | None:
        """What became of what another node was told, or has taken back; None where it has not come yet."""
        return self._heard.get(origin)

    def own(self, named: Origin) -> int:
        """The number of an act of this log by the name that other nodes know; 0: it is another log."""
        return named.number if self._acts and named.log == log_name(self._acts[0]) else 0

    def standing(self, number: int) -> Act | None:
        """The act of that number; None where there is none, or where it was taken back."""
        # They are numbered by their places in the log, from 1.
        found = self._acts[number - 1 : number] if number > 0 else []
        return next(self._standing(act for act in found if not act.undoes), None)

    def contradicted(self, voter: str, message: str, *, is_spam: bool) -> tuple[Act, ...]:
        """What the same voter said of the message before, and was not that."""
        about = self._by_message.get(message, ())
        return tuple(one for one in self._standing(about) if one.voter == voter and one.is_spam is not is_spam)

    def near(self, act: Act) -> tuple[Act, ...]:
        """The acts since a day before this one, and all about the same message."""
        self._newest = max(self._newest, act.at)
        while self._recent and act.at - self._recent[0].at > _KEPT_S:
            self._recent.popleft()
        # What comes late from another node is held against days that are not at hand any more.
        kept = self._acts if act.at < self._newest - DAY_S else self._recent
        today = [one for one in kept if act.at - one.at < DAY_S and not one.undoes]
        numbers = {one.number for one in today}
        about = [one for one in self._by_message.get(act.message, ()) if one.number not in numbers]
        return tuple(self._standing((*about, *today)))

    def _standing(self, acts: Iterable[Act]) -> Iterator[Act]:
        return (act for act in acts if act.number not in self._undone)
