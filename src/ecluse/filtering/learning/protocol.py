"""The protocol of the TREC spam track: each message is judged before anybody says what it was, then perhaps learned."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

_Message = TypeVar("_Message")
_Message_contra = TypeVar("_Message_contra", contravariant=True)


class When(StrEnum):
    """When the truth about a message becomes known."""

    IMMEDIATE = "immediate"
    DELAYED = "delayed"  # After so many later messages were judged.
    PARTIAL = "partial"  # At once, and only of some.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Feedback:
    """Who tells the filter the truth, and when."""

    when: When = When.IMMEDIATE
    delay: int = 1_000  # Messages.
    one_in: int = 10  # With partial feedback.


class Filter(Protocol[_Message_contra]):
    """What can be put to the test: ours, or another's."""

    def judge(self, message: _Message_contra) -> float:
        """A score that is higher for what looks more like spam; 0 is the filter's own threshold."""
        ...

    def learn(self, message: _Message_contra, *, is_spam: bool) -> None:
        """Take in the truth about a message."""
        ...


def play(
    filter_: Filter[_Message],
    stream: Iterable[tuple[_Message, bool]],
    feedback: Feedback,
    start: int = 0,
    untold: Iterable[tuple[_Message, bool]] = (),
) -> Iterator[float]:
    """The score of each message of (message, is spam), in order, given before its truth was told.

    Once a score is out, all that was to be learned by then is learned: a stream may stop there and go on later. The first is number `start` of its stream; `untold` were judged before it, and their truth is still to come. With
    delayed feedback the last messages are never learned, as on the last day of any month.
    """
    waiting = deque(untold)
    for number, (message, is_spam) in enumerate(stream, start):
        score = filter_.judge(message)
        if feedback.when is When.DELAYED:
            waiting.append((message, is_spam))
            if len(waiting) > feedback.delay:
                known, was_spam = waiting.popleft()
                filter_.learn(known, is_spam=was_spam)
        elif feedback.when is When.IMMEDIATE or (feedback.when is When.PARTIAL and _is_told(number, feedback)):
            filter_.learn(message, is_spam=is_spam)
        yield score


def _is_told(number: int, feedback: Feedback) -> bool:
    """One message in `one_in`, spread evenly and not in step with any pattern of the stream (Knuth's multiplier)."""
    return (number * 2_654_435_761 >> 8) % feedback.one_in == 0
