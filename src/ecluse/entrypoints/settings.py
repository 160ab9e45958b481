"""The node's settings, read from ecluse.toml and checked whole before anything is started."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from ecluse.entrypoints.settings_checks import CHECKS
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.toml_file import read_toml

__all__ = ["Settings", "effective", "load_settings", "read_notation"]

MAX_FILE_BYTES = 1_048_576
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def load_settings(path: Path) -> Settings:
    """The settings, paths made absolute from the file's folder and `workers` resolved. Raises `BadConfig`."""
    file = read_toml(path, max_bytes=MAX_FILE_BYTES)
    settings = file.convert(Settings, partial(read_notation, path.absolute().parent))
    for check in CHECKS:
        for key, expected in check(settings):
            raise file.bad(key, expected)
    return msgspec.structs.replace(settings, workers=settings.workers or len(os.sched_getaffinity(0)))


def effective(settings: Settings) -> str:
    """The settings in force, as TOML for the log at start.

    Nothing needs to be blacked out: a secret is never the value of a setting, only the path of its file.
    """
    return "\n".join(_lines(settings)) + "\n"


def read_notation(folder: Path, kind: Callable[[str], object], text: str) -> object:
    """A text of a settings file as the wanted type, paths from its folder. Raises `ValueError`."""
    if kind is not Path:
        return kind(text)
    if not text or "\0" in text:
        raise ValueError("expected a path")
    return folder / text


def _lines(table: msgspec.Struct, name: str = "") -> Iterator[str]:
    values = {field.name: getattr(table, field.name) for field in msgspec.structs.fields(table)}
    yield from (f"{key} = {_toml(value)}" for key, value in values.items() if _is_plain(value))
    for key, value in values.items():
        if isinstance(value, msgspec.Struct):
            yield ""
            yield f"[{name}{key}]"
            yield from _lines(value, f"{name}{key}.")


def _is_plain(value: object) -> bool:
    return value is not None and not isinstance(value, msgspec.Struct)


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_toml(key)} = {_toml(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, msgspec.Struct):
        return _toml(msgspec.structs.asdict(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return f'"{"".join(map(_escaped, str(value)))}"'


def _escaped(character: str) -> str:
    if character < " " or character == "\x7f":
        return _ESCAPES.get(character, f"\\u{ord(character):04x}")
    return _ESCAPES.get(character, character)
