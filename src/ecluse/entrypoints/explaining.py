"""Explanations of verdicts on the command line: `scan --explain`, `log --explain`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, TypeAlias

import typer

from ecluse.domain.language import Language
from ecluse.domain.reader import Reader
from ecluse.entrypoints.terminal import say
from ecluse.filtering.explanation import Explanation
from ecluse.filtering.learning.explanation import Reason, strongest
from ecluse.filtering.learning.letter import Letter
from ecluse.ports.models import Model

ExplainOption = Annotated[bool, typer.Option("--explain", help="Say why, the strongest reasons first.")]
ReaderOption = Annotated[
    Reader,
    typer.Option(
        "--reader",
        metavar="WHO",
        help=f"To whom: {', '.join(Reader)}. The recipient gets plain sentences, the provider the classifier's words too.",
    ),
]

Reasons: TypeAlias = tuple[Reason, ...]
MAX_TOKENS = 5  # For spam, and as many for ham.

_TOKENS = {
    Language.ENGLISH: "The classifier's strongest words, positive for spam:",
    Language.FRENCH: "Les mots qui ont le plus compté pour le classifieur, positifs pour l'indésirable :",
}


def reasons(letter: Letter, model: Model | None) -> Reasons:
    """The tokens that spoke most strongly for spam, and those for ham; content, so never to be kept."""
    if model is None:
        return ()
    return tuple(one for sign in (1.0, -1.0) for one in strongest(letter, model.layers, sign, MAX_TOKENS))


def print_explanation(title: str, explanation: Explanation, words: Reasons, language: Language) -> None:
    """Lines for people; tokens are spelled out, since senders choose them."""
    say()
    say(f"{title}: {explanation.opening} {' '.join(explanation.sentences)}".rstrip())
    for line in _finding_lines(explanation):
        say(line)
    if words:
        say(_TOKENS[language])
        for one in words:
            say(f"{one.log_odds:+8.3f}  {one.view}: {one.text}")


def _finding_lines(explanation: Explanation) -> Iterator[str]:
    for one in explanation.findings:
        detail = f" ({one.weighed.detail})" if one.weighed.detail else ""
        yield f"{one.weighed.points:+8.2f}  {one.weighed.code}{detail}  {one.sentence}".rstrip()


def explanation_json(explanation: Explanation, words: Reasons) -> dict[str, object]:
    """The same for programs."""
    return {
        "opening": explanation.opening,
        "sentences": explanation.sentences,
        "findings": [
            {
                "code": one.weighed.code,
                "detail": one.weighed.detail,
                "points": one.weighed.points,
                "sentence": one.sentence,
            }
            for one in explanation.findings
        ],
        "tokens": [{"view": one.view, "text": one.text, "log_odds": one.log_odds} for one in words],
    }
