"""A TOML file whose every fault is told with its line, its key and what was expected."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.toml_lines import KeyPath, locate

Table = TypeVar("Table", bound=msgspec.Struct)
Notation = Callable[[type, str], object]  # Reads a text as the wanted type, or raises `ValueError`.

_SYNTAX_ERROR = re.compile(r"(?P<problem>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL)
# How msgspec ends a message: the place of the value, or of a key of a map.
_PLACE = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`\Z")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text in quotes",
    "bool": "true or false",
    "array": "a list in brackets",
    "object": "a table",
    "datetime": "a date and time",
}


class TomlFile:
    """A file that was read and obeys the grammar of TOML."""

    def __init__(self, path: Path, text: str, content: dict[str, Any]) -> None:
        self.path = path
        self.text = text
        self.content = content

    def bad(self, key: KeyPath, expected: str) -> BadConfig:
        """The error to raise for the value of `key`; a key that is not there is reported at its table."""
        steps = key
        while steps and steps not in self._lines:
            steps = steps[:-1]
        return BadConfig(str(self.path), self._lines.get(steps, 0), dotted(key), expected)

    def convert(self, kind: type[Table], notation: Notation) -> Table:
        """The content as a struct; `notation` reads the texts that msgspec does not know. Raises `BadConfig`."""

        def read(wanted: type, value: object) -> object:
            if isinstance(value, str):
                return notation(wanted, value)
            # msgspec puts the place behind the text of a ValueError, and of no other.
            raise ValueError("expected a text in quotes")

        try:
            return msgspec.convert(self.content, kind, dec_hook=read)
        except msgspec.ValidationError as error:
            raise self.bad(*_explain(str(error), kind)) from error

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        return locate(self.text)


def read_toml(path: Path, *, max_bytes: int) -> TomlFile:
    """Read a file of at most `max_bytes`. Raises `BadConfig` when it cannot be read or is no TOML."""
    text = _read_text(path, max_bytes)
    try:
        return TomlFile(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from error
    except RecursionError as error:
        raise BadConfig(str(path), 0, "", "expected less deeply nested lists and tables") from error


def dotted(key: KeyPath) -> str:
    """As people write it: "clients[0].domains[1].name"."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in key).removeprefix(".")


def plain_kinds(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """What a value may be: a union taken apart, descriptions left out."""
    if isinstance(kind, inspect.Metadata):
        return plain_kinds(kind.type)
    if isinstance(kind, inspect.UnionType):
        return tuple(plain for member in kind.types for plain in plain_kinds(member))
    return (kind,)


def _read_text(path: Path, max_bytes: int) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(max_bytes + 1)
    except OSError as error:
        raise BadConfig(str(path), 0, "", f"expected a file that can be read: {error.strerror}") from error
    if len(octets) > max_bytes:
        raise BadConfig(str(path), 0, "", f"expected a file of at most {max_bytes} octets")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise BadConfig(str(path), line, "", "expected UTF-8 text") from error


def _syntax_error(path: Path, text: str, message: str) -> BadConfig:
    found = _SYNTAX_ERROR.fullmatch(message)
    if found is None:
        return BadConfig(str(path), 0, "", f"expected TOML: {message}")
    line = int(found["line"] or text.count("\n") + 1)
    return BadConfig(str(path), line, "", f"expected TOML: {found['problem'][0].lower()}{found['problem'][1:]}")


def _explain(message: str, root: type[msgspec.Struct]) -> tuple[KeyPath, str]:
    """The key that a message of msgspec is about, and the message in words for people."""
    place = _PLACE.search(message)
    key = tuple(_steps(place["path"])) if place else ()
    problem = message[: place.start()] if place else message
    if unknown := _UNKNOWN.fullmatch(problem):
        return (*key, unknown[1]), f"unknown key{_suggestion(unknown[1], _names(root, key))}"
    if missing := _MISSING.fullmatch(problem):
        return (*key, missing[1]), "expected a value: this key is required"
    if problem.startswith("Invalid enum value"):
        found = problem.removeprefix("Invalid enum value ")
        return key, f"expected {_choices(root, key)}, found {found}"
    return key, _in_words(problem)


def _steps(path: str) -> Iterator[str | int]:
    for step in _STEP.finditer(path):
        yield step["name"] if step["name"] is not None else int(step["index"])


def _in_words(problem: str) -> str:
    """A message such as "Expected `int`, got `str`" for people who know TOML, not Python."""

    def word(found: re.Match[str]) -> str:
        return " or ".join(_WORDS.get(name, name) for name in found[1].split(" | "))

    text = re.sub(r"`([^`]*)`", word, problem).replace(", got ", ", found ")
    return text[:1].lower() + text[1:]


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {nearest[0]!r}?" if nearest else f", expected one of {', '.join(known)}"


def _names(root: type[msgspec.Struct], key: KeyPath) -> tuple[str, ...]:
    return tuple(
        field.encode_name
        for kind in _kinds_at(root, key)
        if isinstance(kind, inspect.StructType)
        for field in kind.fields
    )


def _choices(root: type[msgspec.Struct], key: KeyPath) -> str:
    words: list[str] = []
    for kind in _kinds_at(root, key):
        if isinstance(kind, inspect.LiteralType):
            words += [repr(value) for value in kind.values]
        elif isinstance(kind, inspect.EnumType):
            words += [repr(member.value) for member in kind.cls]
        elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
            words.append(_WORDS["array"])
    return " or ".join(words)


def _kinds_at(root: type[msgspec.Struct], key: KeyPath) -> tuple[inspect.Type, ...]:
    kinds: tuple[inspect.Type, ...] = (inspect.type_info(root),)
    for step in key:
        kinds = tuple(plain for kind in kinds for inner in _inside(kind, step) for plain in plain_kinds(inner))
    return kinds


def _inside(kind: inspect.Type, step: str | int) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        yield from (field.type for field in kind.fields if field.encode_name == step)
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        yield kind.item_type
    elif isinstance(kind, inspect.DictType):
        yield kind.value_type
