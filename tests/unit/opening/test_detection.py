"""Types by content: what begins so, what is built so, and texts."""

import struct

import pytest

from ecluse.opening import detection
from ecluse.opening.detection import detect
from tests.unit.opening.makers import zipped

PROGRAM = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(100)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (PROGRAM, "pe"),
        (b"MZ is how this text begins", "text"),
        (b"\x7fELF" + bytes(60), "elf"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(20), "java-class"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(20), "mach-o"),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "lnk"),
        (b"junk before %PDF-1.7", "pdf"),
        (b"{\\rt", "rtf"),
        (b"ITSF\3\0\0\0", "chm"),
        (b"\x78\x9f\x3e\x22" + bytes(9), "tnef"),
        (b"\x1f\x8b\x08" + bytes(20), "gzip"),
        (b"BZ is no archive", "text"),
        (b"\0\1\2\3 nothing known", "unknown"),
        (b"<!DOCTYPE html><p>a", "html"),
        (b"<!-- a --><!-- b --><html>", "html"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "svg"),
        (b"<html><hta:application id=x>", "hta"),
        (b"@echo off\r\ndel *.*", "batch"),
        (b'Set s = CreateObject("x")\r\nOn Error Resume Next', "vbscript"),
        (b'var a = new ActiveXObject("x"); eval(a)', "javascript"),
        (b"The function generation (new) and the function of this (old) changed", "text"),
        ('var a = new ActiveXObject("x"); eval(a)'.encode("utf-16"), "javascript"),
        (b"$env:x; iex (New-Object Net.WebClient).DownloadString('y')", "powershell"),
        (b"[InternetShortcut]\r\nURL=http://a.test/", "internet-shortcut"),
        (b"Windows Registry Editor Version 5.00\r\n", "registry"),
        (b"BEGIN:VCALENDAR\r\n", "ics"),
        (b"From: a@b\r\nTo: c@d\r\nSubject: x\r\n\r\ny", "eml"),
        ("Bonjour, où êtes-vous ?".encode(), "text"),
        ("Bonjour, où êtes-vous ?".encode("cp1252"), "text"),
    ],
)
def test_the_type_is_told_by_content(content, expected):
    assert detect(content) == expected


@pytest.mark.parametrize(("name", "expected"), [("a.js", "javascript"), ("a.html", "html"), ("a.txt", "text")])
def test_a_text_without_signs_is_what_its_name_says(name, expected):
    assert detect(b"alert", name) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.txt"], "zip"),
        (["a.txt", "word/document.xml", "[Content_Types].xml"], "docx"),
        (["META-INF/MANIFEST.MF", "a.class"], "jar"),
        ([f"{number}.txt" for number in range(3_000)] + ["xl/workbook.bin"], "xlsx"),
    ],
)
def test_a_zip_is_what_the_names_in_it_make_of_it(names, expected):
    assert detect(zipped(dict.fromkeys(names, b"x"))) == expected
    assert detect(b"MIME-Version: 1.0\0" + zipped(dict.fromkeys(names, b"x"))) == expected


def test_words_in_an_entry_do_not_change_what_a_zip_is():
    assert detect(zipped({"a.txt": b"word/document META-INF/MANIFEST.MF"})) == "zip"


def test_a_long_row_of_comments_costs_nothing():
    assert detect(b"<!---->" * 100_000 + b"<html>") in {"text", "xml", "html"}


def test_libmagic_reads_no_json():
    """What is text was told before; to try the rest as JSON takes time and says nothing."""
    assert detection._libmagic.from_buffer(b'{"a": 1, "b": [1, 2]}') == "application/octet-stream"
