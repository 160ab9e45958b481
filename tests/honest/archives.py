"""Archives as people pack them, on their several systems."""

from __future__ import annotations

import io
import random
import tarfile
import zipfile

import py7zr

from tests.honest import documents, wording

UNIX, DOS = 3, 0


def _papers(dice: random.Random) -> dict[str, bytes]:
    return {
        "Dossier été/Relevé n°1.pdf": documents.invoice(dice),
        "Dossier été/lettre à signer.docx": documents.word(dice),
        "notes.txt": wording.letter(dice).encode(),
    }


def plain(dice: random.Random) -> bytes:
    return packed(_papers(dice))


def packed(members: dict[str, bytes], system: int = DOS) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.compress_type = system, zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16 if system == UNIX else 0x20
            archive.writestr(entry, octets)
    return out.getvalue()


def of_windows(dice: random.Random) -> bytes:
    """Names in the code page of old, without the flag of UTF-8."""
    names = {"Relev\xe9.pdf": documents.invoice(dice), "D\xe9claration.csv": b"a;b\r\n1;2\r\n"}
    octets = packed({name.replace("\xe9", "~"): content for name, content in names.items()})
    return octets.replace(b"Relev~", b"Relev\x82").replace(b"D~claration", b"D\x82claration")


def of_a_mac(dice: random.Random) -> bytes:
    """The Finder adds a resource fork for each file."""
    fork = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(60)
    papers = {
        "Photos/IMG_0001.jpg": documents.photo(dice),
        "__MACOSX/Photos/._IMG_0001.jpg": fork,
        "Photos/.DS_Store": b"\0\0\0\1Bud1" + bytes(80),
    }
    return packed(papers, UNIX)


def nested(dice: random.Random) -> bytes:
    return packed({"2025.zip": plain(dice), "2026.zip": of_a_mac(dice), "sommaire.txt": b"2025, 2026\r\n"})


def streamed(dice: random.Random) -> bytes:
    """Written to a pipe: sizes follow the data, as web services and Java do it."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.octets = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:
            self.octets += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in _papers(dice).items():
            archive.writestr(name, octets)
    return bytes(pipe.octets)


def sevenzip(dice: random.Random) -> bytes:
    return _sevenzip(dice, None)


def closed(dice: random.Random, password: str) -> bytes:
    """A 7z whose names are to be read, and whose files are not."""
    return _sevenzip(dice, password)


def _sevenzip(dice: random.Random, password: str | None) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password) as archive:
        for name, octets in _papers(dice).items():
            archive.writestr(octets, name)
    return out.getvalue()


def tarball(dice: random.Random) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, octets in _papers(dice).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(octets)
            archive.addfile(entry, io.BytesIO(octets))
    return out.getvalue()
