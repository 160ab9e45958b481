"""Which parts of a message enter the room, and what it costs when they are many, large or slow."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import NOT_ASKED, Evidence, FileFacts
from ecluse.domain.opened import Member, MemberKind, Opened, Trouble
from ecluse.entrypoints.scan import NoLists
from ecluse.filtering import files
from ecluse.filtering.checks.unopenable import unopenable
from ecluse.filtering.checks.unread import unread
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.collectors.files import HONEST_NAMES, file_facts
from ecluse.filtering.collectors.files import files as collector
from ecluse.filtering.files import FileOpening, OpenedFile, OpenedFiles
from ecluse.filtering.inbound import COLLECTORS
from ecluse.opening.types import Type
from tests.unit.filtering.samples import ANN, MESSAGE, POLICY, incoming

ZIP = b"PK\x03\x04 whatever"


class Room:
    """Answers at once, and remembers what it was asked, and how much of it at the same time."""

    def __init__(self, answer=None, wait_s=0.0):
        self.asked = []
        self.answer = answer or Opened("zip")
        self.wait_s = wait_s
        self.at_once = self.most_at_once = 0

    async def open(self, file):
        self.asked.append(file)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.wait_s)
        self.at_once -= 1
        return self.answer


def message(*parts: bytes, subject: bytes = b"Minutes") -> bytes:
    head = b"From: a@b.test\r\nSubject: " + subject + b"\r\nMIME-Version: 1.0\r\n"
    head += b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def part(kind: bytes, content: bytes, *fields: bytes) -> bytes:
    lines = (b"Content-Type: " + kind, b"Content-Transfer-Encoding: base64", *fields)
    return b"\r\n".join(lines) + b"\r\n\r\n" + base64.encodebytes(content).replace(b"\n", b"\r\n")


def subject_of(raw: bytes, room, message_s: float = 18.0) -> Subject:
    opening = FileOpening(room, message_s) if room else None
    received = replace(incoming(), content=MemoryContent(raw))
    return Subject(received, (Served(ANN, POLICY),), Sources(NoLists(), None, "gateway.test", files=opening))


TEXT = part(b"text/plain", b"Hello Ann, the password is s3cret!")


@pytest.mark.parametrize(
    "raw",
    [
        MESSAGE,
        message(TEXT),
        message(TEXT, part(b"text/html", b"<p>Hello")),
        message(TEXT, part(b'text/plain; name="notes.txt"', b"notes", b"Content-Disposition: attachment")),
        message(TEXT, part(b'text/calendar; name="invite.ics"', b"BEGIN:VCALENDAR")),
        message(TEXT, part(b"text/plain; charset=utf-16", "à bientôt".encode("utf-16"))),
        message(TEXT, part(b"application/zip", b"")),
        message(TEXT, part(b"message/delivery-status", b"Reporting-MTA: dns; mx.example")),
    ],
)
async def test_a_message_of_texts_never_enters_the_room(raw):
    room = Room()
    subject = subject_of(raw, room)
    evidence = await collect(subject, COLLECTORS, lambda *_: None)
    assert evidence.files == FileFacts()
    assert room.asked == []
    assert isinstance(collector(subject), FileFacts)  # On the spot: nothing is waited for.


@pytest.mark.parametrize(
    "attached",
    [
        part(b"application/zip", ZIP),
        part(b"image/png", b"\x89PNG\r\n"),
        part(b"text/plain; name=x.txt", ZIP),
        part(b"text/plain; name=x.txt", b"MZ\x90\0"),
        part(b"text/plain", b"%PDF-1.7"),
        part(b"text/plain; name=x.js", b"WScript.Echo(1)"),
        part(b"text/html; name=x.html", b"<script>", b"Content-Disposition: attachment"),
        part(b"text/x-script", b"#!/bin/sh"),
        part(b"message/delivery-status; name=report.zip", ZIP),
        part(b"text/rfc822-headers; name=report.js", b"WScript.Echo(1)"),
        part(b"message/disposition-notification", ZIP),
        part(b"text/plain", b"\0\1\2\3"),
        part(b"application/octet-stream", b"hello"),
    ],
)
async def test_what_is_no_text_enters_it(attached):
    room = Room()
    await collect(subject_of(message(TEXT, attached), room), COLLECTORS, lambda *_: None)
    assert len(room.asked) == 1


async def test_names_contents_and_passwords_go_along():
    room = Room()
    raw = message(TEXT, part(b'application/zip; name="a.zip"', ZIP), subject=b"=?utf-8?q?code_4711?=")
    opened = await subject_of(raw, room).opened()
    [asked] = room.asked
    assert (asked.name, asked.content) == ("a.zip", ZIP)
    assert {"s3cret", "4711"} <= set(asked.passwords)
    assert opened.files == (OpenedFile("a.zip", Opened("zip")),)


async def test_files_are_opened_once_for_all_who_ask():
    room = Room(wait_s=0.01)
    subject = subject_of(message(part(b"application/zip", ZIP)), room)
    first, second = await asyncio.gather(subject.opened(), subject.opened())
    assert first is second
    assert len(room.asked) == 1


async def test_every_reading_of_a_damaged_encoding_is_opened():
    room = Room()
    raw = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBA==UEsFBg==\r\n"
    await subject_of(message(raw), room).opened()
    assert len({asked.content for asked in room.asked}) == len(room.asked) > 1


async def test_too_many_files_are_left_out_and_told(monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 3)
    room = Room()
    opened = await subject_of(message(*[part(b"application/zip", ZIP)] * 5), room).opened()
    assert (len(opened.files), opened.left_out) == (3, 2)


async def test_too_much_content_is_left_out_and_told(monkeypatch):
    monkeypatch.setattr(files, "MAX_OCTETS", 100)
    opened = await subject_of(
        message(part(b"application/zip", ZIP), part(b"application/zip", bytes(500))), Room()
    ).opened()
    assert (len(opened.files), opened.left_out) == (1, 1)


async def test_a_message_waits_no_longer_than_it_may_says_what_is_missing_and_may_come_again():
    opened = await subject_of(message(*[part(b"application/zip", ZIP)] * 5), Room(wait_s=0.2), message_s=0.3).opened()
    assert [file.opened.trouble for file in opened.files] == [Trouble.NONE, Trouble.BUSY]
    assert opened.left_out == 3
    evidence = Evidence(files=file_facts(opened))
    assert [each.code for check in (unread, unopenable) for each in check(evidence, POLICY)] == ["UNREAD"]


async def test_large_files_are_opened_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(files, "ON_THE_SPOT_OCTETS", 10)
    monkeypatch.setattr(files, "LARGE_AT_ONCE", 1)
    room = Room(wait_s=0.05)
    opening = FileOpening(room)
    subjects = [subject_of(message(part(b"application/zip", ZIP + b"%d" % number)), None) for number in range(3)]
    await asyncio.gather(
        *[opening.open_all(one.files(body := await one.read()), one.section, body) for one in subjects]
    )
    assert len(room.asked) == 3
    assert room.most_at_once == 1


async def test_without_a_room_nothing_is_said_of_files():
    subject = subject_of(message(part(b"application/zip", ZIP)), None)
    assert collector(subject) == NOT_ASKED
    assert await subject.opened() == OpenedFiles()


async def test_nothing_goes_on_once_the_message_is_judged():
    room = Room(wait_s=60)
    subject = subject_of(message(part(b"application/zip", ZIP)), room)
    table = (replace(next(one for one in COLLECTORS if one.name == "files"), deadline_s=0.05),)
    failures = []
    await collect(subject, table, lambda *failure: failures.append(failure))
    assert failures == [("files", "no answer in 0.05 s")]
    await asyncio.sleep(0)
    assert subject._opening.cancelled()


# --- Facts


def facts(*answers: tuple[str, Opened]) -> FileFacts:
    return file_facts(OpenedFiles(tuple(OpenedFile(name, opened) for name, opened in answers)))


def member(name: str, kind: str = "unknown", **more) -> Member:
    return Member(("outer.zip", name), MemberKind.FILE, kind, sha256=more.pop("sha256", "ab"), **more)


def test_members_give_suffixes_types_and_counts():
    opened = Opened("zip", members=(member("a/b.EXE", "pe"), member("doc.pdf.js")), flags=("double-suffix",))
    known = facts(("private.zip", opened), ("other.zip", Opened("zip", trouble=Trouble.CRASHED)))
    assert (known.count, known.members) == (2, 2)
    assert known.types == ("zip", "pe", "unknown")
    assert known.suffixes == ("exe", "js")
    assert known.troubles == ("crashed",)
    assert known.flags == ("double-suffix",)


@pytest.mark.parametrize(
    ("name", "kind", "suffixes"),
    [
        ("photo.txt", "pe", ("exe",)),
        ("", "pe", ("exe",)),
        ("driver.dll", "pe", ()),
        ("setup.exe", "pe", ()),
        ("letter.pdf", "msi", ("msi",)),
        ("letter.pdf", "pdf", ()),
    ],
)
def test_a_program_is_one_whatever_its_name_says(name, kind, suffixes):
    assert facts((name, Opened(kind))).suffixes == suffixes


def test_pages_of_a_book_are_no_files_and_those_of_what_is_called_an_archive_are():
    pages = (member("OEBPS/1.xhtml"), member("OEBPS/tool.exe"))
    inside = tuple(replace(page, path=("novel.epub", page.path[-1])) for page in pages)
    book = Opened("epub", members=tuple(replace(page, path=page.path[1:]) for page in pages))
    assert facts(("novel.epub", book)).suffixes == ("exe",)
    assert facts(("novel.zip", book)).suffixes == ("xhtml", "exe")
    packed = Opened("zip", members=(Member(("novel.epub",), MemberKind.FILE, "epub", sha256="ab"), *inside))
    assert facts(("novels.zip", packed)).suffixes == ("epub", "exe")


def test_names_behind_a_password_are_counted_apart():
    sealed = member("tool.exe", is_encrypted=True, sha256="")
    known = facts(("a.zip", Opened("zip", is_encrypted=True, members=(sealed, member("b.txt", is_encrypted=True)))))
    assert (known.encrypted, known.suffixes, known.sealed_suffixes) == (1, ("txt",), ("exe",))


def test_evidence_holds_no_name_and_no_content():
    opened = Opened("zip", members=(member("secret plan.docx"),), texts=("secret",), urls=("http://secret.example",))
    assert "secret" not in repr(facts(("secret.zip", opened)))


def test_the_kinds_that_are_programs_are_kinds_that_there_are():
    assert HONEST_NAMES.keys() <= set(Type)
