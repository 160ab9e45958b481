"""Names of entries: what is wrong with each, and what is not."""

import pytest

from ecluse.opening.names import name_flags, suffix_of, type_flags


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rapport.pdf", set()),
        ("dossier/rapport 2026 (final).docx", set()),
        ("Übersicht é 日本.txt", set()),
        ("v1.2.3/notes.txt", set()),
        (".gitignore", set()),
        ("setup.exe", set()),
        ("../evil.txt", {"traversal"}),
        ("a\\..\\..\\evil.txt", {"traversal"}),
        (".. /evil.txt", {"traversal"}),
        ("a..b", set()),
        ("/etc/passwd", {"absolute-name"}),
        ("C:\\boot.ini", {"absolute-name"}),
        ("\\\\server\\share", {"absolute-name"}),
        ("photo\u202egpj.exe", {"bidi-name"}),
        ("photo.jpg\0.exe", {"control-name", "double-suffix"}),
        ("in\u200bvoice.pdf", {"control-name"}),
        ("\u200f\u05e9\u05dc\u05dd\u200e.pdf", set()),
        ("\U0001f469\u200d\U0001f4bb.jpg", set()),
        ("invoice.pdf.exe", {"double-suffix"}),
        ("invoice.pdf .js", {"double-suffix"}),
        ("archive.tar.gz", set()),
        ("invoice.pdf" + " " * 60 + ".exe", {"double-suffix", "padded-name"}),
        ("invoice_____________.scr", {"padded-name"}),
        ("a.exe.", {"trailing-dots"}),
        ("a.txt ", {"trailing-dots"}),
        ("con", {"reserved-name"}),
        ("sub/AUX.txt", {"reserved-name"}),
        ("console.txt", set()),
        ("x" * 300, {"long-name"}),
        ("", set()),
    ],
)
def test_flags_of_a_name(name, expected):
    assert {str(flag) for flag in name_flags(name)} == expected


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("pe", "photo.jpg", {"executable", "disguised"}),
        ("pe", "setup.exe", {"executable"}),
        ("lnk", "rapport.pdf", {"executable", "disguised"}),
        ("javascript", "readme.txt", {"script"}),
        ("jar", "library.zip", {"executable"}),
        ("pdf", "a.pdf", set()),
    ],
)
def test_flags_of_a_type_beside_its_name(kind, name, expected):
    assert {str(flag) for flag in type_flags(kind, name)} == expected


def test_the_suffix_is_what_a_system_sees():
    assert suffix_of("a/b.EXE. ") == "exe"
    assert suffix_of("noext") == ""
