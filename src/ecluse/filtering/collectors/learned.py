"""What the classifier makes of the message."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ecluse.domain.evidence import NOT_ASKED, Unknown
from ecluse.domain.learned import LearnedFacts
from ecluse.filtering.body import Body
from ecluse.filtering.collect import Subject
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.letter import Arrival, read_letter
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.ports.models import Model


def learned(subject: Subject) -> LearnedFacts | Unknown | Coroutine[Any, Any, LearnedFacts]:
    """The opinion of the client's model; nothing where there is no model."""
    models = subject.sources.models
    model = models.find(subject.incoming.client) if models is not None else None
    if model is None:
        return NOT_ASKED
    body = subject.body
    return _of_a_large_one(subject, model) if body is None else _opinion(subject, body, model)


async def _of_a_large_one(subject: Subject, model: Model) -> LearnedFacts:
    return _opinion(subject, await subject.read(), model)


def _opinion(subject: Subject, body: Body, model: Model) -> LearnedFacts:
    # Without prior, until the slopes of fusion.toml are fitted to it (decision 0019).
    letter = read_letter(subject.section, body, _arrival(subject))
    loops = subject.sources.loops
    opinion = Classifier(model.layers, loops=loops).weigh(tokens_of(letter, loops))
    views = tuple(round(view, 3) for view in opinion.views)
    log_odds, share = round(opinion.log_odds, 3), round(opinion.probability, 6)
    return LearnedFacts(log_odds, share, views, model.version, model.taught)


def _arrival(subject: Subject) -> Arrival:
    peer, sender = subject.incoming.peer, subject.incoming.envelope.sender
    return Arrival(peer.ip, peer.helo, str(sender) if sender else "")
