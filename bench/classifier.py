"""What the classifier costs: processor time of a message's tokens, of its score, of a lesson; and messages a second.

    .venv/bin/python bench/classifier.py INDEX [--messages 400] [--rounds 7] [--compiled]

takes messages at even distances, and of these the half whose letters (header fields and text) come nearest to 4 kB. Each step is the quickest of the rounds, in time of this
thread, so that what else runs on the machine hardly matters.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from ecluse.entrypoints.classifier_loops import classifier_loops
from ecluse.entrypoints.evaluation.index import read_index, thinned
from ecluse.entrypoints.evaluation.own_filter import letter_of
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.lessons import Lessons
from ecluse.filtering.learning.prior import shipped
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.filtering.learning.weights import DenseLayer

_One = TypeVar("_One")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--compiled", action="store_true", help="the loops that numba compiles")
    asked = parser.parse_args()
    entries = thinned(read_index(asked.index), 2 * asked.messages)
    read = [(letter_of(entry), entry.is_spam) for entry in entries]
    read.sort(key=lambda one: abs(len(one[0].head + one[0].text) - 4_096))
    letters = [letter for letter, _ in read[: asked.messages]]
    tokens = [tokens_of(letter) for letter in letters]
    loops = classifier_loops(compiled=asked.compiled)
    taught = [(one, is_spam) for one, (_, is_spam) in zip(tokens, read, strict=False)]
    classifier = Classifier((), DenseLayer(), shipped(), loops)
    for one, is_spam in taught:
        classifier.learn(one, is_spam=is_spam)
    octets = np.mean([len(letter.head) + len(letter.text) for letter in letters])
    making = quickest(partial(tokens_of, loops=loops), letters, asked.rounds)
    weighing = quickest(classifier.weigh, tokens, asked.rounds)
    # The wrong way round, so that all views have something to learn.
    learning = quickest(
        lambda one: classifier.learn(one, is_spam=classifier.weigh(one).log_odds < 0), tokens, asked.rounds
    )
    print(
        f"{len(letters)} letters of {octets:.0f} octets, {np.mean([len(one.indices) for one in tokens]):.0f} tokens each"
    )
    print(f"tokens {making:.3f} ms, opinion {weighing:.3f} ms: {1_000 / (making + weighing):.0f} messages/s on a core")
    lessons = Lessons(Classifier((), DenseLayer(), shipped(), loops))
    teaching = quickest(lambda one: lessons.learn(one[0], is_spam=one[1]), taught, asked.rounds)
    print(
        f"a lesson, all views wrong, with the opinion before it: {learning:.3f} ms; one of the stream, and one again: {teaching:.3f} ms"
    )


def quickest(step: Callable[[_One], object], over: Sequence[_One], rounds: int) -> float:
    """Milliseconds for one, on average over all, of the quickest round of each."""
    best = np.full(len(over), np.inf)
    for _ in range(rounds):
        for place, one in enumerate(over):
            started = time.thread_time()
            step(one)
            best[place] = min(best[place], time.thread_time() - started)
    return float(1_000 * best.mean())


if __name__ == "__main__":
    main()
