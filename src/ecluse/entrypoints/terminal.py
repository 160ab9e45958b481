"""What commands print: tables for people, JSON for programs, nothing that could steer a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

GOOD, LATER, BAD = "green", "dark_orange", "red"  # The colours of the trade: 2xx, 4xx, 5xx (market 2.6).
PIPE_COLUMNS = 10_000  # What goes to a program or a file is not folded.

Cell: TypeAlias = str | Text


class ExitCode(IntEnum):
    """What the exit status of a command says."""

    FINE = 0
    NO = 1  # The answer is no, or something was found.
    USAGE = 2  # A mistake in the command line or in a configuration file.
    UNAVAILABLE = 3  # Something that is needed does not answer now.
    FAULT = 70  # A fault of ours; sysexits(3) calls it EX_SOFTWARE.


def printable(text: str) -> str:
    """The text with everything that is not to be seen spelled out: senders choose what stands in our log."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _spelled(character) for character in text)


def coloured(text: str, colour: str) -> Text:
    """A cell whose colour repeats what its words say."""
    return Text(printable(text), style=colour)


def print_json(value: object) -> None:
    """One value on one line, in ASCII."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Columns under their names; on a terminal long cells are folded."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    console().print(table)


def say(*cells: Cell) -> None:
    """One line for people."""
    console().print(Text("  ").join(map(_text, cells)))


def complain(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(printable(text) + "\n")


def console() -> Console:
    """Standard output as it is now."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=PIPE_COLUMNS)


def clock_time(at: float) -> str:
    """A moment (UTC, seconds since the epoch) on this machine's clock."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def span(seconds: float) -> str:
    """How long, in its largest unit: "40 s", "3 min", "5 h", "2 d"."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def amount(octets: float) -> str:
    """A size in its largest unit: "512 B", "12.0 kB", "3.5 GB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if octets >= size:
            return f"{octets / size:.1f} {unit}"
    return f"{octets:.0f} B"


def _text(cell: Cell) -> Text:
    return Text(printable(cell)) if isinstance(cell, str) else cell


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
