"""NTFS and exFAT volumes that real tools have made, as they come and damaged."""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Callable

import pytest

from ecluse.opening.budget import Limits
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import File
from ecluse.wire.eicar import EICAR
from tests.unit.opening.asking import opened
from tests.unit.opening.test_disks import fat, footer, growing, partitioned, vhdx
from tests.unit.opening.tool_made import CONTENT, EXFAT, NTFS

BOTH = pytest.mark.parametrize("volume", [NTFS, EXFAT], ids=["ntfs", "exfat"])


def in_turn(first: int) -> str:
    """The digest of a file that was written a kilobyte at a time, between those of another one."""
    return hashlib.sha256(b"".join(bytes([first + step]) * 1_024 for step in range(6))).hexdigest()


def infected(volume: bytes) -> bytes:
    """With the test virus in place of `CONTENT`."""
    sizes = (struct.pack("<Q", size) for size in (len(CONTENT), len(EICAR)))
    return volume.replace(CONTENT[:512], EICAR.ljust(512)).replace(*sizes)


@BOTH
@pytest.mark.parametrize(
    "around",
    [bytes, partitioned, lambda disk: disk + footer(2), growing, lambda disk: growing(partitioned(disk)), vhdx],
    ids=["raw", "partition", "fixed", "growing", "growing partition", "vhdx"],
)
def test_the_files_of_a_volume_are_read_wherever_it_stands(volume: bytes, around: Callable[[bytes], bytes]):
    answer = opened(around(volume), "a.img")
    found = {member.path[-1]: member for member in answer.members}
    assert found["a.txt"].sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert found["dossier/c.bin"].sha256 == in_turn(0)
    assert found["dossier/d.bin"].sha256 == in_turn(100)
    assert sum(name.endswith(" 19.txt") for name in found) == 1
    assert not {"gone.txt", "$MFT"} & found.keys()
    assert CONTENT in answer.unreached
    assert "ambiguous" not in answer.flags
    assert answer.error == ""


def test_streams_holes_and_what_is_compressed_are_read():
    answer = opened(NTFS, "a.img")
    found = {member.path[-1]: member for member in answer.members}
    assert found["a.txt:beside.txt"].sha256 == hashlib.sha256(b"beside\n").hexdigest()
    assert found["hole.bin"].sha256 == hashlib.sha256(bytes(20_000) + b"end").hexdigest()
    assert found["packed/e.txt"].sha256 == hashlib.sha256(b"bouteille " * 3_000).hexdigest()
    assert answer.flags == opened(EXFAT, "a.img").flags == ()


@BOTH
def test_a_test_virus_in_a_volume_is_found(volume: bytes):
    answer = opened(growing(infected(volume)), "a.vhd")
    assert "eicar" in answer.flags
    assert EICAR in answer.unreached


@BOTH
def test_a_sector_that_is_said_to_begin_two_volumes_is_read_as_both(volume: bytes):
    image = bytearray(fat(12).ljust(len(volume), b"\0"))
    image[3:11] = volume[3:11]
    answer = opened(bytes(image), "a.img")
    assert {"ambiguous", "eicar", "unopened"} <= set(answer.flags)


@BOTH
def test_of_a_volume_that_is_cut_short_what_is_there_is_read(volume: bytes):
    end = volume.find(CONTENT[1_024:1_536]) + 100
    found = {member.path[-1]: member for member in opened(volume[:end], "a.img").members}
    assert found["a.txt"].error == "cut short"
    assert found["a.txt"].size > 1_000


@BOTH
def test_no_damage_of_a_volume_makes_it_raise(volume: bytes):
    rows = [at for at in range(0, len(volume), 16) if volume[at : at + 16].strip(b"\0") and volume[at] not in b"b0"]
    for at in rows[::37]:
        damaged = volume[:at] + bytes(octet ^ 0xFF for octet in volume[at : at + 4]) + volume[at + 4 :]
        assert not opened(damaged, "a.img").error.startswith("unreadable")


def test_a_folder_of_ntfs_that_contains_itself_ends():
    image = bytearray(NTFS)
    name = "file with a long name 3.txt".encode("utf-16-le")
    at = NTFS.find(name, NTFS.find(b"INDX"))
    parent = image[at - 66 : at - 58]
    assert at > 0
    image[at - 82 : at - 74] = parent
    assert len(opened(bytes(image), "a.img").members) < 80


def test_a_folder_of_exfat_that_contains_itself_ends():
    image = bytearray(EXFAT)
    folder, file = (image.find(name.encode("utf-16-le")) - 66 for name in ("dossier", "un fichier"))
    assert (image[folder], image[file]) == (0x85, 0x85)
    image[file + 4] = 0x10  # A folder from now on, and the same one.
    image[file + 32 : file + 64] = image[folder + 32 : folder + 64]
    assert len(opened(bytes(image), "a.img").members) < 200


def test_a_file_of_ntfs_that_says_it_is_endless_meets_a_limit():
    image = bytearray(NTFS)
    at = image.find(struct.pack("<QQ", 20_003, 20_003))
    image[at : at + 16] = struct.pack("<QQ", 1 << 48, 1 << 48)
    assert image[at + 24] == 0x01  # A hole of as many clusters as one octet says. From now on six of them say so.
    image[at + 24 : at + 32] = b"\x06" + (1 << 40).to_bytes(6, "little") + b"\0"
    assert "limit" in opened(bytes(image), "a.img").flags


def test_a_folder_of_exfat_full_of_files_without_a_stream_meets_the_limit_of_time():
    image = bytearray(EXFAT)
    root = image.find("dossier".encode("utf-16-le")) - 66
    folder = image.find("un fichier".encode("utf-16-le")) - 66
    assert (image[root], image[folder]) == (0x85, 0x85)
    octets, at = 8_000_000, -(-len(image) // 512) * 512
    (heap,) = struct.unpack_from("<I", image, 88)
    struct.pack_into("<I", image, 92, 1 << 30)  # So many clusters.
    image[root + 33] |= 2  # Side by side, from behind the volume's own end on.
    struct.pack_into("<Q4xIQ", image, root + 40, octets, (at - heap * 512) // 512 + 2, octets)
    image = image.ljust(at, b"\0") + (b"\x85\xff" + bytes(30)) * (octets // 32)
    began = time.process_time()
    answer = open_file(File(bytes(image), "a.img"), Limits(seconds=0.5))
    assert time.process_time() - began < 3
    assert "limit" in answer.flags


def attribute(kind: int, value: bytes = b"", name: str = "", runs: bytes = b"", size: int = 0) -> bytes:
    spelt, start = name.encode("utf-16-le"), 64 if runs else 24
    if runs:
        said = struct.pack("<QQHHIQQQ", 0, 0, start + len(spelt), 0, 0, size, size, size) + spelt + runs + b"\0"
    else:
        said = struct.pack("<IHH", len(value), start + len(spelt), 0) + spelt + value
    said += bytes(-len(said) % 8)
    return struct.pack("<IIBBHHH", kind, 16 + len(said), bool(runs), len(name), start, 0, 0) + said


def record(flags: int, *attributes: bytes) -> bytes:
    head = b"FILE" + struct.pack("<HH8xHHHH", 0, 0, 1, 0, 56, flags)
    return (head.ljust(56, b"\0") + b"".join(attributes) + b"\xff" * 4).ljust(65_536, b"\0")


def test_forty_thousand_names_of_one_file_of_ntfs_without_data_meet_the_limit_of_time():
    each, names = 65_536, [f"{number:08}".encode("utf-16-le") for number in range(40_000)]
    entries = [struct.pack("<QHHI64xH", 12 | 1 << 48, 98, 82, 0, 0x0108) + name for name in names]
    blocks = b""
    for first in range(0, len(entries), 600):
        inside = b"".join(entries[first : first + 600])
        blocks += (b"INDX".ljust(24, b"\0") + struct.pack("<II8x", 16, 16 + len(inside)) + inside).ljust(each, b"\0")
    boot = b"\xeb\x52\x90NTFS    " + struct.pack("<HB34xQQB", 512, 128, 1, 1, 1)
    table = attribute(0x80, runs=b"\x11\x0d\x01", size=13 * each)
    folder = attribute(0xA0, name="$I30", runs=b"\x21" + struct.pack("<BH", len(blocks) // each, 14), size=len(blocks))
    root = record(3, attribute(0x90, struct.pack("<8I", 0x30, 1, each, 0, 16, 16, 16, 0), "$I30"), folder)
    file = record(1, *[attribute(0x30, name=f"{number:04}") for number in range(1_020)])
    image = boot.ljust(each, b"\0") + record(1, table) + bytes(4 * each) + root + bytes(6 * each) + file + blocks
    assert "limit" in open_file(File(image, "a.img"), Limits(seconds=0.5)).flags
