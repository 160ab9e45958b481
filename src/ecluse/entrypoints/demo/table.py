"""The table of the demonstration: what became of each message, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from ecluse.domain.logged_message import LoggedMessage
from ecluse.entrypoints.demo.cast import Sample

_MOST_NAMED = 5  # Recipients of one message.
_AROUND = 7  # Lines above and below the rows: title, head, borders, and what was said before.


@dataclass(slots=True)
class Row:
    """One message and what became of it."""

    name: str
    people: str  # "sender → recipients".
    answer: str
    fates: tuple[str, ...] = ()  # Of each recipient, "refused Q"; () where RCPT already turned it away.
    findings: tuple[str, ...] = ()
    lesson: str = ""
    id: str = ""  # "" where no message came about.
    milliseconds: float | None = None  # None: not measured.
    is_as_expected: bool | None = None  # None: nobody said what to expect.

    @property
    def shown_fates(self) -> tuple[str, ...]:
        """One line each."""
        return self.fates or ("refused",)

    @property
    def lines(self) -> int:
        """How high the row is."""
        return max(2, len(self.shown_fates))


def people(sender: str, recipients: Sequence[str]) -> str:
    """Who writes to whom; the null sender as SMTP has it."""
    more = f" +{len(recipients) - _MOST_NAMED}" if len(recipients) > _MOST_NAMED else ""
    return f"{sender or '<>'} → {' '.join(recipients[:_MOST_NAMED])}{more}"


def sample_row(sample: Sample, answer: str, message: LoggedMessage | None, milliseconds: float) -> Row:
    """One of the samples; `message` as the journal has it."""
    fates, findings = _journal_says(message)
    return Row(
        name=sample.name,
        people=people(sample.sender, sample.recipients),
        answer=answer,
        fates=fates,
        findings=findings,
        lesson=sample.lesson,
        id=message.id if message else "",
        milliseconds=milliseconds,
        is_as_expected=answer.startswith(sample.answer) and fates == sample.fates,
    )


def visitor_row(message: LoggedMessage) -> Row:
    """A message that a person sent."""
    fates, findings = _journal_says(message)
    asks = people(message.sender, list(message.recipients))
    return Row("yours", asks, message.reply, fates, findings, f"ecluse log --id {message.id[:12]}", message.id)


def as_table(rows: Sequence[Row], *, ends: str = "") -> Table:
    """All of them; `ends` says how to stop what goes on."""
    table = Table(title="What became of each message, and why", caption=ends or None, expand=True)
    table.add_column("message", no_wrap=True, min_width=12)
    table.add_column("fate", no_wrap=True, min_width=8)
    table.add_column("answer to the sender, and why", ratio=1, no_wrap=bool(ends), overflow="ellipsis")
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("as told", no_wrap=True)
    for row in rows:
        milliseconds = "" if row.milliseconds is None else f"{row.milliseconds:.0f}"
        text = f"{_coloured_answer(row)}\n{_why(row)}"
        table.add_row(row.name, "\n".join(row.shown_fates), text, milliseconds, _MARKS[row.is_as_expected])
    return table


def newest(rows: Sequence[Row], height: int) -> Sequence[Row]:
    """As many of the last rows as a terminal of `height` lines shows, one at least."""
    left, first = height - _AROUND, len(rows)
    while first and (first == len(rows) or left >= rows[first - 1].lines):
        first -= 1
        left -= rows[first].lines
    return rows[first:]


_MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: ""}


def fates_of(message: LoggedMessage) -> tuple[str, ...]:
    """With the letter of the trade, in the order of the recipients."""
    return tuple(f"{one.fate} {one.category}".rstrip() for one in message.recipients.values())


def _journal_says(message: LoggedMessage | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fates, and every finding once."""
    if message is None:
        return (), ()
    findings = dict.fromkeys(finding for one in message.recipients.values() for finding in one.findings)
    return fates_of(message), tuple(findings)


def _coloured_answer(row: Row) -> str:
    """As the trade shows it: 2xx green, 4xx orange, 5xx red (market 2.6); the number says it without colour."""
    colour = {"2": "green", "4": "dark_orange", "5": "red"}.get(row.answer[:1], "white")
    return f"[{colour}]{escape(row.answer.partition(' (0')[0])}[/]"


def _why(row: Row) -> str:
    findings = f"{', '.join(row.findings)} - " if row.findings else ""
    return f"[dim]{escape(f'{row.people}: {findings}{row.lesson}')}[/]"
