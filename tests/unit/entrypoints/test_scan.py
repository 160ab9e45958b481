from __future__ import annotations

import base64

import pytest

from ecluse.domain.envelope import Envelope
from ecluse.domain.peer import Peer
from ecluse.domain.verdict import Disposition
from ecluse.entrypoints.scan import NoLists, as_sent, scan_message
from ecluse.filtering.collect import Sources
from tests.unit.filtering.samples import ANN, BOB, MESSAGE, POLICY

# In pieces, so that no scanner takes this file for the test file itself.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def scanned(raw, recipients=(ANN,)):
    sources = Sources(NoLists(), None, "gateway.test")
    return await scan_message(raw, Envelope(None, recipients), Peer("192.0.2.1", helo="a"), POLICY, sources)


def attached(name: str, octets: bytes) -> bytes:
    head, _, _ = MESSAGE.partition(b"\r\n\r\n")
    return (
        head
        + b"\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
        + b'Content-Disposition: attachment; filename="'
        + name.encode()
        + b'"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(octets).replace(b"\n", b"\r\n")
    )


async def test_a_harmless_message_is_delivered():
    report = await scanned(MESSAGE)
    assert (report.verdict.disposition, report.verdict.score, report.symbols, report.reasons) == (
        Disposition.DELIVER,
        0.0,
        (),
        (),
    )


async def test_the_virus_scanners_test_file_is_refused_without_a_scanner():
    report = await scanned(attached("notes.txt", EICAR))
    assert (report.verdict.disposition, report.symbols, report.reasons) == (
        Disposition.REFUSE,
        ("EICAR",),
        ("virus",),
    )


async def test_a_dangerous_file_is_refused():
    report = await scanned(attached("holiday.jpg.SCR", b"MZ"))
    assert (report.verdict.disposition, report.reasons) == (Disposition.REFUSE, ("blocked-name",))


async def test_a_file_with_the_line_ends_of_unix_is_judged_like_the_mail_it_was():
    report = await scanned(MESSAGE.replace(b"\r\n", b"\n"))
    assert (report.verdict.disposition, report.symbols) == (Disposition.DELIVER, ())


async def test_mixed_line_ends_are_refused_as_smtp_refuses_them():
    report = await scanned(MESSAGE + b"one bare\nline\r\n")
    assert (report.verdict.disposition, report.reasons) == (Disposition.REFUSE, ("malformed",))


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\n", b"\0" * 1000, b"\xff\xfe\r\n\r\n", b"From:" * 10_000])
async def test_octets_that_are_no_message_still_get_a_verdict(raw):
    assert (await scanned(raw, (ANN, BOB))).verdict.disposition in Disposition


def test_only_a_file_without_any_cr_gets_new_line_ends():
    assert as_sent(b"a\nb\n") == b"a\r\nb\r\n"
    assert as_sent(b"a\r\nb\n") == b"a\r\nb\n"
    assert as_sent(b"a\rb\n") == b"a\rb\n"
