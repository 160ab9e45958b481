"""Messages as people have them on disk: single files, folders, Maildir, mbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ecluse.domain.errors import Impossible

MAX_MESSAGE_OCTETS = 67_108_864
MAX_LINE_OCTETS = 1_048_576
_QUOTED_FROM = re.compile(rb">+From ")


def messages_in(path: Path) -> Iterator[bytes]:
    """Each message of a file or folder, sorted by name in a folder. Raises `OSError`, and `Impossible` for huge ones."""
    if not path.is_dir():
        yield from _in_file(path)
        return
    maildir = [path / name for name in ("cur", "new") if (path / name).is_dir()]
    for file in sorted(chain.from_iterable(folder.iterdir() for folder in maildir or [path])):
        if file.is_file() and not file.name.startswith("."):
            yield from _in_file(file)


def _in_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if file.read(5) == b"From ":
            file.seek(0)
            yield from _in_mbox(path, iter(lambda: file.readline(MAX_LINE_OCTETS), b""))
            return
        file.seek(0)
        octets = file.read(MAX_MESSAGE_OCTETS + 1)
        _demand_bounded(path, len(octets))
        yield octets


def _in_mbox(path: Path, lines: Iterator[bytes]) -> Iterator[bytes]:
    """RFC 4155 as programs write it: a line "From " after an empty one begins a message; ">From " is unquoted."""
    message, after_empty = bytearray(), True
    for line in lines:
        if after_empty and line.startswith(b"From "):
            if message:
                yield bytes(message)
            message = bytearray()
        else:
            message += line[1:] if _QUOTED_FROM.match(line) else line
            _demand_bounded(path, len(message))
        after_empty = line in {b"\n", b"\r\n"}
    if message:
        yield bytes(message)


def _demand_bounded(path: Path, octets: int) -> None:
    if octets > MAX_MESSAGE_OCTETS:
        raise Impossible(f"{path}: larger than {MAX_MESSAGE_OCTETS} octets, which no message is")
