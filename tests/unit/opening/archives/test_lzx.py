"""LZX in cabinets and in compiled help: streams written by hand, code by code."""

from __future__ import annotations

import struct

import pytest

from ecluse.opening.archives.lzx import FRAME, BadLzx, unpacked
from ecluse.opening.budget import Budget, Limits
from ecluse.wire.eicar import EICAR
from tests.unit.opening.archives.test_archives import cabinet
from tests.unit.opening.asking import CountingBudget, opened

SYMBOLS = 256 + 8 * 30  # Of the main code, with a window of 32 kB.
HTML = b"<html><body>Aide</body></html>"


class Bits:
    """Writes words of sixteen, the highest bit first."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, count: int) -> None:
        self.text += f"{value:0{count}b}" if count else ""

    def octets(self) -> bytes:
        text = self.text + "0" * (-len(self.text) % 16)
        words = (int(text[at : at + 16], 2) for at in range(0, len(text), 16))
        return b"".join(struct.pack("<H", word) for word in words)


def uncompressed(content: bytes) -> bytes:
    """One block of octets as they are, behind a header without translation of calls."""
    bits = Bits()
    bits.put(0, 1)
    bits.put(3, 3)
    bits.put(len(content), 24)
    return bits.octets() + struct.pack("<III", 1, 1, 1) + content + b"\0" * (len(content) % 2)


def put_lengths(bits: Bits, lengths: list[int]) -> None:
    """Lengths of a code one by one: differences to zero in a pretree that gives each of sixteen symbols four bits."""
    for symbol in range(20):
        bits.put(4 if symbol < 16 else 0, 4)
    for length in lengths:
        bits.put(-length % 17, 4)


def verbatim(symbols: list[tuple[int, int, int]], size: int) -> bytes:
    """Symbols of the main code, each with a value of so many more bits; only 9 bits long codes, in order."""
    used = sorted({symbol for symbol, _, _ in symbols})
    lengths = [9 if symbol in used else 0 for symbol in range(SYMBOLS)]
    bits = Bits()
    bits.put(0, 1)
    bits.put(1, 3)
    bits.put(size, 24)
    put_lengths(bits, lengths[:256])
    put_lengths(bits, lengths[256:])
    put_lengths(bits, [0] * 249)
    for symbol, value, count in symbols:
        bits.put(used.index(symbol), 9)
        bits.put(value, count)
    return bits.octets()


def plain(data: bytes, size: int, reset_octets: int = 0) -> bytes:
    return b"".join(unpacked(data, 15, size, Budget(Limits(), len(data)), reset_octets))


def test_octets_as_they_are():
    assert plain(uncompressed(EICAR), len(EICAR)) == EICAR


def test_codes_and_copies_from_before():
    # "ab", a copy of four octets two back (slot 4, one bit: base 4 - 2), then the same distance again for three.
    symbols = [(97, 0, 0), (98, 0, 0), (256 + (4 << 3) + 2, 0, 1), (256 + (0 << 3) + 1, 0, 0), (33, 0, 0)]
    assert plain(verbatim(symbols, 10), 10) == b"ababab" + b"aba" + b"!"


def test_a_stream_that_begins_anew_in_the_middle():
    first, second = bytes(range(256)) * (FRAME // 256), EICAR
    data = uncompressed(first) + uncompressed(second)
    assert plain(data, FRAME + len(second), FRAME) == first + second


def test_time_is_looked_at_in_each_block_however_small():
    blocks = uncompressed(b"a") + b"".join(
        struct.pack("<HH", 3 << 13, 1 << 5) + struct.pack("<III", 1, 1, 1) + b"a\0" for _ in range(99)
    )
    budget = CountingBudget()
    assert b"".join(unpacked(blocks, 15, 100, budget)) == b"a" * 100
    assert budget.asked >= 100


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, uncompressed(EICAR)[:-4], verbatim([(256 + (4 << 3), 0, 1)], 3)])
def test_what_is_no_stream_is_said(data):
    with pytest.raises(BadLzx):
        plain(data, 68)


def test_calls_of_programs_are_made_relative_again():
    bits = Bits()
    bits.put(1, 1)
    bits.put(0, 16)
    bits.put(1_000, 16)
    bits.put(3, 3)
    content = b"\x90" * 10 + b"\xe8" + struct.pack("<i", 500) + b"\x90" * 30
    bits.put(len(content), 24)
    data = bits.octets() + struct.pack("<III", 1, 1, 1) + content + b"\0" * (len(content) % 2)
    assert plain(data, len(content))[11:15] == struct.pack("<i", 490)


def test_a_cabinet_packed_so_is_opened():
    packed = uncompressed(EICAR)
    data = bytearray(cabinet(packed, method=15 << 8 | 3, size=len(EICAR)))
    at = data.rfind(packed) - 2
    data[at : at + 2] = struct.pack("<H", len(EICAR))
    answer = opened(bytes(data), "a.cab")
    assert (answer.flags, answer.error, answer.members[0].size) == (("eicar",), "", len(EICAR))


def help_book(pages: bytes, *, names: tuple[bytes, ...] = (b"/page.html", b"/run.txt")) -> bytes:
    """A book of two pages in its compressed section."""
    content = uncompressed(pages)
    control = struct.pack("<I4sIIIII", 6, b"LZXC", 2, 1, 1, 0, 0)
    items = [
        (b"::DataSpace/Storage/MSCompressed/Content", 0, len(control), len(content)),
        (b"::DataSpace/Storage/MSCompressed/ControlData", 0, 0, len(control)),
        (names[0], 1, 0, len(HTML)),
        (names[1], 1, len(HTML), len(pages) - len(HTML)),
    ]
    rows = b"".join(bytes([len(name)]) + name + bytes([section, offset, size]) for name, section, offset, size in items)
    chunk = b"PMGL" + struct.pack("<IIii", 4_096 - 20 - len(rows), 0, -1, -1) + rows
    directory = b"ITSP" + struct.pack("<III", 1, 84, 10) + struct.pack("<I", 4_096)
    directory = directory.ljust(84, b"\0") + chunk.ljust(4_096, b"\0")
    head = b"ITSF" + struct.pack("<II", 3, 96) + bytes(44) + bytes(16)
    head += struct.pack("<QQQ", 96, len(directory), 96 + len(directory))
    return head + directory + control + content


def test_the_pages_of_a_book_are_read():
    answer = opened(help_book(HTML + EICAR), "a.chm")
    assert (answer.type, answer.error) == ("chm", "")
    assert [(member.path, member.size) for member in answer.members] == [
        (("page.html",), len(HTML)),
        (("run.txt",), len(EICAR)),
    ]
    assert "eicar" in answer.flags


def test_a_book_that_is_cut_is_told():
    whole = help_book(HTML + EICAR)
    cut = opened(whole[:-40], "a.chm")
    assert cut.error == "broken"
    assert "unopened" in cut.flags
    for end in range(8, len(whole), 97):
        assert not opened(whole[:end], "a.chm").error.startswith("unreadable")
