"""What an opener finds outside, it finds behind the lock too: nothing is loaded too late."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import msgspec
import pikepdf
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


def document() -> bytes:
    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        pdf.save(buffer)
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
