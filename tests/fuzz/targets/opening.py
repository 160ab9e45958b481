"""The openers of files: the dispatcher with all of them, and the reader of zips by itself."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import time

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.zip.reader import open_zip
from ecluse.opening.budget import Budget, Exceeded, Limits
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import Entry, File
from tests.fuzz.target import Choices, Target, seed
from tests.unit.opening.archives.zips import Made, deflated, made, zipped

LIMITS = Limits(octets=4_000_000, free_octets=1_000_000, members=300, seconds=20)
MOST_CPU_S = 15.0


def opened(data: bytes) -> None:
    file = File(Choices(data).octets, "a.zip", passwords=("secret",))
    began = time.process_time()
    answer = open_file(file, LIMITS)
    assert time.process_time() - began < MOST_CPU_S
    assert len(answer.members) <= LIMITS.members
    assert sum(member.size for member in answer.members) <= LIMITS.octets
    assert all(0 < len(member.path) <= LIMITS.depth + 1 for member in answer.members)
    again = open_file(file, LIMITS)
    assert (answer.members, answer.flags, answer.error) == (again.members, again.flags, again.error)


def zips(data: bytes) -> None:
    content = Choices(data).octets
    try:
        entries = [piece for piece in open_zip(File(content), Budget(LIMITS, len(content))) if isinstance(piece, Entry)]
    except Exceeded:
        return
    assert all(entry.content is not None or entry.error or entry.kind is MemberKind.DIRECTORY for entry in entries)


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"hello"))
    return buffer.getvalue()


_ZIPS = (
    zipped({"a.txt": b"hello", "b/": b"", "b/c.txt": b"x" * 90}),
    made(Made(b"a", b"stored", flags=8), Made(b"b", deflated(b"packed"), 8, 0, 6, flags=9), comment=b"PK\5\6"),
    made(Made(b"a", b"one", is_listed=False), Made(b"a", b"two", central={"offset": 0}), before=b"MZ"),
)
_FILES = (
    *_ZIPS,
    _tar()[:1_024],
    gzip.compress(b"hello") * 2,
    bz2.compress(b"hello"),
    lzma.compress(b"hello"),
    b"begin 644 a\n%:&5L;&\\\n`\nend\n",
    b"=ybegin line=128 size=1 name=a\nx\n=yend\n",
    b"From: a@b\nTo: c@d\nSubject: x\nContent-Type: text/plain\n\nhello",
    b"MSCF" + bytes(12) + b"\x2c" + bytes(7) + b"\x03\x01\x01\0\x01\0" + bytes(80),
    b"SZDD\x88\xf0\x27\x33A\0\x05\0\0\0\xffhello",
)

TARGETS = (
    Target("zips", zips, tuple(map(seed, _ZIPS))),
    Target("opening", opened, tuple(map(seed, _FILES))),
)
