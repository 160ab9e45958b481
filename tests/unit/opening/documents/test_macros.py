from __future__ import annotations

import pytest

from ecluse.opening.documents.vba import decompress
from ecluse.opening.flags import Flag
from tests.unit.opening.asking import opened
from tests.unit.opening.makers import compound, vba_container, vba_project

HARMLESS = 'Sub Sum()\r\n  Range("A1").Value = Range("B1").Value + 1\r\nEnd Sub\r\n'
DROPPER = 'Sub AutoOpen()\r\n  CreateObject("WScript" & ".Shell").Run "calc"\r\nEnd Sub\r\n'


def flags_of(source: str, compiled: bytes = b"") -> set[str]:
    return set(opened(compound({**vba_project(source, compiled), "WordDocument": b"\0" * 4_096})).flags)


def test_a_container_of_literals_comes_back_as_it_was():
    text = bytes(range(256)) * 40
    assert decompress(vba_container(text), 1 << 20) == text


def test_a_copy_token_repeats_what_was_said():
    # "abc" as literals, then a token: three octets back, six octets long ([MS-OVBA] 2.4.1.3.19).
    token = (2 << 12 | 3).to_bytes(2, "little")
    assert decompress(b"\x01" + (0xB000 | 5).to_bytes(2, "little") + b"\x08abc" + token, 100) == b"abcabcabc"


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x01\xff\xff", b"\x01\x00\xb0\xff\xff\xff", b"\x02abc"])
def test_a_broken_container_never_raises(data):
    assert len(decompress(data, 100)) <= 100


def test_macros_for_work_are_macros_and_nothing_more():
    assert flags_of(HARMLESS) & {Flag.MACROS, Flag.AUTO_MACROS, Flag.SUSPICIOUS_MACROS} == {Flag.MACROS}


def test_macros_that_run_by_themselves_and_start_programs_are_told():
    assert {Flag.MACROS, Flag.AUTO_MACROS, Flag.SUSPICIOUS_MACROS} <= flags_of(DROPPER)


def test_a_project_without_code_has_no_macros():
    assert Flag.MACROS not in flags_of("Option Explicit\r\n' nothing\r\n\r\n")


def test_names_that_only_the_compiled_form_knows_are_told():
    assert Flag.STOMPED_MACROS in flags_of(HARMLESS, b"\0\x04Shell\0\x08AutoOpen\0")
    assert Flag.STOMPED_MACROS not in flags_of(HARMLESS, b"\0\x05Range\0")


def record(number: int, body: bytes) -> bytes:
    return number.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body


def test_a_hidden_macro_sheet_that_opens_by_itself_is_told():
    sheet = record(0x85, b"\0\0\0\0\x02\x01\x01\0m")
    name = record(0x18, b"\x20\0\0\x01\x07\0\0\0\0\0\0\0\0\0\0\x01")
    found = set(opened(compound({"Workbook": record(0x809, b"\0" * 16) + sheet + name})).flags)
    assert {Flag.MACROS, Flag.XLM_MACROS, Flag.HIDDEN_MACRO_SHEET, Flag.AUTO_MACROS} <= found


def test_a_worksheet_is_no_macro_sheet():
    sheet = record(0x85, b"\0\0\0\0\0\0\x01\0s")
    assert Flag.MACROS not in opened(compound({"Workbook": sheet})).flags


def test_dde_in_a_binary_workbook_is_told_and_a_linked_object_is_not():
    book = record(0x1AE, b"\x01\0" + (10).to_bytes(2, "little") + b"\0cmd\x03/c calc")
    ole = record(0x23, b"\x10\0\0\0\0\0\x01\0a")
    assert Flag.DDE in opened(compound({"Workbook": book})).flags
    assert Flag.DDE not in opened(compound({"Workbook": book + ole})).flags
