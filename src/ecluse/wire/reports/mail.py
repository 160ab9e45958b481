"""Finds a report in what arrived: a whole mail, or the report itself, packed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from ecluse.domain.content import Content
from ecluse.wire.mime.structure import Part, WalkLimits, decoded, every_part, walk
from ecluse.wire.reports import aggregate, aggregate_reader, arf, dsn_reader, fields, tlsrpt
from ecluse.wire.reports.faults import BrokenReport, OversizedReport
from ecluse.wire.reports.unpacking import MAX_OCTETS, MAX_PACKED_OCTETS, is_packed, unpack

MAX_CANDIDATES = 2  # Parts of one mail that look like the report: honest mail has one.
_MAX_ENCODED_OCTETS = MAX_PACKED_OCTETS * 3 // 2  # In base64, with its line ends.
_LIMITS = WalkLimits(depth=20, parts=1_000, scanned_octets=268_435_456)
_PEEKED_OCTETS = 256
_BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # Marks of byte order and white space.

_Report = TypeVar("_Report")


def aggregate_report_in(content: Content) -> aggregate.Report:
    """The DMARC aggregate report. Raises `BrokenReport` or `OversizedReport`, as all functions here."""
    return _first_readable(_documents(content, b"<"), lambda octets: aggregate_reader.read(unpack(octets)))


def tls_report_in(content: Content) -> tlsrpt.TlsReport:
    """The TLS report."""
    return _first_readable(_documents(content, b"{"), lambda octets: tlsrpt.read(unpack(octets)))


def feedback_report_in(content: Content) -> arf.FeedbackReport:
    """The report of abuse or of failed authentication."""
    return _first_readable(_field_groups(content, "feedback-report"), arf.read)


def delivery_status_in(content: Content) -> dsn_reader.DeliveryStatus:
    """The delivery status notification; also one whose fields stand in a mail without MIME."""
    return _first_readable(_field_groups(content, "delivery-status"), dsn_reader.read)


def _first_readable(candidates: Iterator[bytes], read: Callable[[bytes], _Report]) -> _Report:
    """The first report that can be read; else the trouble with the first candidate is raised."""
    trouble: BrokenReport | None = None
    for octets in islice(candidates, MAX_CANDIDATES):
        try:
            return read(octets)
        except BrokenReport as problem:
            trouble = trouble or problem
    raise trouble or BrokenReport("no report in this mail")


def _documents(content: Content, first: bytes) -> Iterator[bytes]:
    """The content itself when it is a document that begins with `first` or a packed one, else such parts of a mail."""
    if _is_document(content.slice(0, _PEEKED_OCTETS), first):
        yield _whole(content)
        return
    for part in every_part(walk(content, _LIMITS)):
        is_leaf = not part.parts and part.type != "text/html"
        if is_leaf and _is_document(decoded(content, part, _PEEKED_OCTETS), first):
            yield _octets(content, part)


def _is_document(head: bytes, first: bytes) -> bool:
    return is_packed(head) or head.lstrip(_BEFORE_TEXT).startswith(first)


def _whole(content: Content) -> bytes:
    if content.size > MAX_OCTETS:
        raise OversizedReport(f"more than {MAX_OCTETS} octets")
    return content.slice(0, content.size)


def _octets(content: Content, part: Part) -> bytes:
    if part.end - part.start > _MAX_ENCODED_OCTETS:
        raise OversizedReport(f"a part of more than {_MAX_ENCODED_OCTETS} octets")
    return decoded(content, part, _MAX_ENCODED_OCTETS)


def _field_groups(content: Content, kind: str) -> Iterator[bytes]:
    """The parts message/KIND and message/global-KIND (RFC 6533), in the end the content itself."""
    types = {f"message/{kind}", f"message/global-{kind}"}
    for part in every_part(walk(content, _LIMITS)):
        if part.type in types and not part.parts:
            yield decoded(content, part, fields.MAX_OCTETS)
    yield content.slice(0, fields.MAX_OCTETS)
