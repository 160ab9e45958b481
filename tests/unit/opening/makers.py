"""Writes the containers that documents are made of, so that tests hold no files of others."""

from __future__ import annotations

import io
import struct
import zipfile
from uuid import UUID

SECTOR = 512


def compound(streams: dict[str, bytes], clsids: dict[str, str] | None = None) -> bytes:
    """A compound file with these streams; "A/B" lies in the storage "A". Storages may have classes."""
    parts = [path.split("/") for path in streams]
    names = sorted({"/".join(part[:depth]) for part in parts for depth in range(1, len(part) + 1)})
    entries: list[tuple[str, int, bytes, int, int]] = []  # Name, kind, class, first sector, size.
    sectors: list[bytes] = []
    fat: list[int] = []
    for path in names:
        clsid = UUID((clsids or {}).get(path, "0" * 32)).bytes_le
        if path not in streams:
            entries.append((path, 1, clsid, 0, 0))
            continue
        content = streams[path].ljust(4_096, b"\0") if len(streams[path]) < 4_096 else streams[path]
        start = len(sectors)
        count = -(-len(content) // SECTOR)
        sectors += [content[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(content), SECTOR)]
        fat += [*range(start + 1, start + count), 0xFFFFFFFE]
        entries.append((path, 2, clsid, start, len(content)))
    directory = _directory(entries)
    first_directory = len(sectors)
    count = -(-len(directory) // SECTOR)
    sectors += [directory[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(directory), SECTOR)]
    fat += [*range(first_directory + 1, first_directory + count), 0xFFFFFFFE]
    tables = -(-(len(fat) + 1) // 128) or 1
    fat_at = [len(sectors) + index for index in range(tables)]
    fat += [0xFFFFFFFD] * tables
    fat += [0xFFFFFFFF] * (-len(fat) % 128)
    sectors.append(struct.pack(f"<{len(fat)}I", *fat))
    difat = struct.pack("<109I", *(fat_at + [0xFFFFFFFF] * (109 - len(fat_at))))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, len(fat_at), first_directory, 0, 4_096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + difat
    return head + b"".join(sectors)


def _directory(entries: list[tuple[str, int, bytes, int, int]]) -> bytes:
    """Siblings hang in a row on the right; the children of a storage below it."""
    paths = [path for path, *_ in entries]
    out = [_entry("Root Entry", 5, bytes(16), 0xFFFFFFFF, _first(paths, ""), 0xFFFFFFFE, 0)]
    for index, (path, kind, clsid, start, size) in enumerate(entries):
        above, _, name = path.rpartition("/")
        right = next(
            (later + 1 for later in range(index + 1, len(paths)) if paths[later].rpartition("/")[0] == above),
            0xFFFFFFFF,
        )
        child = _first(paths, path) if kind == 1 else 0xFFFFFFFF
        out.append(_entry(name, kind, clsid, right, child, start, size))
    return b"".join(out)


def _first(paths: list[str], above: str) -> int:
    return next((at + 1 for at, path in enumerate(paths) if path.rpartition("/")[0] == above), 0xFFFFFFFF)


def _entry(name: str, kind: int, clsid: bytes, right: int, child: int, start: int, size: int) -> bytes:
    octets = name.encode("utf-16-le")
    return (
        octets.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(octets) + 2, kind, 1, 0xFFFFFFFF, right, child)
        + clsid
        + bytes(20)
        + struct.pack("<IQ", start, size)
    )


def vba_container(source: bytes) -> bytes:
    """The compressed container of [MS-OVBA] 2.4.1, of literals alone."""
    out = bytearray(b"\x01")
    for at in range(0, len(source), 3_500):
        piece = source[at : at + 3_500]
        body = b"".join(b"\0" + piece[start : start + 8] for start in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | (len(body) - 1)) + body
    return bytes(out)


def vba_project(source: str, compiled: bytes = b"") -> dict[str, bytes]:
    """The streams of a project with one module."""
    text = 'Attribute VB_Name = "Module1"\r\n' + source
    return {
        "Macros/VBA/dir": vba_container(b"\x01\0"),
        "Macros/VBA/_VBA_PROJECT": b"\xcc\x61" + compiled,
        "Macros/VBA/Module1": b"\0" * 40 + vba_container(text.encode("cp1252")),
    }


def zipped(members: dict[str, str | bytes]) -> bytes:
    """A zip; "mimetype" is stored as it is, as OpenDocument wants."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def package(name: str, content: bytes) -> bytes:
    """What the Packager writes into an `Ole10Native` stream, without the size in front."""
    label = name.encode("cp1252")
    path = b"C:\\x\\" + label
    return (
        b"\x02\0" + label + b"\0" + path + b"\0" + b"\0\0\x03\0"
        + struct.pack("<I", len(path) + 1) + path + b"\0" + struct.pack("<I", len(content)) + content
    )  # fmt: skip
