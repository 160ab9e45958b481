"""Words that a client looks for in its own mail: RE2, so that no pattern takes more than linear time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Self

import re2

MAX_CHARACTERS = 200
MAX_STEPS = 2_500  # Of all patterns of a client, as RE2 compiles them: at worst each is tried at each octet, in 10 ns.
_MAX_STEPS_OF_ONE = 1_000
_PLAIN, _PLAIN_SHARE = re.compile(r"[\w -]+"), 4  # RE2 goes through text once for all plain words: they cost a quarter.

_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1_048_576  # Octets of one rule's patterns, more than so many steps need.


class Keyword(str):
    """A word or an RE2 pattern, in any case."""

    __slots__ = ("steps",)
    steps: int  # What a search for it may cost for each octet; counted against `MAX_STEPS`.

    def __new__(cls, text: str) -> Self:
        if not text.isprintable() or not 0 < len(text) <= MAX_CHARACTERS:
            raise ValueError(f"expected a word or a pattern of at most {MAX_CHARACTERS} characters")
        try:
            compiled = re2.compile(_grouped(text), _OPTIONS)
        except re2.error as error:
            raise ValueError(f"expected a pattern of RE2, found {text[:80]!r}") from error
        if compiled.search(b"") is not None:
            raise ValueError(f"expected a pattern that does not fit every text, found {text[:80]!r}")
        if compiled.programsize > _MAX_STEPS_OF_ONE:
            raise ValueError(f"expected a simpler pattern, found {text[:80]!r}")
        self = super().__new__(cls, text)
        self.steps = compiled.programsize // (_PLAIN_SHARE if _PLAIN.fullmatch(text) else 1)
        return self


@lru_cache(maxsize=512)
def any_of(keywords: tuple[str, ...]) -> Any:
    """What finds the first of them, a pattern of re2, which ships no annotations; `search` takes UTF-8."""
    return re2.compile("|".join(map(_grouped, keywords)), _OPTIONS)


def _grouped(keyword: str) -> str:
    return f"(?:{keyword})"
