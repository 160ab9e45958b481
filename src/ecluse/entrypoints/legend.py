"""What findings mean in words, printed below a table that names them by their codes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated

import typer

from ecluse.domain.language import Language
from ecluse.entrypoints.terminal import print_table, say
from ecluse.filtering.meanings import MEANINGS

LanguageOption = Annotated[
    Language | None,
    typer.Option("--lang", metavar="fr|en", help="The language that findings are explained in. Default: the locale's."),
]


def print_legend(findings: Iterable[str], chosen: Language | None) -> None:
    """One row for each code among findings as the journal writes them, "CODE" or "CODE: detail"; nothing without any."""
    language = chosen or locale_language()
    codes = dict.fromkeys(finding.partition(":")[0] for finding in findings)
    # The journal of another release may name codes that this one does not know.
    rows = [(code, MEANINGS[code].sentence(language)) for code in codes if code in MEANINGS]
    if rows:
        say()
        print_table(_COLUMNS[language], rows)


def locale_language() -> Language:
    """What POSIX says of messages: the first of three variables that is set decides."""
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Language.FRENCH if name.lower().startswith("fr") else Language.ENGLISH


_COLUMNS = {Language.ENGLISH: ("finding", "what it means"), Language.FRENCH: ("constat", "ce que cela signifie")}
