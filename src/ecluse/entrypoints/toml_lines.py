"""On which line each key of a TOML text stands: `tomllib` does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

KeyPath = tuple[str | int, ...]  # ("clients", 0, "name")

_TOKEN = re.compile(
    r"""
      (?P<space> [ \t\r]+ | \#[^\n]* )
    | (?P<newline> \n )
    | (?P<string> \"{3} (?:[^\\]|\\.)*? \"{3,5} | '{3} .*? '{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<mark> [\[\]{}=,.] )
    | (?P<bare> [^\s\[\]{}=,.\#"']+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_END = "\0"  # Not a character that TOML allows.


class Token(NamedTuple):
    """A piece of the text."""

    kind: str
    text: str
    line: int


def locate(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every key, table header and list element of a text that `tomllib` has accepted."""
    return _Walk(text).lines


class _Walk:
    """One pass over the tokens; the text is known to be valid, so nothing is checked again."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._now = next(self._tokens)
        self._table_counts: dict[KeyPath, int] = {}  # Of each [[table]] so far.
        self.lines: dict[KeyPath, int] = {}
        base: KeyPath = ()
        while self._now.text != _END:
            if self._now.kind == "newline":
                self._next()
            elif self._now.text == "[":
                base = self._header()
            else:
                self._assignment(base)

    def _next(self) -> Token:
        token = self._now
        self._now = next(self._tokens)
        return token

    def _header(self) -> KeyPath:
        line = self._next().line
        is_array = self._now.text == "["
        if is_array:
            self._next()
        *parents, last = self._key()
        path: KeyPath = ()
        for name in parents:
            path = self._latest((*path, name))
        path = (*path, last)
        if is_array:
            self._table_counts[path] = self._table_counts.get(path, 0) + 1
            self.lines.setdefault(path, line)
        path = self._latest(path)
        self._note(path, line)
        while self._now.text == "]":
            self._next()
        return path

    def _latest(self, path: KeyPath) -> KeyPath:
        """Keys below a [[table]] belong to the last one written."""
        count = self._table_counts.get(path)
        return path if count is None else (*path, count - 1)

    def _assignment(self, base: KeyPath) -> None:
        line = self._now.line
        path = (*base, *self._key())
        self._note(path, line)
        self._next()  # The equals sign.
        self._value(path)

    def _key(self) -> list[str]:
        """A dotted key, up to the equals sign or bracket after it."""
        names = []
        while self._now.text not in ("=", "]"):
            token = self._next()
            if token.text != ".":
                names.append(_name(token))
        return names

    def _value(self, path: KeyPath) -> None:
        if self._now.text == "[":
            self._list(path)
        elif self._now.text == "{":
            self._inline_table(path)
        else:
            while self._now.kind != "newline" and self._now.text not in (",", "]", "}", _END):
                self._next()

    def _list(self, path: KeyPath) -> None:
        self._next()
        index = 0
        while self._now.text != "]":
            if self._now.kind == "newline" or self._now.text == ",":
                self._next()
                continue
            self._note((*path, index), self._now.line)
            self._value((*path, index))
            index += 1
        self._next()

    def _inline_table(self, path: KeyPath) -> None:
        self._next()
        while self._now.text != "}":
            if self._now.kind == "newline" or self._now.text == ",":
                self._next()
            else:
                self._assignment(path)
        self._next()

    def _note(self, path: KeyPath, line: int) -> None:
        """A dotted key also begins the tables that it names on its way."""
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)


def _tokens(text: str) -> Iterator[Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind != "space":
            yield Token(kind, found.group(), line)
        line += found.group().count("\n")
    while True:
        yield Token("end", _END, line)


def _name(token: Token) -> str:
    return str(tomllib.loads(f"name = {token.text}")["name"]) if token.kind == "string" else token.text
