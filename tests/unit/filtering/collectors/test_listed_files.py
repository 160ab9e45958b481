"""An attachment is found in a hash list by either digest, whatever its encoding and size."""

from __future__ import annotations

import base64
import hashlib
import inspect
from dataclasses import replace

import pytest

from ecluse.domain.evidence import NOT_ASKED, ListedFileFacts
from ecluse.domain.opened import Member, MemberKind, Opened
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Sources, Subject
from ecluse.filtering.collectors.listed_files import listed_files
from ecluse.filtering.files import OpenedFile, OpenedFiles
from tests.unit.filtering.samples import incoming

HEAD = b'From: a@sender.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n'
FIELDS = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"


class Lists:
    def __init__(self, **digests: bytes) -> None:
        self.digests = {digest: name for name, digest in digests.items()}

    @property
    def is_empty(self) -> bool:
        return not self.digests

    def find(self, digest: bytes) -> str:
        return self.digests.get(digest, "")


async def facts(file: bytes, lists: Lists | None):
    message = HEAD + FIELDS + base64.encodebytes(file).replace(b"\n", b"\r\n") + b"--b--\r\n"
    answer = listed_files(Subject(incoming(message), (), Sources(None, None, "gateway.example", hash_lists=lists)))
    return await answer if inspect.iscoroutine(answer) else answer


@pytest.mark.parametrize("size", [1, 20_000, ON_THE_SPOT_OCTETS])
@pytest.mark.parametrize("digest", [hashlib.sha256, hashlib.md5])
async def test_a_file_is_found_by_either_digest(size, digest):
    file = b"x" * size
    assert await facts(file, Lists(droppers=digest(file).digest())) == ListedFileFacts(("droppers",))
    assert await facts(file + b".", Lists(droppers=digest(file).digest())) == ListedFileFacts()


@pytest.mark.parametrize("lists", [None, Lists()])
async def test_without_lists_nothing_is_hashed(lists):
    assert await facts(b"x", lists) is NOT_ASKED


class Opening:
    """Files of which each holds one member."""

    def __init__(self, member: bytes) -> None:
        digest = hashlib.sha256(member).hexdigest()
        self.member = Member(("a.js",), MemberKind.FILE, size=len(member), sha256=digest)

    async def open_all(self, *_message) -> OpenedFiles:
        return OpenedFiles((OpenedFile("a.zip", Opened("zip", members=(self.member,))),))


async def test_what_lies_in_a_file_is_found_too():
    sources = Sources(None, None, "gateway.example", hash_lists=Lists(kits=hashlib.sha256(b"m").digest()))
    for member, found in ((b"m", ("kits",)), (b"n", ())):
        subject = Subject(incoming(HEAD + FIELDS + b"QUJD\r\n--b--\r\n"), (), replace(sources, files=Opening(member)))
        assert await listed_files(subject) == ListedFileFacts(found)


async def test_a_list_that_names_the_empty_file_finds_none():
    lists = Lists(slip=hashlib.sha256().digest(), also=hashlib.md5().digest())
    raw = HEAD + FIELDS + b"====\r\n--b--\r\n"
    sources = Sources(None, None, "gateway.example", hash_lists=lists, files=Opening(b""))
    assert await listed_files(Subject(incoming(raw), (), sources)) == ListedFileFacts()
