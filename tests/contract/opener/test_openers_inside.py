"""What an opener finds outside, it finds behind the lock too: nothing is loaded too late."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import msgspec
import pikepdf
import py7zr
import pytest
import zxingcpp
from PIL import Image

from ecluse.adapters.room.inside import RoomRules
from ecluse.adapters.room.poison import PoisonList
from ecluse.adapters.room.private import PrivateZygote
from ecluse.adapters.room.room import HelperRoom, Pool
from ecluse.domain.opened import Opened
from ecluse.opening.budget import Limits
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import File
from ecluse.ports.opener import FileToOpen


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def tarred(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    code = zxingcpp.create_barcode("https://pay.example/now", zxingcpp.BarcodeFormat.QRCode)
    Image.fromarray(code.to_image(scale=8)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def document(**how: pikepdf.Encryption) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        pdf.save(buffer, **how)
    return buffer.getvalue()


TEXT = "Écluse ".encode() * 20
SAMPLES = {
    "a.zip": zipped("b.txt", TEXT),
    "nested.zip": zipped("a.tar.xz", tarred(TEXT)),
    "a.tar.xz": tarred(TEXT),
    "a.gz": gzip.compress(TEXT),
    "a.bz2": bz2.compress(TEXT),
    "a.xz": lzma.compress(TEXT),
    "a.pdf": document(),
    "encrypted.pdf": document(encryption=pikepdf.Encryption(user="", owner="secret")),
    "a.docx": zipped("word/document.xml", b"<w:document/>"),
    "a.html": b"<html><script>x()</script><a href='https://a.example'>b</a>",
    "a.txt": "пароль".encode("koi8-r"),
    "a.eml": b"From: a@b.test\r\nContent-Type: text/plain; charset=cp855\r\n\r\n\xe1\xe2\xe3\r\n",
    "a.exe": b"MZ" + bytes(200),
    **{f"a.{kind.lower()}": picture(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")},
}


@pytest.fixture(scope="module")
def real_zygote():
    zygote = PrivateZygote(RoomRules())
    yield zygote
    zygote.close()


@pytest.mark.parametrize("name", SAMPLES)
async def test_an_opener_finds_the_same_behind_the_lock(real_zygote, tmp_path, name):
    content = SAMPLES[name]
    room = HelperRoom(real_zygote.door, PoisonList(tmp_path / "poison"), Pool(wait_s=60.0))
    inside = await room.open(FileToOpen(content, name))
    await room.close()
    outside = open_file(File(content, name), Limits())
    assert inside == msgspec.msgpack.decode(msgspec.msgpack.encode(outside), type=Opened)
    assert inside.type != "unknown"
    assert "unreadable" not in inside.error


def seven_zip(dictionary: int) -> bytes:
    """A 7z with one script that says it wants so much memory, as its format spells it."""
    written = io.BytesIO()
    with py7zr.SevenZipFile(written, "w", filters=[{"id": py7zr.FILTER_LZMA2, "dict_size": 1 << 16}]) as archive:
        archive.set_encoded_header_mode(False)
        archive.writestr(TEXT, "a.js")
    packed = bytearray(written.getvalue())
    offset, size = struct.unpack_from("<QQ", packed, 12)
    head = packed[32 + offset : 32 + offset + size]
    head[head.index(b"\x21\x21\x01") + 3] = dictionary
    packed[32 + offset : 32 + offset + size] = head
    packed[28:32] = struct.pack("<I", zlib.crc32(head))
    packed[8:12] = struct.pack("<I", zlib.crc32(packed[12:32]))
    return bytes(packed)


@pytest.mark.parametrize(("dictionary", "flags"), [(28, ()), (36, ("limit",))])
async def test_what_wants_more_memory_than_a_helper_has_was_not_looked_at(real_zygote, tmp_path, dictionary, flags):
    room = HelperRoom(real_zygote.door, PoisonList(tmp_path / "poison"), Pool(wait_s=60.0))
    answer = await room.open(FileToOpen(seven_zip(dictionary), "a.7z"))
    await room.close()
    assert [member.path for member in answer.members] == [("a.js",)]
    assert tuple(flag for flag in answer.flags if flag == "limit") == flags


async def test_a_new_helper_is_told_in_which_pictures_nothing_was_found(real_zygote, tmp_path):
    blank, code = io.BytesIO(), picture("PNG")
    Image.new("L", (60, 50), 77).save(blank, "PNG")
    room = HelperRoom(real_zygote.door, PoisonList(tmp_path / "poison"), Pool(files_each=1, cache_octets=0))
    assert (await room.open(FileToOpen(blank.getvalue(), "x"))).silent_pictures == ()
    assert list(room._silent) == [hashlib.sha256(blank.getvalue()).digest()]
    # Believed without a look: the next helper says what it was told.
    room._silent.taken_from(Opened("png", silent_pictures=(hashlib.sha256(code).digest(),)))
    assert (await room.open(FileToOpen(code, "x"))).qr_texts == ()
    await room.close()
