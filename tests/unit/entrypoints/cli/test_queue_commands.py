"""`ecluse queue`."""

from __future__ import annotations

import time

import pytest

from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.domain.event import Ending
from ecluse.domain.outage import Outage
from ecluse.entrypoints.releasing import RELEASED_VERDICT
from tests.unit.entrypoints.cli.conftest import NOW, QUEUED

OTHER = "019a0000000170008000000000000002"


@pytest.fixture
def queue(run, data):
    return lambda verb, *arguments, **more: run("queue", verb, "--data-dir", data.paths.root, *arguments, **more)


def test_the_list_has_what_programs_are_promised(queue, data):
    data.queue()
    [message] = queue("list", "--json").json
    assert message["id"] == QUEUED.id
    assert message["sender"] == "eve@e.example"
    assert message["recipients"] == ["ann@a.example", "bob@a.example"]
    assert message["next_attempt"] == QUEUED.next_attempt
    assert message["reason"] == "connection refused"


def test_the_list_for_people_is_in_the_order_of_attempts(queue, data):
    data.queue(next_attempt=NOW + 7_200)
    data.queue(id=OTHER)
    printed = queue("list").out
    assert printed.index(OTHER) < printed.index(QUEUED.id)
    assert "2 in the queue" in printed


def test_the_null_sender_is_empty_for_programs(queue, data):
    data.queue(sender=None)
    assert queue("list", "--json").json[0]["sender"] == ""
    assert "<>" in queue("list").out


def test_an_outage_is_told_with_the_messages_that_wait_for_its_end(queue, data):
    data.queue()
    outages = LmdbOutages(data.paths.outages)
    outages.save(Outage("a.example", NOW - 7_200))
    outages.close()
    assert queue("list", "--json").json[0]["outage_since"] == NOW - 7_200
    assert "a.example has been out of reach for 2 h" in queue("list").out
    assert "out of reach" in queue("retry", "--all").out


def test_a_message_is_shown_by_the_beginning_of_its_id(queue, data):
    data.queue()
    data.queue(id=OTHER)
    assert queue("show", OTHER[:12].upper(), "--json").json["id"] == OTHER
    assert "connection refused" in queue("show", OTHER).out


def test_a_beginning_that_several_share_is_refused(queue, data):
    data.queue()
    data.queue(id=OTHER)
    said = queue("show", "019a")
    assert said.code == 1
    assert "several messages begin so" in said.err


@pytest.mark.parametrize("verb", ["show", "retry", "hold", "resume", "delete"])
def test_a_message_that_is_not_there_is_no(queue, data, verb):
    data.queue()
    said = queue(verb, "ffff")
    assert (said.code, said.out) == (1, "")
    assert "ffff: there is no such message here" in said.err


@pytest.mark.parametrize("verb", ["retry", "hold", "resume", "delete"])
def test_an_order_for_no_message_is_a_mistake(queue, data, verb):
    data.queue()
    assert queue(verb).code == 2
    assert data.read() == QUEUED


def test_retry_makes_a_message_due_now(queue, data):
    data.queue()
    assert queue("retry", QUEUED.id, "--json").json == [{"id": QUEUED.id, "done": True, "text": "due now"}]
    assert NOW <= data.read().next_attempt <= time.time()
    assert data.read().attempts == 0


def test_a_held_message_is_not_retried_but_resumed(queue, data):
    data.queue()
    assert queue("hold", QUEUED.id).code == 0
    assert data.read().is_held
    assert queue("list", "--json").json[0]["next_attempt"] is None
    refused = queue("retry", QUEUED.id)
    assert refused.code == 1
    assert "resume it first" in refused.out
    assert queue("resume", QUEUED.id).code == 0
    assert not data.read().is_held
    assert data.read().next_attempt <= time.time()


def test_what_a_release_has_not_let_go_yet_is_left_to_it(queue, data):
    data.queue(is_held=True, verdict=RELEASED_VERDICT, next_attempt=0.0)
    refused = queue("resume", "--all")
    assert refused.code == 1
    assert "its release is under way" in refused.out
    assert data.read().is_held


def test_holding_twice_and_resuming_what_is_not_held_are_told(queue, data):
    data.queue()
    assert queue("resume", QUEUED.id).code == 1
    queue("hold", QUEUED.id)
    assert queue("hold", QUEUED.id).code == 1


def test_an_order_may_be_for_a_destination_or_for_all(queue, data):
    data.queue()
    data.queue(id=OTHER, destination="b.example")
    assert [each["id"] for each in queue("hold", "--destination", "B.example", "--json").json] == [OTHER]
    assert [each["id"] for each in queue("retry", "--all", "--json").json] == [QUEUED.id, OTHER]
    assert queue("list", "--destination", "b.example", "--json").json[0]["id"] == OTHER


def test_who_gave_the_order_is_recorded(queue, data, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "claire")
    data.queue()
    queue("hold", QUEUED.id)
    [file] = data.paths.spool.glob("queue/*/*")
    assert b"command line: claire" in file.read_bytes()


def test_a_message_that_is_being_delivered_is_left_alone_and_told(queue, data):
    data.queue()
    data.queue(id=OTHER)
    node = FolderSpool(data.paths.spool, reserve_bytes=0)
    with node.lock(QUEUED.id):
        said = queue("retry", "--all", "--json")
    node.close()
    assert said.code == 1
    assert said.json == [
        {"id": QUEUED.id, "done": False, "text": "being delivered right now"},
        {"id": OTHER, "done": True, "text": "due now"},
    ]
    assert data.read() == QUEUED


def test_nothing_is_deleted_without_a_yes(queue, data):
    data.queue()
    said = queue("delete", QUEUED.id, typed="n\n")
    assert said.code == 1
    assert "Delete 1 accepted messages?" in said.err
    assert data.read() == QUEUED


def test_nothing_is_deleted_where_nobody_can_answer(queue, data):
    data.queue()
    assert queue("delete", "--all", typed="").code == 1
    assert data.read() == QUEUED


@pytest.mark.parametrize(("options", "typed"), [(["--yes"], ""), ([], "y\n")])
def test_what_is_deleted_is_gone_and_stands_in_the_message_log(queue, run, data, options, typed):
    data.queue()
    assert queue("delete", QUEUED.id, "--json", *options, typed=typed).json[0]["done"]
    assert data.read() is None
    [event] = read_events(data.paths.journal)
    assert {one.address: one.fate for one in event.recipients} == {
        "ann@a.example": Ending.DELETED,
        "bob@a.example": Ending.DELETED,
    }
    assert event.reply.startswith("deleted by command line: ")
    assert "deleted by command line" in run("log", "--data-dir", data.paths.root, "--verdict", "deleted").out


def test_nothing_to_do_is_fine(queue, data):
    data.paths.spool.mkdir()
    for verb in ("retry", "hold", "resume", "delete"):
        said = queue(verb, "--all")
        assert (said.code, said.out) == (0, "There is nothing to do.\n")
