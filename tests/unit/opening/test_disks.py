"""Disk images, made by mkfs.fat's layout and by hand."""

import struct
from uuid import UUID

import pytest

from ecluse.wire.eicar import EICAR
from tests.unit.opening.asking import opened
from tests.unit.opening.tool_made import CONTENT, DISC, VHD, VHDX

SECTOR = 512


def fat(bits: int, content: bytes = EICAR, name: bytes = b"EICAR   COM") -> bytes:
    """A volume with a folder, and the file in it."""
    clusters = {12: 100, 16: 5_000, 32: 70_000}[bits]
    table_sectors = -(-((clusters + 2) * bits // 8) // SECTOR) + 1
    root_entries = 0 if bits == 32 else 16
    reserved = 1
    sectors = reserved + table_sectors + 1 + clusters
    boot = b"\xeb\x3c\x90MSDOS5.0" + struct.pack(
        "<HBHBHHBHHHII", SECTOR, 1, reserved, 1, root_entries, 0, 0xF8, 0 if bits == 32 else table_sectors, 1, 1, 0,
        sectors,
    )  # fmt: skip
    if bits == 32:
        boot += struct.pack("<IHHI", table_sectors, 0, 0, 2)
    boot = (boot.ljust(54, b"\0") + f"FAT{bits}   ".encode()).ljust(510, b"\0") + b"\x55\xaa"
    end = {12: 0xFFF, 16: 0xFFFF, 32: 0x0FFFFFFF}[bits]
    values = [end, end, end, end, end]
    if bits == 12:
        packed = sum(value << 12 * place for place, value in enumerate(values)).to_bytes(8, "little")
    else:
        packed = b"".join(value.to_bytes(bits // 8, "little") for value in values)
    table = packed.ljust(table_sectors * SECTOR, b"\0")
    folder, file = (3, 4) if bits == 32 else (2, 3)
    root = record(b"DOSSIER    ", 0x10, folder, 0).ljust(SECTOR, b"\0")
    inner = (record(b".          ", 0x10, folder, 0) + record(name, 0x20, file, len(content))).ljust(SECTOR, b"\0")
    return boot + table + root + inner + content.ljust(SECTOR, b"\0") + bytes(SECTOR * 4)


def record(name: bytes, attributes: int, cluster: int, size: int) -> bytes:
    return name + bytes([attributes]) + bytes(8) + struct.pack("<HHHHI", 0, 0, 0, cluster, size)


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_the_files_of_a_volume_are_read(bits):
    answer = opened(fat(bits), "a.img")
    assert answer.type == "disk-image"
    assert [(member.path, member.size) for member in answer.members] == [
        (("DOSSIER",), 0),
        (("DOSSIER/EICAR.COM",), 68),
    ]
    assert answer.flags == ("eicar",)


def partitioned(volume: bytes) -> bytes:
    row = b"\0" * 4 + b"\x0c" + b"\0" * 3 + struct.pack("<II", 2, len(volume) // SECTOR)
    return (bytes(446) + row).ljust(510, b"\0") + b"\x55\xaa" + bytes(SECTOR) + volume


def footer(kind: int, header: int = 0xFFFFFFFFFFFFFFFF) -> bytes:
    return (b"conectix" + bytes(8) + struct.pack(">Q", header) + bytes(36) + struct.pack(">I", kind)).ljust(512, b"\0")


def growing(disk: bytes) -> bytes:
    """A VHD that grows, with blocks of 4 kB and a hole."""
    blocks = [disk[at : at + 4_096] for at in range(0, len(disk), 4_096)]
    kept = [block for block in blocks if block.strip(b"\0")]
    first = (512 + 1_024 + 512) // SECTOR + 3
    numbers, at = [], first
    for block in blocks:
        numbers.append(at if block.strip(b"\0") else 0xFFFFFFFF)
        at += 9 if block.strip(b"\0") else 0
    table = b"".join(struct.pack(">I", number) for number in numbers).ljust(1_536, b"\xff")
    header = (b"cxsparse" + bytes(8) + struct.pack(">QIII", 1_536, 0, len(blocks), 4_096)).ljust(1_024, b"\0")
    start = footer(3, 512) + header + table
    start = start.ljust(first * SECTOR, b"\0")
    return start + b"".join(b"\xff" * 512 + block.ljust(4_096, b"\0") for block in kept) + footer(3, 512)


@pytest.mark.parametrize(
    ("wrap", "kind"),
    [
        (partitioned, "disk-image"),
        (lambda volume: volume + footer(2), "vhd"),
        (lambda volume: partitioned(volume) + footer(2), "vhd"),
        (growing, "vhd"),
        (lambda volume: growing(partitioned(volume)), "vhd"),
    ],
)
def test_what_stands_around_a_volume_is_taken_off(wrap, kind):
    answer = opened(wrap(fat(12)), "a.img")
    assert (answer.type, "eicar" in answer.flags, answer.error) == (kind, True, "")


def test_a_volume_of_another_system_is_said():
    other = (b"\xeb\x52\x90HPFS    ".ljust(510, b"\0") + b"\x55\xaa").ljust(2_048, b"\0")
    assert "unopenable" in opened(partitioned(other), "a.img").flags


def test_a_folder_that_contains_itself_ends():
    volume = bytearray(fat(12))
    inner = volume.find(b"EICAR   COM")
    volume[inner : inner + 32] = record(b"AGAIN      ", 0x10, 2, 0)
    answer = opened(bytes(volume), "a.img")
    assert len(answer.members) < 5


def vhdx(disk: bytes) -> bytes:
    """The least that is one: tables, and the disk in its only block."""

    def uuid(digits: str) -> bytes:
        return UUID(digits).bytes_le

    regions = b"regi" + struct.pack("<4xI4x", 2)
    regions += uuid("2DC27766-F623-4200-9D64-115E9BFD4A08") + struct.pack("<QII", 327_680, 65_536, 1)
    regions += uuid("8B7CA206-4790-4B9A-B8FE-575F050F886E") + struct.pack("<QII", 393_216, 131_072, 1)
    values = [
        ("CAA16737-FA36-4D43-B3B6-33F0AA44E76B", struct.pack("<II", 1_048_576, 0)),
        ("2FA54224-CD1B-4876-B211-5DBED83BF4B8", struct.pack("<Q", len(disk))),
        ("8141BF1D-A96F-4709-BA47-F233A8FAAB5F", struct.pack("<I", 512)),
    ]
    items = b"metadata" + struct.pack("<2xH20x", len(values))
    for number, (name, value) in enumerate(values):
        items += uuid(name) + struct.pack("<III4x", 65_536 + 8 * number, len(value), 4)
    contents = b"".join(value.ljust(8, b"\0") for _, value in values)
    data = b"vhdxfile".ljust(196_608, b"\0") + regions.ljust(65_536, b"\0") * 2
    data += struct.pack("<Q", 1 << 20 | 6).ljust(65_536, b"\0") + items.ljust(65_536, b"\0") + contents
    return data.ljust(1_048_576, b"\0") + disk


@pytest.mark.parametrize("data", [VHD, VHDX])
def test_the_files_of_a_disk_made_by_qemu_are_read_and_go_to_the_scanner(data):
    answer = opened(data, "a.vhdx")
    assert (answer.error, answer.flags) == ("", ())
    assert [(member.path, member.size) for member in answer.members] == [(("A.TXT",), len(CONTENT))]
    assert answer.unreached == (CONTENT,)


def test_a_vhdx_whose_log_is_not_written_down_is_told_and_read():
    data = bytearray(VHDX)
    data[65_536 + 48] = 1
    answer = opened(bytes(data), "a.vhdx")
    assert ("unopened" in answer.flags, answer.error, len(answer.members)) == (True, "changes wait in its log", 1)


def test_a_vhdx_with_two_tables_of_regions_is_ambiguous():
    data = bytearray(VHDX)
    data[262_144 + 16] ^= 0xFF
    answer = opened(bytes(data), "a.vhdx")
    assert "ambiguous" in answer.flags
    assert len(answer.members) == 1


def test_a_vhdx_that_completes_another_or_is_none_is_told():
    data = bytearray(VHDX)
    at = data.find(bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b"))  # The item "file parameters", and its place.
    offset = int.from_bytes(data[at + 16 : at + 20], "little")
    start = data.rfind(b"metadata", 0, at)
    data[start + offset + 4] |= 2
    assert opened(bytes(data), "a.vhdx").error == "it completes another disk"
    assert opened(b"vhdxfile" + bytes(90), "a.vhdx").error == "no table of regions"


def without_iso(disc: bytes) -> bytes:
    """A disc of both kinds without what says that it is ISO 9660."""
    return disc[:32_768] + disc[19 * 2_048 : 22 * 2_048].ljust(6 * 2_048, b"\0") + disc[22 * 2_048 :]


PURE_UDF = without_iso(DISC)


def test_the_files_of_a_udf_volume_are_read():
    answer = opened(PURE_UDF, "a.iso")
    assert (answer.type, answer.error, answer.flags) == ("udf", "", ())
    assert [(member.path, member.size, member.error) for member in answer.members] == [
        (("a.txt",), len(CONTENT), ""),
        (("dossier",), 0, ""),
        (("dossier/b.txt",), len(CONTENT), ""),
    ]


def test_a_udf_volume_in_a_partition_is_read():
    answer = opened(partitioned(PURE_UDF), "a.img")
    assert answer.type == "disk-image"
    assert ("dossier/b.txt",) in [member.path for member in answer.members]


def test_a_disc_of_both_kinds_has_each_file_once():
    answer = opened(DISC, "a.iso")
    assert (answer.type, answer.flags, answer.error) == ("iso", (), "")
    assert sum(member.size > 0 for member in answer.members) == 2


def udf_shows(content: bytes) -> bytes:
    """A disc of both kinds whose b.txt ends after `content` in UDF, and goes on in ISO 9660."""
    at = DISC.rfind(len(CONTENT).to_bytes(8, "little"))
    disc = DISC[:at] + len(content).to_bytes(8, "little") + DISC[at + 8 :]
    return disc.replace(CONTENT, content + CONTENT[len(content) :])


def test_what_only_udf_shows_of_a_disc_of_both_kinds_is_ambiguous_and_goes_to_the_scanner():
    answer = opened(udf_shows(CONTENT[:99]), "a.iso")
    assert "ambiguous" in answer.flags
    assert 99 in [member.size for member in answer.members]
    assert answer.unreached == (CONTENT[:99],)


def naming(disk: bytes, *places: tuple[int, int]) -> bytes:
    """A disk whose table has partitions from there to there."""
    rows = b"".join(
        b"\0" * 4 + b"\x0c" + b"\0" * 3 + struct.pack("<II", start // SECTOR, -(-(end - start) // SECTOR))
        for start, end in places
    )
    return disk[:446] + rows.ljust(64, b"\0") + b"\x55\xaa" + disk[512:]


def hiding(volume: bytes, behind: bytes) -> bytes:
    """A disk that is a volume itself, and has another one in a partition behind that."""
    start = -(-len(behind) // SECTOR) * SECTOR
    return naming(behind, (start, start + len(volume))).ljust(start, b"\0") + volume


@pytest.mark.parametrize("first", [PURE_UDF, DISC], ids=["udf", "both"])
@pytest.mark.parametrize("around", [bytes, lambda disk: disk + footer(2), growing], ids=["raw", "fixed", "growing"])
def test_a_volume_does_not_hide_what_lies_in_a_partition(around, first):
    answer = opened(around(hiding(fat(12), first)), "a.img")
    assert {"a.txt", "dossier/eicar.com"} <= {member.path[-1].lower() for member in answer.members}
    assert {"ambiguous", "eicar"} <= set(answer.flags)
    assert EICAR in answer.unreached


def test_a_volume_does_not_hide_a_partition_that_we_do_not_read():
    other = b"\xeb\x52\x90HPFS    ".ljust(510, b"\0") + b"\x55\xaa"
    assert "unopenable" in opened(hiding(other, PURE_UDF), "a.img").flags


def test_a_disc_does_not_hide_the_disk_that_its_footer_tells():
    disk = growing(partitioned(fat(12)))
    answer = opened((bytes(512) + disk[512:-512]).ljust(32_768, b"\0") + PURE_UDF[32_768:] + disk[-512:], "a.vhd")
    assert answer.type == "udf"
    assert {"ambiguous", "eicar"} <= set(answer.flags)


def test_a_disc_does_not_hide_the_volume_whose_table_and_folders_lie_before_it():
    volume = fat(12)
    assert len(volume) < 32_768
    answer = opened(volume.ljust(32_768, b"\0") + DISC[32_768:], "a.img")
    assert answer.type == "iso"
    assert {"ambiguous", "eicar"} <= set(answer.flags)
    assert answer.unreached == (EICAR,)


def gpt(*places: tuple[int, int]) -> bytes:
    """The first sectors of a disk with such a table of partitions from there to there."""
    protective = bytes(446) + b"\0" * 4 + b"\xee" + b"\0" * 3 + struct.pack("<II", 1, 0xFFFFFFFF)
    header = b"EFI PART".ljust(72, b"\0") + struct.pack("<QII", 2, len(places), 128)
    rows = b"".join(
        (b"\x01" * 32 + struct.pack("<QQ", start // SECTOR, -(-end // SECTOR) - 1)).ljust(128, b"\0")
        for start, end in places
    )
    return (protective.ljust(510, b"\0") + b"\x55\xaa" + header.ljust(SECTOR, b"\0") + rows).ljust(32_768, b"\0")


def test_an_honest_hybrid_disc_is_not_ambiguous():
    # What xorriso and isohybrid write: partitions of the disc itself, and of a file of it that EFI starts from.
    volume = fat(12)[: len(CONTENT)]
    disc = DISC.replace(CONTENT, volume)
    at = disc.find(volume)
    places = ((0, len(disc)), (32_768, len(disc)), (at, at + len(volume)))
    for hybrid in (naming(disc, *places), gpt(*places) + disc[32_768:]):
        answer = opened(hybrid, "a.iso")
        assert (answer.type, answer.flags, answer.error) == ("iso", ("eicar",), "")
        assert sum(member.path[-1] == "DOSSIER/EICAR.COM" for member in answer.members) == 1


def test_no_damage_of_a_udf_volume_makes_it_raise():
    rows = [at for at in range(32_768, len(PURE_UDF), 16) if PURE_UDF[at : at + 16].strip(b"\0")]
    for at in rows[::7]:
        damaged = PURE_UDF[:at] + bytes(octet ^ 0xFF for octet in PURE_UDF[at : at + 4]) + PURE_UDF[at + 4 :]
        assert not opened(damaged, "a.iso").error.startswith("unreadable")


def test_a_folder_of_udf_that_contains_itself_ends():
    data = bytearray(PURE_UDF)
    name = data.find(b"\x08dossier")
    root = data.find(struct.pack("<H", 257))
    data[name - 18 : name - 2] = data[root + 20 : root + 36]  # The place of its own folder, that of the parent's entry.
    assert len(opened(bytes(data), "a.iso").members) < 8
