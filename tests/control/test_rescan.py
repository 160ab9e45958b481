"""Held mail is looked at as mail that comes: files within files, hash lists, today's rules; before a release, and when asked."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from dataclasses import replace

import py7zr
import pytest

from ecluse.control.keystore.services import destroy_keys
from ecluse.control.mail import quarantine
from ecluse.control.mail.models import CopyState, HeldCopy, NodeOrder
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.evidence import ScanFacts, ScanState
from tests.control import test_quarantine
from tests.control.cast import ADMIN
from tests.control.test_quarantine import ANN, BOB, MESSAGE, copy_of, release

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
)
BAD = b"a bad thing, that only who knows the password sees"


def nested(octets: bytes) -> bytes:
    """A message with a ZIP in a ZIP: what lies in the inner one is seen by nobody who does not open both."""
    inner, outer = io.BytesIO(), io.BytesIO()
    for file, name, content in ((inner, "bad.txt", octets), (outer, "inner.zip", None)):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(name, inner.getvalue() if content is None else content)
    body = base64.encodebytes(outer.getvalue()).replace(b"\n", b"\r\n")
    return (
        b"From: eve@e.example\r\nSubject: Files\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; name=f.zip\r\n"
        b"Content-Disposition: attachment; filename=f.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    )


def behind_a_password(octets: bytes) -> bytes:
    """A scanner sees nothing of it; we try what the text calls the password."""
    archive = io.BytesIO()
    with py7zr.SevenZipFile(archive, "w", password="sesame-4711") as made:
        made.writestr(octets, "bad.txt")
    body = base64.encodebytes(archive.getvalue()).replace(b"\n", b"\r\n")
    return (
        b"From: eve@e.example\r\nSubject: Files\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nThe password: sesame-4711\r\n--b\r\n"
        b"Content-Type: application/x-7z-compressed; name=f.7z\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + body
        + b"--b--\r\n"
    )


class Signatures:
    """A scanner that finds what is bad where it is shown it in the clear."""

    state = ScanState.INFECTED

    def __init__(self):
        self.streams = []

    async def scan(self, *streams):
        shown = [b"".join(each.chunks()) for each in streams]
        self.streams += shown
        return ScanFacts(self.state, "Bad-Thing") if any(BAD in each for each in shown) else ScanFacts(ScanState.CLEAN)


class Hashes:
    is_empty = False

    def __init__(self, octets):
        self.octets = octets

    def find(self, digest):
        return "house" if digest == hashlib.sha256(self.octets).digest() else None


@pytest.fixture
def made(tmp_path, orders, database, public_key):
    def keep(octets, **change):
        node = test_quarantine.Node(tmp_path / "node", orders, database, public_key)
        node.keep(replace(MESSAGE, size=len(octets), **change), octets)
        return node

    return keep


def rescan(*addresses):
    copies = [copy_of(each) for each in addresses]
    return quarantine.rescan(copies, copies[0].client, by=ADMIN)


def said(address=ANN):
    return copy_of(address).order.text


class TestRelease:
    def test_a_hash_list_that_names_a_member_keeps_it(self, made):
        node = made(nested(BAD))
        node.hash_lists = Hashes(BAD)
        release(ANN)
        node.look()
        assert said() == "a file in it is known to be harmful: it stays here"
        assert copy_of(ANN).state == CopyState.HELD
        assert node.queued() == []

    def test_what_only_we_open_is_shown_to_the_scanner(self, made):
        node = made(behind_a_password(BAD))
        node.scanner = Signatures()
        release(ANN)
        node.look()
        assert said() == "infected with Bad-Thing: it stays here"
        assert not any(BAD in each for each in node.scanner.streams[:1])  # Nothing of it stands in the message itself.
        assert node.queued() == []

    def test_what_no_list_names_goes(self, made):
        node = made(nested(b"harmless"))
        node.hash_lists, node.scanner = Hashes(BAD), Signatures()
        release(ANN)
        node.look()
        assert said() == "released"
        assert copy_of(ANN).state == CopyState.RELEASED

    def test_files_that_cannot_be_opened_now_are_waited_for(self, made, monkeypatch):
        async def away(_file):
            raise Unavailable("the room")

        node = made(nested(BAD))
        monkeypatch.setattr("ecluse.entrypoints.own_room.OwnRoom.open", lambda _room, file: away(file))
        release(ANN)
        node.look()
        assert copy_of(ANN).state == CopyState.RELEASING
        assert NodeOrder.objects.get().answered_at is None


class TestRescan:
    def test_what_todays_signatures_know_is_said_and_it_stays_held(self, made):
        node = made(b"Subject: x\r\n\r\n" + BAD + b"\r\n")
        assert rescan(ANN) == 1
        node.look()
        assert "VIRUS" not in said()
        node.scanner = Signatures()
        rescan(ANN)
        node.look()
        assert said().startswith("today, by its content alone: refuse P; found: VIRUS")
        assert copy_of(ANN).state == CopyState.HELD
        assert node.queued() == []
        assert NodeOrder.objects.filter(body__isnull=False).count() == 0  # The keys are erased.

    def test_a_message_is_looked_at_once_for_all_of_its_copies(self, made):
        node = made(b"Subject: x\r\n\r\nhello\r\n")
        assert rescan(ANN, BOB) == 2
        assert NodeOrder.objects.count() == 1
        node.look()
        assert said(ANN) == said(BOB) == "today, by its content alone: deliver; found: nothing"

    def test_what_is_released_is_not_judged_any_more(self, made):
        node = made(b"Subject: x\r\n\r\nhello\r\n")
        release(ANN)
        node.look()
        assert rescan(ANN) == 0

    def test_without_its_key_nobody_judges(self, made, one):
        made(b"Subject: x\r\n\r\nhello\r\n")
        destroy_keys(one, by=ADMIN)
        with pytest.raises(Impossible):
            rescan(ANN)
        assert HeldCopy.objects.filter(order=None).count() == 2
