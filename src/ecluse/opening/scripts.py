"""What a text is: a script, a page, a message, an encoded file, by words that only such texts have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import re2

from ecluse.opening.names import suffix_of
from ecluse.opening.types import Type

_HEAD_OCTETS = 16_384
_TEXT_CONTROLS = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c-\x1f]")


_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_RE2_OPTIONS.max_mem = 67_108_864  # Octets; what texts make of the patterns is made anew once it fills them.
# For re2: Python's white space has one character more. For scouts: how often something may stand there need not be counted.
_SPACE = (re.compile(rb"\\s"), rb"[\\s\\x0b]")
_COUNTS = (re.compile(rb"\{\d+,\d+\}"), b"*")


@dataclass(frozen=True, slots=True)
class _Sign:
    """A pattern, searched in the lower-case head of a text; `hits` different matches make the type."""

    type: Type
    written: bytes  # White space in it stands outside of brackets.
    hits: int
    pattern: Any  # Of re, or of re2, which ships no annotations, where all matches are wanted.

    def fits(self, lower: bytes) -> bool:
        """Whether it is there often enough."""
        if self.hits == 1:
            return self.pattern.search(lower) is not None
        different: set[bytes] = set()
        for found in self.pattern.finditer(lower):
            different.add(found[0])
            if len(different) == self.hits:
                return True
        return False


def _sign(kind: Type, written: bytes, hits: int = 1) -> _Sign:
    return _Sign(
        kind, written, hits, re.compile(written) if hits == 1 else re2.compile(_widened(written, _SPACE), _RE2_OPTIONS)
    )


def _widened(written: bytes, *widenings: tuple[re.Pattern[bytes], bytes]) -> bytes:
    for narrow, wide in widenings:
        written = narrow.sub(wide, written)
    return written


def _scouts(signs: Iterable[_Sign]) -> Any:
    """Tells, in one pass over a text, which signs may be in it: all that are, at a hundredth of the cost, and some more."""
    scouts = re2.Set.SearchSet(_RE2_OPTIONS)
    for sign in signs:
        scouts.Add(_widened(sign.written, _SPACE, _COUNTS))
    scouts.Compile()
    return scouts


# The order counts: the sure ones first. All patterns look at no more than the head.
_SIGNS: tuple[_Sign, ...] = (
    _sign(Type.SHELL, rb"\A#![^\n]{0,80}\b(?:sh|bash|dash|zsh|ksh|csh)\b"),
    _sign(Type.PYTHON, rb"\A#![^\n]{0,80}python"),
    _sign(Type.PERL, rb"\A#![^\n]{0,80}perl"),
    _sign(Type.POWERSHELL, rb"\A#![^\n]{0,80}(?:pwsh|powershell)"),
    _sign(Type.PHP, rb"\A\s{0,99}<\?php"),
    _sign(Type.REGISTRY, rb"\A\s{0,99}(?:windows registry editor version|regedit4)"),
    _sign(Type.INTERNET_SHORTCUT, rb"(?:\A|\n)\s{0,99}\[internetshortcut[\].]"),
    _sign(Type.DESKTOP_ENTRY, rb"\A[^\[]{0,500}\[desktop entry\]"),
    _sign(Type.SCF, rb"\A\s{0,99}\[shell\]\s{1,9}command="),
    _sign(Type.IQY, rb"\Aweb\s{1,4}1\s{1,4}\S{0,9}(?:https?|ftp|file):"),
    _sign(Type.SLK, rb"\Aid;p"),
    _sign(Type.INF, rb"(?:\A|\n)\[version\][^\[]{0,500}signature\s{0,9}=\s{0,9}\"?\$(?:chicago|windows)"),
    _sign(Type.SETTINGS_LINK, rb"<pcsettings>|microsoft\.com/[^\"]{0,80}settingcontent"),
    _sign(Type.LIBRARY_MS, rb"<librarydescription|<searchconnectordescription"),
    _sign(Type.JNLP, rb"<jnlp\s"),
    _sign(
        Type.WSF,
        rb"<(?:package|job)\b[^>]{0,200}>[^\0]{0,4000}<script\b|<component\b[^\0]{0,4000}<(?:registration|script)\b|<scriptlet\b",
    ),
    _sign(Type.HTA, rb"<hta:application"),
    _sign(Type.WORD_XML, rb"progid=\"word\.document\"|<w:worddocument"),
    _sign(Type.EXCEL_XML, rb"progid=\"excel\.sheet\"|<workbook[^>]{0,300}urn:schemas-microsoft-com:office:spreadsheet"),
    _sign(Type.SVG, rb"\A(?:[^<]{0,99}<[?!][^>]{0,4000}>){0,9}[^<]{0,99}<(?:svg:)?svg(?:\s|>)"),
    _sign(Type.ICS, rb"\A\s{0,9}begin:vcalendar"),
    _sign(Type.VCF, rb"\A\s{0,9}begin:vcard"),
    _sign(Type.MBOX, rb"\Afrom \S{1,200} {1,3}(?:mon|tue|wed|thu|fri|sat|sun) "),
    _sign(
        Type.MHT,
        rb"\A(?:[!-9;-~]{1,60}:[^\n]{0,998}\n(?:[ \t][^\n]{0,998}\n){0,20}){0,20}content-type:\s{0,9}multipart/related\b",
    ),
    _sign(
        Type.EML,
        rb"(?:\A|\n)(?:received|return-path|from|to|subject|date|message-id|mime-version|content-type|delivered-to|x-mailer|content-transfer-encoding):[ \t\r\n]",
        hits=3,
    ),
    _sign(Type.YENC, rb"(?:\A|\n)=ybegin [^\n]{0,200}\bname="),
    _sign(Type.UUENCODE, rb"(?:\A|\n)begin(?:-base64)? [0-7]{3,4} [^\n]{1,255}\n"),
    _sign(Type.BINHEX, rb"must be converted with binhex|\A\s{0,99}:[!-,0-9@a-z\[`]{60}"),
    _sign(Type.SHAR, rb"\A#[^\0]{0,200}?this is a shell archive"),
    _sign(
        Type.HTML,
        rb"\A[^<]{0,99}(?:<\?xml[^>]{0,200}>\s{0,99})?<(?:!doctype html|html|head|body|script|meta|iframe|title|table|div|form|style|a |p>|br|center|font|img|object|embed)",
    ),
    _sign(
        Type.BATCH,
        rb"(?:\A|\n)\s{0,99}@?(?:echo off|setlocal|cmd(?:\.exe)? /c|powershell(?:\.exe)? -)|(?:\A|\n)@?rem [^\n]{0,200}\n(?:@|set |start |copy )",
    ),
    _sign(
        Type.POWERSHELL,
        rb"(?:invoke-(?:expression|webrequest|command|item)|new-object\s|start-process|\biex\b|\[system\.|frombase64string|write-(?:host|output)|downloadstring|downloadfile|param\s{0,9}\(|\$env:|set-executionpolicy|get-(?:item|content|process|childitem))",
        hits=2,
    ),
    _sign(
        Type.VBSCRIPT,
        rb"(?:\bcreateobject\s{0,9}\(|\bwscript\.|\bon error resume next|\bexecute(?:global)?[ (]|\bend (?:sub|function)\b|\bdim \w|\bset \w{1,40}\s{0,9}=|\bchrw?\(|\bmsgbox\b)",
        hits=2,
    ),
    _sign(
        Type.JAVASCRIPT,
        rb"(?:\bactivexobject\b|\bwscript\.\w|\beval\s{0,9}\(|\bvar \w{1,60}\s{0,9}=|\b(?:let|const) [\w$]{1,60}\s{0,9}=|\bfunction\b\s{0,9}[\w$]{0,60}\s{0,9}\([^)]{0,200}\)\s{0,9}\{|\.fromcharcode\b|\bunescape\s{0,9}\(|\bdocument\.write\b|=>\s{0,9}\{|\bthis\[)",
        hits=2,
    ),
    _sign(Type.XML, rb"\A\s{0,99}<\?xml\s"),
)

_SCOUTS = _scouts(_SIGNS)
_BASE64 = re.compile(rb"\A\s{0,99}(?:[A-Za-z0-9+/]{60,76}\r?\n){2,}[A-Za-z0-9+/=\r\n]{0,80}")
_BASE64_LINE = re.compile(rb"\A\s{0,9}[A-Za-z0-9+/]{200,}={0,2}\s{0,9}\Z")


# A text without signs is what its name says, and whatever its signs, its name chooses the program that gets it.
_BY_SUFFIX = {
    "htm": Type.HTML,
    "html": Type.HTML,
    "shtml": Type.HTML,
    "xhtml": Type.HTML,
    "xht": Type.HTML,
    "svg": Type.SVG,
    "hta": Type.HTA,
    "js": Type.JAVASCRIPT,
    "jse": Type.JAVASCRIPT,
    "vbs": Type.VBSCRIPT,
    "vbe": Type.VBSCRIPT,
    "wsf": Type.WSF,
    "wsc": Type.WSF,
    "sct": Type.WSF,
    "ps1": Type.POWERSHELL,
    "psm1": Type.POWERSHELL,
    "bat": Type.BATCH,
    "cmd": Type.BATCH,
    "sh": Type.SHELL,
    "url": Type.INTERNET_SHORTCUT,
    "scf": Type.SCF,
    "eml": Type.EML,
    "mht": Type.MHT,
    "mhtml": Type.MHT,
}


_MESSAGES = frozenset({Type.EML, Type.MHT})


def text_type(content: bytes, name: str = "") -> Type | None:
    """What kind of text it is, `Type.TEXT` when no special one; None when it is no text."""
    head = _as_octets(content[:_HEAD_OCTETS])
    if head is None:
        return None
    lower = _without_comments(head.lower())
    told: list[int] = _SCOUTS.Match(lower) or []
    for sign in (_SIGNS[index] for index in sorted(told)):
        if sign.fits(lower):
            return sign.type
    if _BASE64.match(head) or (len(content) <= _HEAD_OCTETS and _BASE64_LINE.match(head)):
        return Type.BASE64
    return _BY_SUFFIX.get(suffix_of(name), Type.TEXT)


def type_by_name(name: str) -> Type | None:
    """As what a file is run or shown whatever its octets say; None where whoever opens it looks at them first."""
    kind = _BY_SUFFIX.get(suffix_of(name))
    return None if kind in _MESSAGES else kind


def _as_octets(head: bytes) -> bytes | None:
    """The text with one octet a character where it is ASCII; None when it is no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").encode("utf-8")
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    if head.count(b"\0") * 3 > len(head) and not any(head[1::2]):
        return head[::2]  # UTF-16 without its mark.
    # NULs in front of a script do not stop Windows from running it; more than a few make it something else.
    if b"\0" in head or len(_TEXT_CONTROLS.findall(head)) * 100 > len(head):
        return None
    return head


def _without_comments(lower: bytes) -> bytes:
    """What stands behind the comments that a page or drawing may begin with."""
    text = lower.lstrip()
    while text.startswith(b"<!--"):
        end = text.find(b"-->", 4)
        if end < 0:
            break
        text = text[end + 3 :].lstrip()
    return text or lower
