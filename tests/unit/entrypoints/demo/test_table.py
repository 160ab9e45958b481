"""The table of the demonstration fits its terminal and shows what people send."""

from __future__ import annotations

import pytest
from rich.console import Console

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.logged_message import LoggedMessage
from ecluse.entrypoints.demo.cast import SAMPLES
from ecluse.entrypoints.demo.table import Row, as_table, newest, people, sample_row, visitor_row

ROWS = [Row(f"message {number}", "a → b", "250 2.0.0 ok", ("relayed",)) for number in range(40)]


@pytest.mark.parametrize("height", [12, 24, 25, 50])
def test_the_newest_rows_fit_the_terminal(height: int):
    console = Console(width=100, height=height, force_terminal=True)
    shown = newest(ROWS, height)
    with console.capture() as captured:
        console.print(as_table(shown, ends="Ctrl-C ends it"))
    lines = captured.get().splitlines()
    assert len(lines) < height
    assert shown[-1] is ROWS[-1]
    assert len(shown) == (height - 7) // 2
    assert "Ctrl-C ends it" in lines[-1]


def test_one_row_is_shown_however_small_the_terminal():
    assert newest(ROWS, 3) == ROWS[-1:]
    assert newest([], 24) == []


def test_a_visitors_message_has_its_fate_and_its_log_command():
    message = LoggedMessage("0123456789abcdef", 1.0)
    recipients = (RecipientEvent("paul@demo.example", Ending.REFUSED, findings=("GTUBE",)),)
    message.learn(MessageEvent(message.id, Stage.OUTCOME, 1.0, sender="", recipients=recipients, reply="550 5.7.1 no"))
    row = visitor_row(message)
    assert (row.fates, row.findings, row.answer) == (("refused",), ("GTUBE",), "550 5.7.1 no")
    assert row.people == "<> → paul@demo.example"
    assert row.lesson == "ecluse log --id 0123456789ab"
    assert row.is_as_expected is None


def test_a_sample_is_as_expected_only_with_its_answer_and_its_fates():
    sample = next(each for each in SAMPLES if each.fates == ("relayed",))
    message = LoggedMessage("1", 1.0)
    message.learn(MessageEvent("1", Stage.OUTCOME, 1.0, recipients=(RecipientEvent("b@c", Ending.RELAYED),)))
    assert sample_row(sample, "250 2.0.0 ok 1", message, 3.0).is_as_expected is True
    assert sample_row(sample, "250 2.0.0 ok 1", None, 3.0).is_as_expected is False
    assert sample_row(sample, "451 4.0.0 no", message, 3.0).is_as_expected is False


def test_of_very_many_recipients_some_are_named():
    assert people("a", [f"r{number}" for number in range(501)]) == "a → r0 r1 r2 r3 r4 +496"
    assert people("", ["b"]) == "<> → b"
