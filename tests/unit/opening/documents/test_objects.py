from __future__ import annotations

import struct

from ecluse.opening.flags import Flag
from tests.unit.opening.asking import opened
from tests.unit.opening.makers import compound, package

PROGRAM = b"MZ" + b"\0" * 62 + b"PE\0\0" + b"\0" * 100
EQUATION = "0002CE02-0000-0000-C000-000000000046"


def sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def test_a_packed_program_is_a_member_and_flagged():
    file = opened(compound({"WordDocument": b"\0", "ObjectPool/\x01Ole10Native": sized(package("bill.exe", PROGRAM))}))
    assert "bill.exe" in file.embedded_objects
    assert Flag.EXECUTABLE in file.flags
    assert ("bill.exe",) in [member.path for member in file.members]


def test_an_object_that_is_a_link_to_elsewhere_is_told():
    moniker = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
    url = "http://x.example/a.hta".encode("utf-16-le") + b"\0\0"
    file = opened(compound({"WordDocument": b"\0", "O/\x01Ole": b"\0" * 20 + moniker + sized(url)}))
    assert file.external_links == ("http://x.example/a.hta",)
    assert Flag.REMOTE_OBJECT in file.flags


def test_a_formula_is_soft_and_a_font_name_that_overflows_is_an_exploit():
    fine = b"\0" * 28 + b"\x03\x01\x01\x03\x0a\x0a\x01\x00"
    evil = b"\0" * 28 + b"\x03\x01\x01\x03\x0a\x08\x5a\x5a" + b"A" * 4_090
    assert Flag.EXPLOIT_OBJECT not in opened(compound({"O/Equation Native": fine}, {"O": EQUATION})).flags
    assert Flag.EQUATION_OBJECT in opened(compound({"O/Equation Native": fine}, {"O": EQUATION})).flags
    assert Flag.EXPLOIT_OBJECT in opened(compound({"O/Equation Native": evil}, {"O": EQUATION})).flags


def ole1(name: bytes, native: bytes) -> bytes:
    return struct.pack("<II", 0x501, 2) + sized(name + b"\0") + sized(b"") + sized(b"") + sized(native)


def test_rtf_objects_are_found_however_their_digits_are_spelt():
    digits = ole1(b"Package", package("run.exe", PROGRAM)).hex()
    spelt = "".join(f"{digits[at : at + 3]}{{\\x{at}}} \r\n" for at in range(0, len(digits), 3))
    rtf = b"{\\rt" + b"{\\object\\objemb\\objupdate{\\*\\objdata " + spelt.encode() + b"}}}"
    file = opened(rtf)
    assert "run.exe" in file.embedded_objects
    assert {Flag.EXECUTABLE, Flag.OBJECT_UPDATE} <= set(file.flags)


def test_rtf_objects_as_plain_octets_are_found():
    data = ole1(b"Package", package("run.exe", PROGRAM))
    rtf = b"{\\rtf1{\\object{\\*\\objdata \\bin" + str(len(data)).encode() + b" " + data + b"}}}"
    assert "run.exe" in opened(rtf).embedded_objects


def test_a_remote_template_in_rtf_is_told_and_a_local_one_is_not():
    assert Flag.REMOTE_TEMPLATE in opened(b"{\\rtf1{\\*\\template http://x.example/t.dotm}}").flags
    assert not opened(b"{\\rtf1{\\*\\template C:\\\\Users\\\\a\\\\Normal.dotm}}").external_links


def test_fields_of_rtf_are_read():
    file = opened(
        b'{\\rtf1{\\field{\\*\\fldinst HYPERLINK "http://x.example/"}{\\fldrslt y}}{\\field{\\*\\fldinst DDEAUTO c a}}}'
    )
    assert file.urls == ("http://x.example/",)
    assert Flag.DDE in file.flags


def test_text_in_rtf_is_read():
    assert any("see https" in text for text in opened(b"{\\rtf1 see https://x.example/ now\\par}").texts)


def test_a_file_in_a_notebook_is_a_member_and_a_picture_is_not():
    guid = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
    head = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + b"\0" * 64
    name = "invoice.hta".encode("utf-16-le")

    def stored(data: bytes) -> bytes:
        return guid + struct.pack("<QIQ", len(data), 0, 0) + data

    file = opened(head + sized(name) + stored(b"<hta:application><script>1</script>") + stored(b"\x89PNG\r\n\x1a\n"))
    assert file.embedded_objects == ("invoice.hta",)
    assert [member.type for member in file.members] == ["hta"]
    assert Flag.ONENOTE_EMBEDDED in file.flags
