"""`ecluse quarantine`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ecluse.adapters.folder.feedback_inbox import FolderFeedback
from ecluse.adapters.folder.journal_reader import read_events
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.address import Address
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import Fate, Progress, QueuedRecipient
from ecluse.entrypoints import releasing
from tests.unit.entrypoints.cli.conftest import ANN, BOB, BODY, HELD

OTHER = "019a0000000170008000000000000002"
# How the queue calls what bob is to get, where it has the message for others already.
_, RELEASED = releasing._queue_ids(HELD.id, {"bob@a.example"})
_, RELEASED_TO_BOTH = releasing._queue_ids(HELD.id, {"ann@a.example", "bob@a.example"})


@pytest.fixture
def quarantine(run, data):
    return lambda verb, *arguments, **more: run("quarantine", verb, "--config", data.config, *arguments, **more)


def test_the_list_has_what_programs_are_promised(quarantine, data):
    data.hold()
    [message] = quarantine("list", "--json").json
    assert message["id"] == HELD.id
    assert message["client"] == "A"
    assert message["sender"] == "eve@e.example"
    assert message["recipients"] == ["ann@a.example", "bob@a.example"]
    assert message["verdict"] == "refuse"
    assert message["reasons"] == ["spam"]
    assert message["findings"] == ["GTUBE", "MASS_MAIL"]
    assert message["received"] == HELD.received_at


def test_the_list_works_without_settings(run, data):
    data.hold()
    printed = run("quarantine", "list", "--data-dir", data.paths.root).out
    assert "refuse: GTUBE, MASS_MAIL" in printed
    assert "1 held" in printed


def test_a_list_may_be_of_one_client(quarantine, data):
    data.hold()
    data.hold(id=OTHER, client="B")
    assert [each["id"] for each in quarantine("list", "--client", "b", "--json").json] == [OTHER]


def test_a_message_is_shown(quarantine, data):
    data.hold()
    assert "This message was judged to be spam." in quarantine("show", HELD.id[:20]).out
    assert quarantine("show", HELD.id, "--json").json["id"] == HELD.id
    assert quarantine("show", "ffff").code == 1


def test_a_released_message_is_due_in_the_queue_and_no_longer_held(quarantine, data):
    data.hold()
    assert quarantine("release", HELD.id).code == 0
    assert data.read_held() is None
    queued = data.read()
    assert (queued.is_held, queued.attempts, queued.waiting) == (False, 0, HELD.recipients)
    assert queued.next_attempt == queued.queued_at
    assert queued.reason.startswith("released by command line: ")
    spool = FolderSpool(data.paths.spool, reserve_bytes=0)
    assert b"".join(spool.content(HELD.id).chunks()) == BODY
    spool.close()


def test_a_release_stands_in_the_message_log_as_not_filtered(quarantine, data):
    """1-7 asks for who, when and by which channel; the trade counts released mail as class N."""
    data.hold()
    quarantine("release", HELD.id)
    [event] = read_events(data.paths.journal)
    assert [(one.fate, one.category) for one in event.recipients] == [(Ending.SPOOLED, "N")] * 2
    assert event.reply.startswith("released by command line: ")


def test_without_a_scanner_a_release_says_that_it_is_unscanned(quarantine, data):
    data.hold()
    assert "unscanned" in quarantine("release", HELD.id).out


def test_a_release_needs_the_settings_that_name_the_scanner(run, data, monkeypatch, tmp_path):
    monkeypatch.setattr("ecluse.entrypoints.options.DEFAULT_CONFIG", tmp_path / "none.toml")
    data.hold()
    assert run("quarantine", "release", HELD.id, "--data-dir", data.paths.root).code == 2
    assert data.read_held() == HELD


def test_only_those_who_still_wait_get_a_released_message(quarantine, data):
    data.hold()
    held = FolderSpool(data.paths.held, reserve_bytes=0)
    asyncio.run(held.record(HELD.id, Progress(at=1.0, fates={"ann@a.example": (Fate.DELETED, "")})))
    held.close()
    quarantine("release", HELD.id)
    assert [str(one.address) for one in data.read().recipients] == ["bob@a.example"]


def test_a_release_that_a_crash_cut_short_can_be_given_again(quarantine, data):
    """The queue's copy may have been attempted meanwhile: it is not written again."""
    data.hold()
    data.queue(attempts=3)
    assert quarantine("release", HELD.id).code == 0
    assert data.read().attempts == 3
    assert data.read_held() is None


def test_the_held_copy_goes_last(quarantine, data, monkeypatch):
    """A fault before the removal leaves the message in both places, never in none."""
    data.hold()

    def broken(*_, **__):
        raise AssertionError("killed here")

    monkeypatch.setattr(releasing, "event", broken)
    assert quarantine("release", HELD.id).code == 70
    assert data.read_held() == HELD
    assert data.read().is_held


@pytest.fixture
def divided(data):
    """Recipients disagreed: by one id ann's copy waits in the queue, and bob's is held."""
    data.queue(recipients=(QueuedRecipient(ANN),))
    data.hold(recipients=(QueuedRecipient(BOB),))
    return data


def recipients(message):
    return [str(one.address) for one in message.recipients]


def test_a_release_takes_nothing_from_those_who_wait_in_the_queue(quarantine, divided):
    said = quarantine("release", HELD.id, "--json")
    assert said.code == 0
    assert said.json[0]["text"].endswith(f"in the queue as {RELEASED}")
    assert recipients(divided.read()) == ["ann@a.example"]
    assert recipients(divided.read(RELEASED)) == ["bob@a.example"]
    assert divided.read(RELEASED).next_attempt == divided.read(RELEASED).queued_at
    assert divided.read_held() is None
    [event] = read_events(divided.paths.journal)
    assert (event.id, [one.address for one in event.recipients]) == (HELD.id, ["bob@a.example"])
    assert event.reply.endswith(f", in the queue as {RELEASED}")


def test_a_divided_release_that_a_crash_cut_short_can_be_given_again(quarantine, divided, monkeypatch):
    def broken(*_, **__):
        raise AssertionError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(releasing, "event", broken)
        assert quarantine("release", HELD.id).code == 70
    assert recipients(divided.read_held()) == recipients(divided.read(RELEASED)) == ["bob@a.example"]
    first = divided.read(RELEASED)
    assert first.is_held  # Nothing is tried before the held copy is gone.
    assert quarantine("release", HELD.id).code == 0
    assert divided.read(RELEASED) == replace(first, is_held=False, next_attempt=first.queued_at)
    assert recipients(divided.read()) == ["ann@a.example"]
    assert divided.read_held() is None


TWO_DOMAINS = (QueuedRecipient(Address("bob", "b.example")), QueuedRecipient(Address("carol", "c.example")))


def in_queue(data):
    """Where each part goes, to whom, and whether it is let go."""
    spool = FolderSpool(data.paths.spool, reserve_bytes=0)
    found = sorted(spool.messages(), key=lambda one: one.destination)
    assert all(b"".join(spool.content(one.id).chunks()) == BODY for one in found)
    spool.close()
    return [(one.destination, recipients(one), one.is_held) for one in found]


RELEASED_PARTS = [("b.example", ["bob@b.example"], False), ("c.example", ["carol@c.example"], False)]


def test_released_outbound_mail_waits_once_for_each_domain(quarantine, data):
    data.hold(direction=Direction.OUTBOUND, destination="outbound", recipients=TWO_DOMAINS)
    assert quarantine("release", HELD.id).code == 0
    assert in_queue(data) == RELEASED_PARTS
    assert data.read_held() is None


def test_with_a_smart_host_it_stays_one_message(quarantine, data):
    data.config.write_text(data.config.read_text("utf-8") + '[outbound]\nroute = "smtp://192.0.2.1"\n', "utf-8")
    data.hold(direction=Direction.OUTBOUND, destination="outbound", recipients=TWO_DOMAINS)
    assert quarantine("release", HELD.id).code == 0
    assert in_queue(data) == [("outbound", ["bob@b.example", "carol@c.example"], False)]


@pytest.mark.parametrize("lost", [0, 1])
def test_a_release_of_parts_that_a_crash_cut_short_finds_those_that_are_there(quarantine, data, monkeypatch, lost):
    """Also where the crash came between the names of two parts."""
    data.hold(direction=Direction.OUTBOUND, destination="outbound", recipients=TWO_DOMAINS)

    def broken(*_, **__):
        raise AssertionError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(releasing, "event", broken)
        assert quarantine("release", HELD.id).code == 70
    assert [is_held for *_, is_held in in_queue(data)] == [True, True]
    spool = FolderSpool(data.paths.spool, reserve_bytes=0)
    for message in [*spool.messages()][:lost]:
        asyncio.run(spool.remove(message.id))
    spool.close()
    assert quarantine("release", HELD.id).code == 0
    assert in_queue(data) == RELEASED_PARTS
    assert data.read_held() is None


@pytest.fixture
def killed_at_the_end(quarantine, data, monkeypatch):
    """Released for two while a third one's copy was in the queue; killed when the held copy was gone."""
    data.queue(recipients=(QueuedRecipient(Address("carol", "a.example")),))
    data.hold()

    async def killed(*_):
        raise AssertionError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(releasing, "_make_due", killed)
        assert quarantine("release", HELD.id).code == 70
    assert data.read_held() is None
    assert data.read(RELEASED_TO_BOTH).is_held
    return data


def test_a_release_that_was_killed_at_its_end_is_finished_by_its_repetition(quarantine, killed_at_the_end):
    [said] = quarantine("release", HELD.id, "--json").json
    assert (said["id"], said["done"]) == (RELEASED_TO_BOTH, True)
    due = killed_at_the_end.read(RELEASED_TO_BOTH)
    assert (due.is_held, due.next_attempt) == (False, due.queued_at)
    assert recipients(due) == ["ann@a.example", "bob@a.example"]
    assert quarantine("release", HELD.id).code == 1


def sweep(data):
    held, spool = (FolderSpool(each, reserve_bytes=0) for each in (data.paths.held, data.paths.spool))
    try:
        return asyncio.run(releasing.finish_releases(held, spool, "agent"))
    finally:
        held.close()
        spool.close()


def test_a_release_that_was_killed_at_its_end_is_finished_by_the_agent(killed_at_the_end):
    assert sweep(killed_at_the_end) == [RELEASED_TO_BOTH]
    assert not killed_at_the_end.read(RELEASED_TO_BOTH).is_held
    assert sweep(killed_at_the_end) == []


def test_what_a_person_holds_in_the_queue_is_not_let_go(quarantine, run, data):
    data.hold()
    quarantine("release", HELD.id)
    assert run("queue", "hold", "--config", data.config, HELD.id).code == 0
    assert sweep(data) == []
    assert data.read().is_held


def test_a_release_under_way_is_not_let_go(quarantine, data, monkeypatch):
    data.hold()

    def broken(*_, **__):
        raise AssertionError("killed here")

    monkeypatch.setattr(releasing, "event", broken)
    quarantine("release", HELD.id)
    assert sweep(data) == []
    assert data.read().is_held


def test_what_ends_in_quarantine_is_taken_back_from_a_release_and_nothing_else_is_looked_at(
    quarantine, data, monkeypatch
):
    data.hold()
    monkeypatch.setattr(releasing, "event", lambda *_, **__: 1 / 0)
    quarantine("release", HELD.id)
    data.queue(id=OTHER, destination=HELD.destination)
    spool, opened = FolderSpool(data.paths.spool, reserve_bytes=0), []
    read = spool.read
    monkeypatch.setattr(spool, "read", lambda each: opened.append(each) or read(each))
    asyncio.run(releasing.take_back(spool, (HELD, replace(HELD, id="019a0000000170008000000000000003"))))
    spool.close()
    assert opened == [HELD.id]
    assert data.read() is None
    assert data.read(OTHER) is not None


def test_a_release_that_cannot_be_kept_stays_held(quarantine, divided):
    divided.queue(id=RELEASED, recipients=(QueuedRecipient(ANN),))
    said = quarantine("release", HELD.id)
    assert said.code == 1
    assert "kept already" in said.out
    assert recipients(divided.read_held()) == ["bob@a.example"]


def test_what_is_deleted_is_gone_and_stands_in_the_message_log(quarantine, data):
    data.hold()
    assert quarantine("delete", HELD.id, typed="n\n").code == 1
    assert data.read_held() == HELD
    assert quarantine("delete", HELD.id, "--yes").code == 0
    assert data.read_held() is None
    [event] = read_events(data.paths.journal)
    assert {one.fate for one in event.recipients} == {Ending.DELETED}


@pytest.mark.parametrize("verb", ["release", "delete"])
def test_an_order_for_no_message_is_a_mistake(quarantine, data, verb):
    data.hold()
    assert quarantine(verb).code == 2
    assert data.read_held() == HELD


def test_an_order_may_be_for_a_client_or_for_all(quarantine, data):
    for number, client in enumerate("ABC"):
        data.hold(id=replace(HELD, id=f"{number}{HELD.id[1:]}").id, client=client)
    assert len(quarantine("release", "--client", "b", "--json").json) == 1
    assert len(quarantine("delete", "--all", "--yes", "--json").json) == 2
    assert quarantine("list", "--json").json == []


@pytest.mark.parametrize(
    ("releaser", "channel"),
    [("administrator", "administrator"), ("recipient", "release"), ("sender", "sender-release")],
)
def test_a_release_is_feedback_with_the_trust_of_its_channel(quarantine, data, releaser, channel):
    data.hold()
    assert quarantine("release", HELD.id, "--by", releaser).code == 0
    inbox = FolderFeedback(data.paths.feedback)
    (said,) = map(inbox.read, inbox.waiting())
    assert (said.client, said.channel, said.is_spam) == ("A", channel, False)
    assert "example" not in said.voter
    [event] = read_events(data.paths.journal)
    assert event.released_by == releaser
