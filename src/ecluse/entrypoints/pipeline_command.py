"""`ecluse pipeline`: what happens to a message, in order, and what each finding counts."""

from __future__ import annotations

from typing import Annotated

import typer

from ecluse.domain.incoming import Direction
from ecluse.domain.language import Language
from ecluse.entrypoints.legend import LanguageOption, locale_language
from ecluse.entrypoints.options import JsonOption
from ecluse.entrypoints.terminal import print_json, print_table, say
from ecluse.filtering import inbound, outbound
from ecluse.filtering.meanings import MEANINGS
from ecluse.filtering.pipeline import Row, rows
from ecluse.filtering.weights import weight_of

PIPELINES = {Direction.INBOUND: inbound.PIPELINE, Direction.OUTBOUND: outbound.PIPELINE}


def pipeline(
    direction: Annotated[
        Direction | None, typer.Argument(metavar="DIRECTION", help="Only inbound or outbound.", show_default=False)
    ] = None,
    *,
    language: LanguageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the steps that a message takes in their effective order, and what each finding counts."""
    shown = {each: tuple(rows(PIPELINES[each])) for each in Direction if direction in {None, each}}
    if as_json:
        steps = {each.value: [_as_json(row) for row in table] for each, table in shown.items()}
        print_json({**steps, "findings": _findings_as_json()})
        return
    for each, table in shown.items():
        say(f"{each}, in this order")
        say()
        print_table(("step", "name", "deadline", "what it does"), [_cells(row) for row in table])
        say()
    say("findings, by their default weights")
    say()
    print_table(("code", "weight", "reason", "what it means"), _findings(language or locale_language()))


def _findings(language: Language) -> list[tuple[str, str, str, str]]:
    return [
        (code, f"{weight_of(code):g}", meaning.word, meaning.sentence(language)) for code, meaning in MEANINGS.items()
    ]


def _cells(row: Row) -> tuple[str, str, str, str]:
    return row.kind, row.name, f"{row.deadline_s:g} s" if row.deadline_s else "", row.promise


def _as_json(row: Row) -> dict[str, object]:
    return {"step": row.kind, "name": row.name, "deadline_s": row.deadline_s, "promise": row.promise}


def _findings_as_json() -> list[dict[str, object]]:
    return [
        {"code": code, "weight": weight_of(code), "reason": meaning.word, "en": meaning.en, "fr": meaning.fr}
        for code, meaning in MEANINGS.items()
    ]
