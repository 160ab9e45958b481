"""Zips made by hand, where the standard library would refuse to make them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass
class Made:
    """One entry; `local` and `central` say what stands in that header instead of the truth."""

    name: bytes
    data: bytes
    method: int = 0
    checksum: int | None = None
    size: int | None = None
    flags: int = 0
    extra: bytes = b""
    behind: bytes = b""  # After the data: a descriptor.
    is_listed: bool = True
    is_stored: bool = True  # False: no local header.
    local: dict = field(default_factory=dict)
    central: dict = field(default_factory=dict)


def made(
    *entries: Made, before: bytes = b"", after: bytes = b"", comment: bytes = b"", count: int | None = None
) -> bytes:
    out, directory, listed = bytearray(before), bytearray(), 0
    for entry in entries:
        at = len(out)
        truth = {
            "name": entry.name,
            "flags": entry.flags,
            "method": entry.method,
            "checksum": zlib.crc32(entry.data) if entry.checksum is None else entry.checksum,
            "packed": len(entry.data),
            "size": len(entry.data) if entry.size is None else entry.size,
            "extra": entry.extra,
            "comment": b"",
            "attributes": 0,
            "system": 0,
            "offset": at,
        }
        out += _local(truth | entry.local) + entry.data + entry.behind
        if entry.is_listed:
            directory += _central(truth | entry.central)
            listed += 1
    start = len(out)
    number = listed if count is None else count
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, number, number, len(directory), start, len(comment))
    return bytes(out + directory + end + comment + after)


def _local(said: dict) -> bytes:
    fixed = struct.pack(
        "<4sHHHHHIIIHH", b"PK\3\4", 20, said["flags"], said["method"], 0, 0x21, said["checksum"],
        said["packed"], said["size"], len(said["name"]), len(said["extra"]),
    )  # fmt: skip
    return fixed + said["name"] + said["extra"]


def _central(said: dict) -> bytes:
    fixed = struct.pack(
        "<4sBBHHHHHIIIHHHHHII", b"PK\1\2", 20, said["system"], 20, said["flags"], said["method"], 0, 0x21,
        said["checksum"], said["packed"], said["size"], len(said["name"]), len(said["extra"]), len(said["comment"]),
        0, 0, said["attributes"], said["offset"],
    )  # fmt: skip
    return fixed + said["name"] + said["extra"] + said["comment"]


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()
