"""The openers of files: the dispatcher with all of them, and the reader of zips by itself."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import time
from functools import cache

from ecluse.domain.opened import MemberKind
from ecluse.opening.archives.arj import open_arj
from ecluse.opening.archives.help_book import open_help_book
from ecluse.opening.archives.zip.reader import open_zip
from ecluse.opening.budget import Budget, Exceeded, Limits
from ecluse.opening.disks.disk import SparseDisk
from ecluse.opening.disks.exfat import exfat_pieces
from ecluse.opening.disks.ntfs import ntfs_pieces
from ecluse.opening.disks.udf import udf_pieces
from ecluse.opening.disks.vhdx import open_vhdx
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import Entry, File, Opener
from tests.fuzz.target import Choices, Target, seed
from tests.unit.opening.archives.test_lzx import HTML, help_book
from tests.unit.opening.archives.zips import Made, deflated, made, zipped
from tests.unit.opening.test_disks import PURE_UDF
from tests.unit.opening.tool_made import ARJ_1, ARJ_4, ARJ_GARBLED, EXFAT, NTFS, VHDX

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


def _all(opener: Opener, content: bytes) -> None:
    """All that an opener yields; it may raise nothing but what the budget raises."""
    began = time.process_time()
    try:
        octets = sum(
            len(piece.content or b"")
            for piece in opener(File(content, "a", passwords=("sesame",)), Budget(LIMITS, len(content)))
            if isinstance(piece, Entry)
        )
    except Exceeded:
        octets = 0
    # The dispatcher sums them up; each by itself is what an opener bounds.
    assert octets <= LIMITS.octets * LIMITS.members
    assert time.process_time() - began < MOST_CPU_S + LIMITS.seconds


def arj(data: bytes) -> None:
    _all(open_arj, Choices(data).octets)


def help_books(data: bytes) -> None:
    _all(open_help_book, Choices(data).octets)


def udf(data: bytes) -> None:
    """Blocks that stand where those of a real volume stand."""
    disk = SparseDisk(Choices(data).octets, _places(PURE_UDF, 2_048), 2_048, len(PURE_UDF))
    _all(lambda _, budget: udf_pieces(disk, budget), b"")


def ntfs(data: bytes) -> None:
    """Clusters that stand where those of a real volume stand."""
    disk = SparseDisk(Choices(data).octets, _places(NTFS, 512), 512, len(NTFS))
    _all(lambda _, budget: ntfs_pieces(disk, budget), b"")


def exfat(data: bytes) -> None:
    """Clusters that stand where those of a real volume stand."""
    disk = SparseDisk(Choices(data).octets, _places(EXFAT, 512), 512, len(EXFAT))
    _all(lambda _, budget: exfat_pieces(disk, budget), b"")


def vhdx(data: bytes) -> None:
    """Blocks that stand where those of a real file stand."""
    _all(open_vhdx, SparseDisk(Choices(data).octets, _places(VHDX, 4_096), 4_096, len(VHDX))[:])


@cache
def _places(image: bytes, block: int) -> dict[int, int]:
    """The blocks of an image that are not empty -> where they stand when only those are kept."""
    numbers = [at // block for at in range(0, len(image), block) if image[at : at + block].strip(b"\0")]
    return {number: place * block for place, number in enumerate(numbers)}


def _packed(image: bytes, block: int) -> bytes:
    return b"".join(image[number * block : (number + 1) * block] for number in _places(image, block))


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
    Target("arj", arj, tuple(map(seed, (ARJ_1, ARJ_4, ARJ_GARBLED)))),
    Target("help_books", help_books, (seed(help_book(HTML * 2)),)),
    Target("udf", udf, (seed(_packed(PURE_UDF, 2_048)),), 400_000),
    Target("ntfs", ntfs, (seed(_packed(NTFS, 512)),), 200_000),
    Target("exfat", exfat, (seed(_packed(EXFAT, 512)),), 65_536),
    Target("vhdx", vhdx, (seed(_packed(VHDX, 4_096)),), 65_536),
)
