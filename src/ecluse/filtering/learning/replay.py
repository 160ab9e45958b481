"""A client's layer out of its acts: the same acts make the same weights, so that any of them can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from ecluse.domain.act import TOKENS_VERSION, Act, Standing
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.guards import freed_by
from ecluse.filtering.learning.lessons import REMEMBERED, Lessons
from ecluse.filtering.learning.tokens import Tokens, tokens_at
from ecluse.filtering.learning.weights import DenseLayer
from ecluse.ports.models import Layer

MAX_WORSE = 0.02  # Mean loss (nats) on the shadow set that a new version may add: less is noise.
MIN_SHADOW = 5  # Fewer say nothing.


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a client's layer was when it had learned these acts, over the same layers: more are learned from there on."""

    learned: tuple[int, ...]  # Numbers of the acts, in the order of learning.
    arrays: Mapping[str, NDArray[np.generic]]  # As `DenseLayer.exported` gives them.


@dataclass(frozen=True, slots=True)
class Trial:
    """A new version before it goes live."""

    layer: DenseLayer
    learned: tuple[int, ...]  # Numbers of the acts in it.
    is_worse: bool  # On the shadow set, than the version that is live: then it must not go live.


def rebuilt(
    acts: Sequence[Act], common: Sequence[Layer], live: Layer | None = None, known: Snapshot | None = None
) -> Trial:
    """Learn all acts that count, in their order; `common` are the layers beneath, never touched.

    From nothing, or from `known` where it is whole and holds the first of these acts and nothing else: the outcome is the
    same.
    """
    chosen = [act for act in _counting(acts) if is_readable(act)]
    learned = tuple(act.number for act in chosen)
    layer, done = _begun(known, learned)
    classifier = Classifier(common, layer)
    lessons = _lessons_after(chosen[:done], classifier)
    for act in chosen[done:]:
        lessons.learn(tokens_in(act), is_spam=act.is_spam)
    shadow = [act for act in standing_acts(acts) if act.standing is Standing.SHADOW and is_readable(act)]
    before = Classifier((*common, *(() if live is None else (live,))))
    is_worse = len(shadow) >= MIN_SHADOW and _loss(classifier, shadow) > _loss(before, shadow) + MAX_WORSE
    return Trial(layer, learned, is_worse)


def _lessons_after(done: Sequence[Act], classifier: Classifier) -> Lessons:
    """To go on with, where the classifier has learned these."""
    ham, spam = ([act for act in done if act.is_spam is is_spam] for is_spam in (False, True))
    last = (*ham[-REMEMBERED:], *spam[-REMEMBERED:])
    return Lessons(classifier, ((tokens_in(act), act.is_spam) for act in last), (len(ham), len(spam)))


def _begun(known: Snapshot | None, learned: tuple[int, ...]) -> tuple[DenseLayer, int]:
    """The layer to go on with, and how many of these acts are in it."""
    layer = DenseLayer()
    if known is None or known.learned != learned[: len(known.learned)]:
        return layer, 0
    try:
        layer.restore(known.arrays)
    except (KeyError, ValueError, TypeError):
        return DenseLayer(), 0
    return layer, len(known.learned)


def is_readable(act: Act) -> bool:
    """Whether its tokens mean what tokens mean now."""
    return act.tokens_version == TOKENS_VERSION


def tokens_in(act: Act) -> Tokens:
    """The tokens of the message that an act is about."""
    return tokens_at(np.frombuffer(act.tokens, "<u4"))


def packed(tokens: Tokens) -> bytes:
    """As an act keeps them."""
    return tokens.indices.astype("<u4").tobytes()


def standing_acts(acts: Sequence[Act]) -> Iterable[Act]:
    """All but what was taken back, and the taking back itself."""
    undone = {act.undoes for act in acts if act.undoes}
    return (act for act in acts if not act.undoes and act.number not in undone)


def _counting(acts: Sequence[Act]) -> list[Act]:
    standing = list(standing_acts(acts))
    by_message: dict[str, list[Act]] = {}
    for act in standing:
        by_message.setdefault(act.message, []).append(act)
    freed = {number for act in standing for number in freed_by(act, by_message[act.message])}
    return [act for act in standing if act.standing is Standing.LEARNED or act.number in freed]


def _loss(classifier: Classifier, acts: Sequence[Act]) -> float:
    """Mean logistic loss, each bounded: one message that is hopeless must not outvote all others."""
    losses = []
    for act in acts:
        log_odds = classifier.weigh(tokens_in(act)).log_odds
        margin = log_odds if act.is_spam else -log_odds
        losses.append(min(5.0, log1p(float(np.exp(-np.clip(margin, -30, 30))))))
    return float(np.mean(losses))
