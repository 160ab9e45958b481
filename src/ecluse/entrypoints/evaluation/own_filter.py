"""Our own classifier as `ecluse evaluate` puts it to the test."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ecluse.domain.content import MemoryContent
from ecluse.entrypoints.evaluation.index import Entry
from ecluse.entrypoints.scan import as_sent
from ecluse.filtering.body import Body, read_body
from ecluse.filtering.learning.classifier import Classifier, Opinion
from ecluse.filtering.learning.explanation import Reason, strongest
from ecluse.filtering.learning.lessons import Lessons
from ecluse.filtering.learning.letter import Letter, read_letter
from ecluse.filtering.learning.prior import Prior, shipped
from ecluse.filtering.learning.tokens import Tokens, tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from ecluse.ports.models import Layer
from ecluse.wire.mime.fields import HeaderSection, split_head

Reader: TypeAlias = Callable[[HeaderSection, Body], Letter]

MAX_MISTAKES = 20


@dataclass(slots=True)
class Spent:
    """Seconds, all messages together."""

    reading: float = 0.0  # From the file to a letter.
    weighing: float = 0.0  # From the letter to a score.
    learning: float = 0.0
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Mistake:
    """A message on the wrong side of our threshold."""

    name: str  # As the index has it.
    is_spam: bool
    size: float  # Log-odds for what it is not.
    reasons: tuple[Reason, ...]  # What spoke for that most strongly, by then.


class OwnFilter:
    """The protocol `Filter` over entries of an index."""

    def __init__(self, layers: Sequence[Layer] = (), reader: Reader = read_letter, prior: Prior | None = None) -> None:
        self.mistakes: list[Mistake] = []  # The worst so far.
        self._layers, self._reader = tuple(layers), reader
        self.taught = DenseLayer()
        self.classifier = Classifier(layers, self.taught, prior or shipped())
        self.lessons = Lessons(self.classifier)
        self.spent = Spent()
        self._last: tuple[Entry, Tokens, Opinion] | None = None

    @property
    def milliseconds(self) -> dict[str, float]:
        """What a message cost so far, on average."""
        spent, count = self.spent, max(1, self.spent.messages)
        steps = {"reading": spent.reading, "weighing": spent.weighing, "learning": spent.learning}
        return {name: 1_000 * seconds / count for name, seconds in steps.items()}

    def judge(self, message: Entry) -> float:
        """See `Filter.judge`."""
        return self.weigh(message).log_odds

    def weigh(self, message: Entry) -> Opinion:
        """What the classifier makes of the message now."""
        started = time.perf_counter()
        letter = letter_of(message, self._reader)
        read = time.perf_counter()
        tokens = tokens_of(letter)
        opinion = self.classifier.weigh(tokens)
        self.spent.messages += 1
        self.spent.reading += read - started
        self.spent.weighing += time.perf_counter() - read
        self._last = message, tokens, opinion
        self._note_mistake(message, letter, opinion)
        return opinion

    def _note_mistake(self, message: Entry, letter: Letter, opinion: Opinion) -> None:
        size = -opinion.log_odds if message.is_spam else opinion.log_odds
        is_among_worst = len(self.mistakes) < MAX_MISTAKES or size > self.mistakes[-1].size
        if size > 0 and is_among_worst:
            reasons = strongest(letter, (*self._layers, self.taught), 1.0 if opinion.log_odds > 0 else -1.0)
            self.mistakes.append(Mistake(message.name, message.is_spam, size, tuple(reasons)))
            self.mistakes.sort(key=lambda mistake: -mistake.size)
            del self.mistakes[MAX_MISTAKES:]

    def learn(self, message: Entry, *, is_spam: bool) -> None:
        """See `Filter.learn`; what was just judged is not read again."""
        if self._last is not None and self._last[0] is message:
            _, tokens, opinion = self._last
        else:
            tokens, opinion = tokens_of(letter_of(message, self._reader)), None
        started = time.perf_counter()
        self.lessons.learn(tokens, is_spam=is_spam, opinion=opinion)
        self.spent.learning += time.perf_counter() - started


def letter_of(entry: Entry, reader: Reader = read_letter) -> Letter:
    """The letter in a file, which is taken to come from a mailbox."""
    content = MemoryContent(as_sent(entry.read()))
    section = split_head(content)
    return reader(section, read_body(content, section))
