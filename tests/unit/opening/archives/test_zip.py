"""Zips as each of their readers understands them."""

import hashlib
import io
import struct
import zipfile
import zlib

import libarchive
import pytest

from ecluse.opening.budget import Limits
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import File
from ecluse.wire.eicar import EICAR
from tests.unit.opening.archives.zips import Made, deflated, made, zipped

HARMLESS = b"Bonjour, voici le compte rendu."


def opened(data: bytes, *passwords: str, limits: Limits | None = None):
    return open_file(File(data, "a.zip", passwords=passwords), limits or Limits())


def digests(answer) -> set[str]:
    return {member.sha256 for member in answer.members}


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_honest_zip_has_no_flag_whatever_its_method(method):
    answer = opened(zipped({"note.txt": HARMLESS * 50, "dossier/": b"", "dossier/deux.txt": b"2"}, method))
    assert answer.type == "zip"
    assert answer.flags == ()
    assert [(member.path, str(member.kind), member.size) for member in answer.members] == [
        (("note.txt",), "file", len(HARMLESS) * 50),
        (("dossier/",), "directory", 0),
        (("dossier/deux.txt",), "file", 1),
    ]
    assert answer.members[0].sha256 == sha(HARMLESS * 50)


def test_a_zip_written_to_a_pipe_has_descriptors_and_no_flag():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.written = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.written += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", HARMLESS)
        archive.writestr("b.txt", HARMLESS * 2)
    answer = opened(bytes(pipe.written))
    assert answer.flags == ()
    assert digests(answer) == {sha(HARMLESS), sha(HARMLESS * 2)}


def test_an_empty_zip_is_a_zip():
    answer = opened(zipped({}))
    assert (answer.type, answer.flags, answer.error) == ("zip", (), "")


def test_zip64_is_no_ambiguity():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("big", "w", force_zip64=True) as entry:
        entry.write(HARMLESS)
    answer = opened(buffer.getvalue())
    assert answer.flags == ()
    assert digests(answer) == {sha(HARMLESS)}


@pytest.mark.parametrize(
    ("data", "flag"),
    [
        (made(Made(b"a", EICAR, local={"method": 8})), "ambiguous"),
        (made(Made(b"a", EICAR, central={"method": 8})), "ambiguous"),
        (made(Made(b"a", EICAR, central={"packed": 4, "size": 4})), "ambiguous"),
        (made(Made(b"a", EICAR, local={"packed": 4, "size": 4})), "ambiguous"),
        (made(Made(b"a", EICAR, local={"flags": 1})), "ambiguous"),
        (made(Made(b"a", EICAR, central={"flags": 1})), "ambiguous"),
        (made(Made(b"a.txt", EICAR, local={"name": b"a.exe"})), "ambiguous"),
        (made(Made(b"a", deflated(EICAR), 8, zlib.crc32(EICAR), 68, central={"packed": 9})), "ambiguous"),
        (made(Made(b"n", HARMLESS), Made(b"a", EICAR, is_listed=False)), "hidden-member"),
        (made(Made(b"n", HARMLESS), Made(b"a", EICAR), count=1), "ambiguous"),
        (made(Made(b"n", HARMLESS)) + made(Made(b"a", EICAR)), "prepended"),
        (made(Made(b"a", EICAR)) + made(Made(b"n", HARMLESS)), "ambiguous"),
        (made(Made(b"n", HARMLESS, central={"comment": made(Made(b"a", EICAR))})), "ambiguous"),
        (made(Made(b"n", HARMLESS), comment=made(Made(b"a", EICAR))), "ambiguous"),
        (made(Made(b"n", HARMLESS), after=made(Made(b"a", EICAR))), "prepended"),
        (made(Made(b"a", HARMLESS), Made(b"a", EICAR)), "duplicate-name"),
        (made(Made(b"a/", EICAR)), "ambiguous"),
        (made(Made(b"a", EICAR, central={"attributes": 0x10})), "ambiguous"),
        (made(Made(b"a", EICAR, checksum=1)), "wrong-checksum"),
        (made(Made(b"a", EICAR), before=b"#!/bin/sh\nexit\n" * 9), "prepended"),
        (made(Made(b"a", EICAR), after=b"something else"), "appended"),
    ],
)
def test_what_some_reader_reaches_is_reached_and_the_trick_is_named(data, flag):
    answer = opened(data)
    assert "eicar" in answer.flags
    assert flag in answer.flags


def test_stored_data_that_end_at_a_descriptor_are_read_as_streams_read_them():
    descriptor = struct.pack("<4sIII", b"PK\7\x08", zlib.crc32(EICAR), len(EICAR), len(EICAR))
    silent = {"packed": 0, "size": 0, "checksum": 0}
    answer = opened(made(Made(b"a", EICAR, flags=8, behind=descriptor, local=silent, central={"packed": 1, "size": 1})))
    assert "eicar" in answer.flags


def test_every_name_of_an_entry_is_told():
    name = b"r\x82sum\x82.txt"
    path = struct.pack("<HHBI", 0x7075, 5 + 12, 1, zlib.crc32(name)) + "résumé.exe".encode()
    honest = opened(made(Made(name, b"1", extra=path[:2] + struct.pack("<H", len(path) - 4) + path[4:])))
    assert [member.path for member in honest.members] == [("résumé.exe",)]
    assert honest.flags == ()
    plain = struct.pack("<HHBI", 0x7075, 10, 1, zlib.crc32(b"a.txt")) + b"a.exe"
    lying = opened(made(Made(b"a.txt", b"1", extra=plain)))
    assert [member.path for member in lying.members] == [("a.txt",), ("a.exe",)]
    assert "ambiguous" in lying.flags


def test_a_zip_within_a_zip_is_no_second_directory():
    inner = zipped({"a.txt": HARMLESS}, zipfile.ZIP_STORED)
    answer = opened(zipped({"inner.zip": inner}, zipfile.ZIP_STORED))
    assert answer.flags == ()
    assert [member.path for member in answer.members] == [("inner.zip",), ("inner.zip", "a.txt")]


def test_a_zip_without_its_end_is_read_by_its_local_headers():
    answer = opened(zipped({"a.txt": EICAR, "b.txt": HARMLESS})[:160])
    assert "eicar" in answer.flags
    assert answer.error == "no directory"


def test_entries_that_share_their_data_are_told():
    data = made(Made(b"a", HARMLESS), Made(b"b", HARMLESS, central={"offset": 0}))
    assert "overlapping" in opened(data).flags


def test_links_are_not_followed_but_looked_at():
    link = {"system": 3, "attributes": 0o120777 << 16}
    answer = opened(made(Made(b"passwd", b"/etc/passwd", central=link), Made(b"near", b"other.txt", central=link)))
    assert [str(member.kind) for member in answer.members] == ["link", "link"]
    assert answer.members[0].flags == ("link-outside",)
    assert answer.members[1].flags == ()


def test_a_method_without_reader_is_told():
    answer = opened(made(Made(b"a", b"x" * 9, method=97)))
    assert answer.members[0].error == "method 97"
    assert "unopened" in answer.flags


def test_a_bomb_is_cut_off_early():
    answer = opened(zipped({"zeros": bytes(64_000_000)}), limits=Limits())
    assert "bomb" in answer.flags
    assert answer.members[0].sha256 == ""


def test_no_damaged_octet_makes_it_raise():
    whole = zipped({"a.txt": HARMLESS, "b.txt": HARMLESS * 9})
    for at in range(len(whole)):
        assert opened(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]).trouble == ""


def encrypted(how: str, content: bytes) -> bytes:
    written = bytearray()

    def take(data: bytes) -> int:
        written.extend(data)
        return len(data)

    with libarchive.custom_writer(take, "zip", options=f"encryption={how}", passphrase="sésame") as archive:
        archive.add_file_from_memory("a.txt", len(content), content)
    return bytes(written)


@pytest.mark.parametrize("how", ["traditional", "aes128", "aes256"])
def test_encrypted_entries_open_with_the_right_password_only(how):
    data = encrypted(how, EICAR)
    shut = opened(data, "wrong", "")
    assert shut.is_encrypted
    assert shut.members[0].is_encrypted
    assert shut.members[0].error == "no password fits"
    assert shut.members[0].sha256 == ""
    read = opened(data, "wrong", "sésame")
    assert not read.is_encrypted
    assert read.members[0].is_encrypted
    assert read.flags == ("eicar",)


def test_a_directory_that_hides_the_encryption_is_ambiguous():
    data = bytearray(encrypted("traditional", EICAR))
    central = data.find(b"PK\1\2")
    data[central + 8] &= 0xFE
    answer = opened(bytes(data), "sésame")
    assert "ambiguous" in answer.flags
    assert "eicar" in answer.flags
