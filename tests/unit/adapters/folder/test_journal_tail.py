"""Following the journals of a node."""

from __future__ import annotations

from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.journal_tail import JournalTail
from ecluse.domain.event import MessageEvent, Stage


def event(number: int, at: float = 100.0) -> MessageEvent:
    return MessageEvent(f"m{number}", Stage.OUTCOME, at)


def ids(tail: JournalTail) -> list[str]:
    return [each.id for each in tail.new_events()]


def test_each_event_is_told_once_while_the_file_grows(tmp_path):
    journal = FolderJournal(tmp_path, "w", segment_bytes=1 << 20)
    tail = JournalTail(tmp_path, since=0.0)
    told = [ids(tail)]
    for number in range(3):
        journal.append(event(number))
        told.append(ids(tail))
    journal.close()
    assert told == [[], ["m0"], ["m1"], ["m2"]]
    assert ids(tail) == []


def test_a_file_that_begins_later_is_followed_too(tmp_path):
    tail = JournalTail(tmp_path, since=0.0)
    for number, writer in enumerate(("a", "b")):
        journal = FolderJournal(tmp_path, writer, segment_bytes=1 << 20)
        journal.append(event(number))
        assert ids(tail) == [f"m{number}"]
        journal.close()


def test_writers_are_merged_by_time(tmp_path):
    for number, writer in enumerate(("a", "b", "c")):
        journal = FolderJournal(tmp_path, writer, segment_bytes=1 << 20)
        journal.append(event(number, at=100.0 - number))
        journal.close()
    assert ids(JournalTail(tmp_path, since=0.0)) == ["m2", "m1", "m0"]


def test_what_is_older_than_asked_for_is_passed_over(tmp_path):
    journal = FolderJournal(tmp_path, "w", segment_bytes=1 << 20)
    journal.append(event(0, at=1.0))
    journal.append(event(1, at=5.0))
    journal.close()
    assert ids(JournalTail(tmp_path, since=5.0)) == ["m1"]


def test_a_purged_file_and_a_foreign_one_do_not_end_it(tmp_path):
    (tmp_path / "strange.journal").write_bytes(b"no journal")
    journal = FolderJournal(tmp_path, "w", segment_bytes=1 << 20)
    journal.append(event(0))
    tail = JournalTail(tmp_path, since=0.0)
    assert ids(tail) == ["m0"]
    journal.close()
    for path in tmp_path.glob("w-*"):
        path.unlink()
    assert ids(tail) == []
