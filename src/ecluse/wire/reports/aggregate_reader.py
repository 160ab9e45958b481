"""Aggregate reports of RFC 9990, RFC 7489 and the drafts before them, out of XML that a stranger wrote."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from xml.parsers import expat

from ecluse.wire.mime.charsets import codec_of
from ecluse.wire.reports.aggregate import (
    MAX_SIGNATURES,
    DkimResult,
    Override,
    PublishedPolicy,
    Report,
    Row,
    SpfResult,
)
from ecluse.wire.reports.faults import BrokenReport, OversizedReport
from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.texts import MAX_CHARACTERS, ip_address, kept, number, seconds
from ecluse.wire.reports.unpacking import MAX_OCTETS

MAX_ROWS = 50_000
MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 32
MAX_ERRORS = 100
MAX_REPAIRED_OCTETS = 1_048_576  # Larger reports come from programs that know XML.
_PIECE_OCTETS = 1_048_576
# Two of these without a "<" are one token or one text that no report has; expat would rescan it again and again.
_MARKUP_REACH = 65_536

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding[ \t\r\n]*=[ \t\r\n]*[\"']([A-Za-z0-9._-]{1,40})")
_BARE_AMPERSAND = re.compile(rb"&(?!(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)")
_FORBIDDEN = bytes(octet for octet in range(32) if octet not in b"\t\r\n")  # No characters of XML 1.0.
_BYTE_ORDER = (
    (codecs.BOM_UTF8, "utf_8_sig"),
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF32_BE, "utf_32"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
    (b"<\x00\x00\x00", "utf_32_le"),
    (b"\x00\x00\x00<", "utf_32_be"),
    (b"<\x00", "utf_16_le"),
    (b"\x00<", "utf_16_be"),
)

_RECORD = "feedback/record"
_ERROR = "feedback/report_metadata/error"
_REASON = "feedback/record/row/policy_evaluated/reason"
_DKIM = "feedback/record/auth_results/dkim"
_SPF = "feedback/record/auth_results/spf"
# Which elements we read, by where they stand; their texts are collected per report, per row, or per part of a row.
_ELEMENTS = {
    "feedback/report_metadata": ("report", "org_name email extra_contact_info report_id error generator"),
    "feedback/report_metadata/date_range": ("report", "begin end"),
    "feedback/policy_published": ("report", "domain p sp np adkim aspf fo testing discovery_method pct"),
    "feedback/record/row": ("row", "source_ip count"),
    "feedback/record/row/policy_evaluated": ("row", "disposition dkim spf"),
    "feedback/record/identifiers": ("row", "header_from envelope_from envelope_to"),
    "feedback/record/identities": ("row", "header_from envelope_from envelope_to"),  # In drafts of RFC 7489.
    _REASON: ("part", "type comment"),
    _DKIM: ("part", "domain selector result human_result"),
    _SPF: ("part", "domain scope result human_result"),
}
_TEXTS = {f"{path}/{name}": (scope, name) for path, (scope, names) in _ELEMENTS.items() for name in names.split()}
_KNOWN = frozenset(_TEXTS) | frozenset(_ELEMENTS) | {_RECORD, "feedback/record/auth_results"}


def read(data: bytes) -> Report:
    """The report in unpacked XML; what it does not know in there is skipped.

    Raises `BrokenReport` for what is no such report, has a document type or entities, and `OversizedReport`.
    """
    if len(data) > MAX_OCTETS:
        raise OversizedReport(f"more than {MAX_OCTETS} octets")
    try:
        return _parse(data)
    except BrokenReport:
        # An unescaped "&" in the name of an organisation is the mistake that reporters make most.
        repaired = _BARE_AMPERSAND.sub(b"&amp;", data) if len(data) <= MAX_REPAIRED_OCTETS else data
        if len(repaired) == len(data):
            raise
        return _parse(repaired)


def _parse(data: bytes) -> Report:
    reader = _Reader()
    # Our pieces are UTF-8 whatever the declaration says.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.add_text
    parser.StartDoctypeDeclHandler = reader.refuse_document_type
    parser.EntityDeclHandler = reader.refuse_document_type
    try:
        for piece in _pieces(data):
            parser.Parse(piece, False)  # noqa: FBT003 - expat takes no keywords.
            if reader.is_complete:
                break
            _check_markup(piece)
    except expat.ExpatError as problem:
        if not reader.is_complete:
            raise BrokenReport(f"no well-formed XML: {problem}") from None
    if not reader.is_complete:
        raise BrokenReport("XML that ends too early")
    return reader.report()


def _pieces(data: bytes) -> Iterator[bytes]:
    """The XML in UTF-8, from its first "<" on, without characters that XML forbids."""
    decoder = codecs.getincrementaldecoder(_codec(data))("replace")
    is_begun = False
    for at in range(0, len(data), _PIECE_OCTETS):
        text = decoder.decode(data[at : at + _PIECE_OCTETS], final=at + _PIECE_OCTETS >= len(data))
        piece = text.encode("utf-8", "replace").translate(None, _FORBIDDEN)
        if not is_begun:
            piece = piece[max(piece.find(b"<"), 0) :]
            is_begun = True
        yield piece


def _check_markup(piece: bytes) -> None:
    for at in range(0, len(piece) - _MARKUP_REACH, _MARKUP_REACH):
        if piece.find(b"<", at, at + _MARKUP_REACH) < 0:
            raise OversizedReport(f"more than {_MARKUP_REACH} octets without markup")


def _codec(data: bytes) -> str:
    """Python's name of the encoding: what the octets show, else what is declared, else UTF-8."""
    for magic, codec in _BYTE_ORDER:
        if data.startswith(magic):
            return codec
    declared = _DECLARED.search(data, 0, 1_000)
    named = codec_of(declared[1].decode("ascii")) if declared else None
    # Writers that declare the encoding of their strings, not that of the file, wrote UTF-8.
    if named and not named.startswith(("utf_8", "utf_16", "utf_32")):
        return named
    return "utf_8" if _is_utf8(data) else "cp1252"


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf_8")()
    try:
        for at in range(0, len(data), _PIECE_OCTETS):
            decoder.decode(data[at : at + _PIECE_OCTETS])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


class _Reader:
    """What the parser tells, gathered into rows without ever building a tree."""

    def __init__(self) -> None:
        self.is_complete = False
        self._prefix = ""  # Of the root element: other prefixes belong to extensions.
        self._path: list[str] = []  # Of the open elements; "" inside what we do not know.
        self._below: dict[tuple[str, str], str] = {}  # The path of an element, by its parent's path and its tag.
        self._elements = 0
        self._text: list[str] = []
        self._characters = 0
        self._values: dict[str, dict[str, str]] = {"report": {}, "row": {}, "part": {}}
        self._errors: list[str] = []
        self._rows: list[Row] = []
        self._overrides: list[Override] = []
        self._dkim: list[DkimResult] = []
        self._spf: list[SpfResult] = []
        self._closers: dict[str, Callable[[], None]] = {
            _RECORD: self._close_record,
            _REASON: self._close_reason,
            _DKIM: self._close_dkim,
            _SPF: self._close_spf,
        }

    def refuse_document_type(self, *_declaration: object) -> None:
        """A report needs neither a document type nor entities; both are only ever used to attack its reader."""
        raise BrokenReport("a document type declaration")

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._path) >= MAX_DEPTH:
            raise OversizedReport("more or deeper elements than a report has")
        if self._path:
            parent = self._path[-1]
            self._path.append((self._below.get((parent, tag)) or self._find(parent, tag)) if parent else "")
            self._text.clear()
            self._characters = 0
            return
        self._prefix, _, name = tag.rpartition(":")
        if name.lower() != "feedback":
            raise BrokenReport("XML that is no aggregate report")
        self._path.append("feedback")

    def _find(self, parent: str, tag: str) -> str:
        """The path of an element below a known one; "" for an element that we do not know."""
        prefix, _, name = tag.rpartition(":")
        path = f"{parent}/{name.lower()}" if prefix == self._prefix else ""
        if path not in _KNOWN:
            return ""
        self._below[parent, tag] = path
        return path

    def add_text(self, text: str) -> None:
        # The white space around a text is cut away only later, so twice the length leaves room for it.
        if self._characters < 2 * MAX_CHARACTERS and self._path and self._path[-1] in _TEXTS:
            self._text.append(text)
            self._characters += len(text)

    def end(self, _tag: str) -> None:
        path = self._path.pop()
        if path in _TEXTS:
            self._keep(path)
        elif path in self._closers:
            self._closers[path]()
        self.is_complete = self.is_complete or not self._path

    def _keep(self, path: str) -> None:
        text = kept("".join(self._text)[: 2 * MAX_CHARACTERS])
        self._text.clear()
        scope, name = _TEXTS[path]
        if path == _ERROR:
            self._errors += [text] if text and len(self._errors) < MAX_ERRORS else []
        elif text:
            self._values[scope].setdefault(name, text)

    def _close_reason(self) -> None:
        part = self._take("part")
        if part and len(self._overrides) < MAX_SIGNATURES:
            self._overrides.append(Override(part.get("type", "").lower(), part.get("comment", "")))

    def _close_dkim(self) -> None:
        part = self._take("part")
        if part and len(self._dkim) < MAX_SIGNATURES:
            result = part.get("result", "").lower()
            human = part.get("human_result", "")
            self._dkim.append(DkimResult(part.get("domain", ""), part.get("selector", ""), result, human))

    def _close_spf(self) -> None:
        part = self._take("part")
        if part and len(self._spf) < MAX_SIGNATURES:
            result, scope = part.get("result", "").lower(), part.get("scope", "").lower()
            self._spf.append(SpfResult(part.get("domain", ""), result, scope, part.get("human_result", "")))

    def _close_record(self) -> None:
        if len(self._rows) >= MAX_ROWS:
            raise OversizedReport(f"more than {MAX_ROWS} records")
        row = self._take("row")
        self._rows.append(
            Row(
                ip_address(row.get("source_ip", "")),
                row.get("disposition", "").lower(),
                row.get("dkim", "").lower(),
                row.get("spf", "").lower(),
                row.get("header_from", ""),
                number(row.get("count", "")) or 0,
                row.get("envelope_from", ""),
                row.get("envelope_to", ""),
                tuple(self._overrides),
                tuple(self._dkim),
                tuple(self._spf),
            )
        )
        self._overrides.clear()
        self._dkim.clear()
        self._spf.clear()

    def _take(self, scope: str) -> dict[str, str]:
        taken = self._values[scope]
        self._values[scope] = {}
        return taken

    def report(self) -> Report:
        found = self._values["report"]
        if not self._rows and not found:
            raise BrokenReport("an aggregate report without content")
        return Report(
            Organisation(found.get("org_name", ""), found.get("email", ""), found.get("extra_contact_info", "")),
            found.get("report_id", ""),
            Period(seconds(found.get("begin", "")) or 0, seconds(found.get("end", "")) or 0),
            _policy(found),
            tuple(self._rows),
            tuple(self._errors),
            found.get("generator", ""),
        )


def _policy(found: dict[str, str]) -> PublishedPolicy:
    return PublishedPolicy(
        found.get("domain", ""),
        found.get("p", "").lower(),
        found.get("sp", "").lower(),
        found.get("np", "").lower(),
        found.get("adkim", "").lower(),
        found.get("aspf", "").lower(),
        found.get("fo", ""),
        found.get("testing", "").lower(),
        found.get("discovery_method", "").lower(),
        found.get("pct", ""),
    )
