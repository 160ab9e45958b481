"""Archives, compressed files and encoded files: made by real libraries, read to the octet."""

import base64
import binascii
import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import libarchive
import py7zr
import pytest
import zstandard

from ecluse.wire.eicar import EICAR
from tests.unit.opening.archives.zips import Made, made, zipped
from tests.unit.opening.asking import opened

HARMLESS = b"Bonjour, voici le compte rendu.\n" * 20


def archived(kind: str, filters: str | None = None, **entries: bytes) -> bytes:
    """An archive that libarchive writes."""
    written = bytearray()

    def take(data: bytes) -> int:
        written.extend(data)
        return len(data)

    with libarchive.custom_writer(take, kind, filters) as archive:
        for name, content in entries.items():
            archive.add_file_from_memory(name.replace("_", "."), len(content), content)
    return bytes(written)


@pytest.mark.parametrize(
    ("kind", "filters", "expected"),
    [
        ("ustar", None, "tar"),
        ("pax", None, "tar"),
        ("gnutar", None, "tar"),
        ("v7tar", None, "tar"),
        ("cpio", None, "cpio"),
        ("cpio_newc", None, "cpio"),
        ("7zip", None, "7z"),
        ("xar", None, "xar"),
        ("iso9660", None, "iso"),
        ("warc", None, "warc"),
        ("ar_bsd", None, "ar"),
        ("ar_svr4", None, "ar"),
        ("zip", None, "zip"),
        ("ustar", "gzip", "gzip"),
        ("ustar", "bzip2", "bzip2"),
        ("ustar", "xz", "xz"),
        ("ustar", "lzma", "lzma"),
        ("ustar", "zstd", "zstd"),
        ("ustar", "lz4", "lz4"),
        ("ustar", "lzip", "lzip"),
        ("ustar", "compress", "compress"),
    ],
)
def test_every_kind_of_archive_is_opened(kind, filters, expected):
    answer = opened(archived(kind, filters, a_txt=EICAR, b_txt=HARMLESS), "a.bin")
    assert (answer.type, answer.error) == (expected, "")
    assert "eicar" in answer.flags
    contents = {member.sha256 for member in answer.members if member.path[-1].endswith("b.txt")}
    assert contents == {hashlib.sha256(HARMLESS).hexdigest()}


@pytest.mark.parametrize(
    ("pack", "kind"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bzip2"),
        (lzma.compress, "xz"),
        (lambda data: lzma.compress(data, lzma.FORMAT_ALONE), "lzma"),
        (zstandard.compress, "zstd"),
    ],
)
def test_a_stream_behind_a_stream_is_opened_too(pack, kind):
    answer = opened(pack(HARMLESS) + pack(EICAR), "note.txt.x")
    assert answer.type == kind
    assert answer.members[0].path == ("note.txt",)
    assert answer.members[0].size == len(HARMLESS) + len(EICAR)
    assert "eicar" in answer.flags


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_octets_behind_a_stream_are_told_and_looked_into(pack):
    answer = opened(pack(HARMLESS) + zipped({"a": EICAR}), "note.gz")
    assert {"appended", "eicar"} <= set(answer.flags)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_stream_that_ends_too_early_gives_what_there_is(pack):
    answer = opened(pack(HARMLESS * 400)[:-6], "note.gz")
    assert answer.members[0].error == "cut short"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_stream_that_swells_is_a_bomb(pack):
    answer = opened(pack(bytes(40_000_000)), "zeros.gz")
    assert "bomb" in answer.flags


def lzma_of(dictionary: int) -> bytes:
    """A file of the old format that says it wants so much memory."""
    packed = bytearray(lzma.compress(HARMLESS, lzma.FORMAT_ALONE))
    packed[1:5] = struct.pack("<I", dictionary)
    return bytes(packed)


def xz_of(dictionary: int) -> bytes:
    """The same of the new one; `dictionary` as the format spells it."""
    packed = bytearray(lzma.compress(HARMLESS, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]))
    end = 12 + (packed[12] + 1) * 4
    head = packed[12 : end - 4]
    head[head.index(b"\x21\x01") + 2] = dictionary
    packed[12:end] = head + struct.pack("<I", zlib.crc32(head))
    return bytes(packed)


def zip_of_lzma(dictionary: int) -> bytes:
    packed = bytearray(zipped({"a.js": HARMLESS}, zipfile.ZIP_LZMA))
    at = packed.index(b"a.js") + len("a.js") + 5
    packed[at : at + 4] = struct.pack("<I", dictionary)
    return bytes(packed)


def zstd_of(window_log: int) -> bytes:
    wanted = zstandard.ZstdCompressionParameters(
        window_log=window_log, hash_log=12, chain_log=12, write_content_size=False
    )
    packer = zstandard.ZstdCompressor(compression_params=wanted).compressobj()
    return packer.compress(HARMLESS) + packer.flush()


def rar_of(dictionary: int) -> bytes:
    """One file in RAR 5.0; `dictionary` is a power of two, of 128 kB."""

    def block(*fields: int, name: bytes = b"") -> bytes:
        body = bytes(fields) + name
        body = bytes([len(body)]) + body
        return struct.pack("<I", zlib.crc32(body)) + body

    method = 3 << 7 | dictionary << 10
    packing = (method & 127 | 128, method >> 7)
    file = block(2, 2, 20, 0, 100, 0o40, *packing, 1, 4, name=b"a.js")
    return b"Rar!\x1a\x07\x01\x00" + block(1, 0, 0) + file + bytes(20) + block(5, 0, 0)


@pytest.mark.parametrize(
    "content", [lzma_of(1 << 30), xz_of(36), zip_of_lzma(1 << 30), zstd_of(28), rar_of(11)], ids=range(5)
)
def test_what_wants_more_memory_than_we_give_was_not_looked_at(content):
    answer = opened(content, "a.js.bin")
    assert "limit" in answer.flags, answer


@pytest.mark.parametrize("content", [lzma_of(1 << 26), xz_of(28), zip_of_lzma(1 << 26), zstd_of(26)], ids=range(4))
def test_what_wants_an_honest_lot_of_memory_is_opened(content):
    answer = opened(content, "a.js.bin")
    assert "limit" not in answer.flags
    assert [(member.size, member.error) for member in answer.members] == [(len(HARMLESS), "")]


def test_gzip_tells_the_name_of_its_file():
    buffer = io.BytesIO()
    with gzip.GzipFile("facture.pdf.exe", "wb", fileobj=buffer) as out:
        out.write(b"1")
    answer = opened(buffer.getvalue(), "x.gz")
    assert answer.members[0].path == ("facture.pdf.exe",)
    assert answer.flags == ("double-suffix",)


def test_links_and_devices_of_a_tar_are_told():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, target in (
            ("out", tarfile.SYMTYPE, "../../etc/passwd"),
            ("in", tarfile.LNKTYPE, "other"),
            ("pipe", tarfile.FIFOTYPE, ""),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, target
            archive.addfile(entry)
    answer = opened(buffer.getvalue(), "a.tar")
    assert [(member.path[0], str(member.kind), member.flags) for member in answer.members] == [
        ("out", "link", ("link-outside",)),
        ("in", "link", ()),
        ("pipe", "other", ("device",)),
    ]


def test_a_tar_behind_the_end_of_a_tar_is_read():
    answer = opened(archived("ustar", a_txt=HARMLESS) + archived("ustar", b_txt=EICAR), "a.tar")
    assert "eicar" in answer.flags


def seven_zipped(password: str | None, *, hides_names: bool = False) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password=password, header_encryption=hides_names) as archive:
        archive.writestr(EICAR, "a.txt")
    return buffer.getvalue()


@pytest.mark.parametrize("hides_names", [False, True])
def test_an_encrypted_7z_opens_with_its_password_only(hides_names):
    data = seven_zipped("sésame", hides_names=hides_names)
    shut = opened(data, "a.7z", "wrong")
    assert shut.is_encrypted
    assert "eicar" not in shut.flags
    read = opened(data, "a.7z", "wrong", "sésame")
    assert not read.is_encrypted
    assert "eicar" in read.flags
    assert read.members[0].is_encrypted


def test_a_7z_without_password_needs_none():
    assert "eicar" in opened(seven_zipped(None), "a.7z").flags


def test_a_7z_whose_method_only_the_second_library_has_is_opened():
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=[{"id": py7zr.FILTER_BROTLI}]) as archive:
        archive.writestr(EICAR, "a.txt")
    answer = opened(buffer.getvalue(), "a.7z")
    assert (answer.flags, answer.error, answer.is_encrypted) == (("eicar",), "", False)


def lha(method: bytes) -> bytes:
    """One file of four octets, header level 0."""
    head = method + struct.pack("<IIHHBB", 4, 10, 0, 0, 0x20, 0) + b"\5a.txt" + bytes(2)
    return bytes([len(head), sum(head) & 0xFF]) + head + bytes(5)


@pytest.mark.parametrize(
    "data", [lha(b"-lhx-"), lha(b"-pm2-"), b"RE\x7e\x5e" + bytes(100)], ids=["lhx", "pm2", "rar 1.4"]
)
def test_a_method_that_the_library_lacks_is_no_damage(data):
    answer = opened(data, "a.bin")
    assert (answer.error, answer.flags) == ("unopened: method", ("unopened",))


@pytest.mark.parametrize(
    "data", [b"Rar!\x1a\x07\x00" + bytes(100), b"Rar!\x1a\x07\x01\x00" + bytes(100), lha(b"-lh5-")[:30]]
)
def test_damage_is_no_lack_of_ours(data):
    assert opened(data, "a.bin").flags == ()


def test_encoded_texts_are_decoded():
    uu = (
        b"begin 644 a.txt\n"
        + b"".join(binascii.b2a_uu(EICAR[at : at + 45]) for at in range(0, len(EICAR), 45))
        + b"`\nend\n"
    )
    yenc = b"=ybegin line=128 size=68 name=a.txt\r\n" + bytes((octet + 42) % 256 for octet in EICAR) + b"\r\n=yend\r\n"
    plain = base64.encodebytes(EICAR + b" " * 40)
    for data, kind in ((uu, "uuencode"), (yenc, "yenc"), (plain, "base64")):
        answer = opened(data, "a.txt")
        assert (answer.type, "eicar" in answer.flags) == (kind, True)


def test_a_message_in_a_file_is_opened_with_its_parts():
    part = b'Content-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    data = (
        b"From: a@a.test\r\nTo: b@b.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n--b\r\n"
        + part
        + base64.encodebytes(zipped({"virus.txt": EICAR}))
        + b"\r\n--b--\r\n"
    )
    answer = opened(data, "a.eml")
    assert answer.type == "eml"
    assert ("a.zip", "virus.txt") in [member.path for member in answer.members]
    assert "eicar" in answer.flags
    assert "eicar" in opened(b"From a@a.test Fri Nov 27 10:00:00 2026\n" + data.replace(b"\r\n", b"\n"), "mbox").flags


def cabinet(*blocks: bytes, method: int = 1, size: int = 0, name: bytes = b"a.txt") -> bytes:
    """A cabinet of one file; `blocks` are plain octets."""
    packed, window = [], b""
    for block in blocks:
        packer = zlib.compressobj(wbits=-15, zdict=window) if window else zlib.compressobj(wbits=-15)
        data = b"CK" + packer.compress(block) + packer.flush() if method == 1 else block
        packed.append(struct.pack("<IHH", 0, len(data), len(block)) + data)
        window = (window + block)[-32_768:]
    files = struct.pack("<IIHHHH", size or sum(map(len, blocks)), 0, 0, 0, 0, 0) + name + b"\0"
    start = 36 + 8 + len(files)
    folder = struct.pack("<IHH", start, len(blocks), method)
    data = b"".join(packed)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, start + len(data), 0, 44, 0, 3, 1, 1, 1, 0, 0, 0)
    return head + folder + files + data


@pytest.mark.parametrize("method", [0, 1])
def test_a_cabinet_is_opened(method):
    answer = opened(cabinet(EICAR, method=method), "a.cab")
    assert (answer.type, answer.flags, answer.error) == ("cab", ("eicar",), "")


def test_blocks_of_a_cabinet_look_back_into_those_before():
    noise = bytes(zlib.crc32(bytes([octet % 251, octet // 251])) & 0xFF for octet in range(30_000))
    answer = opened(cabinet(noise, noise), "a.cab")
    assert answer.members[0].size == 60_000
    assert answer.members[0].error == ""


def test_a_cabinet_that_lies_about_itself_is_broken():
    assert opened(cabinet(EICAR, size=500), "a.cab").members[0].error == "cut short"
    assert opened(cabinet(EICAR)[:40], "a.cab").error == "broken"
    assert "unopened" in opened(cabinet(EICAR, method=2), "a.cab").flags
    assert "unopened" in opened(cabinet(EICAR, method=15 << 8 | 3), "a.cab").flags


def test_archives_behind_a_program_are_opened():
    program = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(500)
    for archive in (zipped({"a": EICAR}), seven_zipped(None), cabinet(EICAR)):
        answer = opened(program + archive, "setup.exe")
        assert answer.type == "pe"
        assert "eicar" in answer.flags
        assert "polyglot" not in answer.flags


def test_a_picture_that_ends_as_a_zip_is_two_files():
    answer = opened(b"GIF89a" + bytes(200) + zipped({"a": EICAR}), "photo.gif")
    assert {"polyglot", "eicar"} <= set(answer.flags)


def test_a_bomb_that_repeats_itself_is_found_without_unpacking_it_all():
    data = zipped({"zeros": bytes(1_000_000)})
    for _ in range(4):
        data = zipped({f"{number}.zip": data for number in range(10)})
    assert "bomb" in opened(data, "a.zip").flags


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 7 + b"**ACE**" + bytes(50),
        b"ALZ\x01" + bytes(50),
        b"MSWIM\0\0\0" + bytes(90),
    ],
)
def test_what_has_no_reader_is_said(data):
    answer = opened(data, "a.bin")
    assert answer.flags == ("unopenable",)
    assert answer.error


def test_szdd_is_expanded():
    data = b"SZDD\x88\xf0\x27\x33A\0" + struct.pack("<I", len(EICAR))
    packed = b"".join(b"\xff" + EICAR[at : at + 8] for at in range(0, len(EICAR), 8))
    assert "eicar" in opened(data + packed, "eicar.co_").flags


def test_zips_in_zips_with_a_password_open_with_it():
    inner = made(Made(b"a", EICAR))
    assert "eicar" in opened(archived("ustar", "gzip", a_zip=inner), "a.tgz").flags
