"""`ecluse log`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.entrypoints import log_command

NOW = time.time()
OLD, NEW = "019a0000000070008000000000000001", "019a0000000170008000000000000002"


def outcome(message_id=NEW, at=NOW - 10, fate=Ending.RELAYED, sender="eve@e.example", **more):
    recipients = (RecipientEvent("ann@a.example", fate, "deliver", findings=("MASS_MAIL",), reply="250 taken by mx"),)
    more = {"client": "A", "recipients": recipients, "reply": "250 2.0.0 ok", "timings_ms": {"act": 12.0}} | more
    return MessageEvent(message_id, Stage.OUTCOME, at, sender=sender, **more)


@pytest.fixture
def log(run, data):
    return lambda *arguments: run("log", "--data-dir", data.paths.root, *arguments)


def test_a_row_tells_what_happened_and_why(log, data):
    data.journal(outcome())
    [head, row] = log().out.splitlines()
    assert head.split() == list(log_command.COLUMNS)
    for cell in (NEW, "A", "eve@e.example", "ann@a.example", "relayed", "MASS_MAIL", "250 taken by mx", "12"):
        assert cell in row


def test_what_was_found_in_one_message_is_explained(log, data):
    data.journal(outcome())
    assert "Une lettre d'information, de son propre aveu." in log("--id", NEW[:13], "--lang", "fr").out
    assert "A newsletter, by its own account." in log("--lang", "en").out


def test_codes_that_another_release_wrote_need_no_explanation(log, data):
    recipients = (RecipientEvent("ann@a.example", Ending.RELAYED, "deliver", findings=("NOT_YET: x", "NO_DATE: y")),)
    data.journal(outcome(recipients=recipients))
    assert [line.split()[0] for line in log("--lang", "en").out.splitlines()[-2:]] == ["finding", "NO_DATE"]


def test_the_newest_is_last_over_all_writers(log, data):
    data.journal(outcome(NEW), writer="reception-0")
    data.journal(outcome(OLD, at=NOW - 100), writer="reception-1")
    said = log("--json")
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == [OLD, NEW]


def test_json_is_one_object_a_line_and_nothing_else(log, data):
    data.journal(outcome())
    [line] = log("--json").out.splitlines()
    message = json.loads(line)
    assert (message["id"], message["at"], message["client"]) == (NEW, NOW - 10, "A")
    assert message["recipients"] == [
        {
            "address": "ann@a.example",
            "what": "relayed",
            "verdict": "deliver",
            "category": "",
            "score": 0.0,
            "findings": ["MASS_MAIL"],
            "reply": "250 taken by mx",
        }
    ]


def test_recipients_that_fared_differently_have_rows_of_their_own(log, data):
    recipients = tuple(
        RecipientEvent(f"{name}@a.example", fate)
        for name, fate in [("ann", Ending.RELAYED), ("bob", Ending.HELD), ("cid", Ending.RELAYED)]
    )
    data.journal(outcome(recipients=recipients))
    [_, relayed, held] = log().out.splitlines()
    assert "ann@a.example, cid@a.example" in relayed
    assert "bob@a.example" in held


def test_a_thousand_recipients_do_not_fill_the_screen(log, data):
    recipients = tuple(RecipientEvent(f"u{number}@a.example", Ending.RELAYED) for number in range(1_000))
    data.journal(outcome(recipients=recipients))
    assert "u2@a.example and 997 more" in log().out


def test_what_a_sender_wrote_cannot_steer_the_terminal(log, data):
    data.journal(outcome(sender="\x1b[2J@e.example"))
    assert "\x1b" not in log().out
    assert "\\x1b[2J@e.example" in log().out


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--since", "1m", [NEW]),
        ("--since", "1h", [OLD, NEW]),
        ("--until", "1m", [OLD]),
        ("--id", "019A00000001", [NEW]),
        ("--limit", "1", [NEW]),
        ("--verdict", "refused", [OLD]),
        ("--client", "nobody", []),
        ("--address", "ann@a.example", [OLD, NEW]),
    ],
)
def test_each_option_narrows_the_answer(log, data, option, value, expected):
    now = time.time()  # This file may have been imported minutes ago.
    data.journal(outcome(OLD, at=now - 100, fate=Ending.REFUSED), outcome(NEW, at=now - 10))
    assert [json.loads(line)["id"] for line in log("--json", option, value).out.splitlines()] == expected


def test_an_old_message_is_found_by_its_id_alone(log, data):
    at = NOW - 40 * 86_400
    message_id = f"{int(at * 1_000):012x}70008000000000000001"
    data.journal(outcome(message_id, at=at + 0.5))
    assert log("--json").out == ""
    assert json.loads(log("--json", "--id", message_id[:14]).out)["id"] == message_id


@pytest.mark.parametrize("zone", ["+00:00", "Z", "+05:30"])
def test_a_time_may_name_its_zone(zone):
    expected = datetime(2026, 11, 25, 8, 0, tzinfo=UTC).timestamp() - (19_800 if zone == "+05:30" else 0)
    assert log_command.moment(f"2026-11-25T08:00:00{zone}", "--since") == expected


def test_a_time_without_a_zone_is_one_of_this_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        moment = log_command.moment("2026-11-25T05:30", "--since")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert moment == datetime(2026, 11, 25, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("option", "value"), [("--since", "yesterday"), ("--verdict", "spam"), ("--limit", "0")])
def test_a_value_that_is_none_is_a_mistake(log, option, value):
    said = log(option, value)
    assert (said.code, said.out) == (2, "")
    assert option in said.err


def test_following_goes_on_with_what_is_written_next(log, data, monkeypatch):
    data.journal(outcome(OLD, at=NOW - 100))
    rounds = iter([lambda: data.journal(outcome(NEW), writer="reception-1"), lambda: None])

    def next_round(_seconds):
        try:
            next(rounds)()
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(log_command.time, "sleep", next_round)
    said = log("--follow", "--json")
    assert said.code == 0
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == [OLD, NEW]


def test_those_who_got_nearly_the_same_are_named(log, data):
    others = ["019a0000000270008000000000000003", "019a0000000370008000000000000004"]
    data.journal(outcome(OLD, fingerprints=("t01", "t12", "x0a")))
    data.journal(outcome(NEW, fingerprints=("t09", "t12")))
    data.journal(outcome(others[0], fingerprints=("t09",)), outcome(others[1]))

    def ids(*arguments):
        return [json.loads(line)["id"] for line in log("--json", *arguments).out.splitlines()]

    assert ids("--like", OLD[:13]) == [OLD, NEW]
    assert ids("--campaign", "t09") == [NEW, others[0]]
    assert ids("--campaign", "t77") == []
    assert log("--like", others[1][:13]).code == 2
    assert json.loads(log("--json", "--id", OLD).out)["fingerprints"] == ["t01", "t12", "x0a"]
