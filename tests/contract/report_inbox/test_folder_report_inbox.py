"""Copies of mail that wait until their reports are read."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ecluse.adapters.folder import report_inbox as module
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import NoRoom, Unavailable
from ecluse.domain.received_report import ReportMail

MAIL = ReportMail("0190-a", "One", 1_764_000_000.5, "reporter.example")
OCTETS = b"From: a@b.example\r\n\r\n\xff\n{}\n"


@pytest.fixture
def inbox(tmp_path):
    return FolderReportInbox(tmp_path / "in")


def test_a_mail_is_read_as_it_was_kept_and_once(inbox):
    assert inbox.keep(MAIL, MemoryContent(OCTETS))
    assert inbox.waiting() == ("0190-a",)
    mail, content = inbox.take("0190-a")
    assert (mail, content.slice(0, content.size)) == (MAIL, OCTETS)
    assert inbox.waiting() == ()
    inbox.remove("0190-a")
    assert list(inbox._folder.iterdir()) == []


def test_one_that_was_put_back_waits_again(inbox):
    inbox.keep(MAIL, MemoryContent(OCTETS))
    inbox.take("0190-a")
    inbox.put_back("0190-a")
    assert inbox.waiting() == ("0190-a",)


def test_what_killed_its_reader_is_not_read_again(inbox):
    inbox.keep(MAIL, MemoryContent(OCTETS))
    inbox.take("0190-a")
    again = FolderReportInbox(inbox._folder)
    assert again.clear_taken() == 1
    assert again.waiting() == ()


def test_too_much_is_not_kept(inbox, monkeypatch):
    monkeypatch.setattr(module, "MAX_OCTETS", 10)
    assert not inbox.keep(MAIL, MemoryContent(b"x" * 11))
    monkeypatch.setattr(module, "MAX_WAITING", 1)
    assert inbox.keep(MAIL, MemoryContent(b"x"))
    assert not inbox.keep(ReportMail("0190-b", "One", 0.0), MemoryContent(b"x"))


def test_copies_leave_the_disk_to_mail(inbox, monkeypatch):
    monkeypatch.setattr(module, "MAX_ALL_OCTETS", 300)
    assert inbox.keep(MAIL, MemoryContent(b"x" * 100))  # And a line of JSON before it.
    assert not inbox.keep(ReportMail("0190-b", "One", 0.0), MemoryContent(b"x" * 100))
    inbox.take("0190-a")
    inbox.remove("0190-a")
    assert inbox.keep(ReportMail("0190-b", "One", 0.0), MemoryContent(b"x" * 100))


def test_an_id_that_is_none_names_no_file(inbox):
    assert not inbox.keep(ReportMail("../../etc/x", "One", 0.0), MemoryContent(b"x"))


def test_a_full_disk_leaves_nothing_behind(inbox, monkeypatch):
    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(NoRoom):
        inbox.keep(MAIL, MemoryContent(OCTETS))
    assert list(inbox._folder.iterdir()) == []


def test_a_damaged_file_is_told_and_gone(inbox):
    (inbox._folder / "0190-c.mail").write_bytes(b"rubbish")
    with pytest.raises(Unavailable, match="damaged"):
        inbox.take("0190-c")
    assert list(inbox._folder.iterdir()) == []
