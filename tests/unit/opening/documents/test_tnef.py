from __future__ import annotations

import struct

from tests.unit.opening.asking import opened

HEAD = b"\x78\x9f\x3e\x22\x01\x00"


def attribute(level: int, number: int, value: bytes) -> bytes:
    return bytes([level]) + struct.pack("<II", number, len(value)) + value + b"\0\0"


def prop(kind: int, number: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def attachment(title: bytes, data: bytes, *properties: bytes) -> bytes:
    inner = struct.pack("<I", len(properties)) + b"".join(properties)
    return (
        attribute(2, 0x00069002, b"\0" * 14)
        + attribute(2, 0x00018010, title)
        + attribute(2, 0x0006800F, data)
        + attribute(2, 0x00069005, inner)
    )


def test_attachments_have_their_long_names_and_bodies_are_members():
    html = prop(0x102, 0x1013, b"<p>hi</p>")
    message = attribute(1, 0x0002800C, b"hello\0") + attribute(1, 0x00069003, struct.pack("<I", 1) + html)
    long_name = prop(0x1F, 0x3707, "a very long name.txt".encode("utf-16-le") + b"\0\0")
    file = opened(HEAD + message + attachment(b"AVERYL~1.TXT\0", b"content", long_name) + attachment(b"", b"x"))
    assert file.type == "tnef"
    assert [member.path[0] for member in file.members] == [
        "body.txt",
        "body.html",
        "a very long name.txt",
        "Untitled Attachment",
    ]
    assert file.members[2].size == 7


def test_what_the_properties_hold_comes_before_what_the_attribute_holds():
    file = opened(HEAD + attachment(b"a\0", b"short", prop(0x102, 0x3701, b"the whole of it")))
    assert file.members[0].size == 15


def test_a_cut_file_is_read_as_far_as_it_goes():
    whole = HEAD + attachment(b"a\0", b"content") + attachment(b"b\0", b"more")
    for end in range(6, len(whole) - 1, 3):
        file = opened(whole[:end])
        assert file.error or len(file.members) in {0, 1, 2}
    assert opened(whole[:-20]).members[0].path == ("a",)


def test_compressed_rtf_is_expanded():
    # The example of [MS-OXRTFCP] 3.1.1: "{\rtf1\ansi\ansicpg1252\pard hello world}\r\n".
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    file = opened(HEAD + attribute(1, 0x00069003, struct.pack("<I", 1) + prop(0x102, 0x1009, packed)))
    assert file.members[0].path == ("body.rtf",)
    assert any("hello world" in text for text in file.texts)
