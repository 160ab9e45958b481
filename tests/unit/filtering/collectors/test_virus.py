"""What the scanner is given by the collector, and what its silence means."""

from __future__ import annotations

import base64

import pytest

from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanFacts, ScanState
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Sources, Subject
from ecluse.filtering.collectors.virus import virus
from tests.unit.filtering.samples import incoming

HEAD = b'From: a@sender.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHello\r\n--b\r\n'
FIELDS = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"


class RecordingScanner:
    def __init__(self, state: ScanState = ScanState.CLEAN) -> None:
        self.facts, self.files = ScanFacts(state), []

    async def scan(self, *streams) -> ScanFacts:
        self.files = [b"".join(stream.chunks()) for stream in streams]
        return self.facts


def message(file: bytes) -> bytes:
    return HEAD + FIELDS + base64.encodebytes(file).replace(b"\n", b"\r\n") + b"--b--\r\n"


async def answer(raw: bytes, scanner: RecordingScanner, *, whole: bool = False) -> ScanFacts:
    return await virus(
        Subject(incoming(raw), (), Sources(None, scanner, "gateway.example", scans_whole_messages=whole))
    )


@pytest.mark.parametrize("size", [20_000, ON_THE_SPOT_OCTETS])
async def test_a_file_is_scanned_by_itself_however_large(size):
    scanner = RecordingScanner()
    await answer(message(b"x" * size), scanner)
    assert scanner.files[1:] == [b"x" * size]


async def test_the_settings_may_ask_for_whole_messages():
    scanner = RecordingScanner()
    await answer(message(b"x" * 20_000), scanner, whole=True)
    assert scanner.files == [message(b"x" * 20_000)]


async def test_a_scanner_that_does_not_answer_is_a_missing_fact():
    with pytest.raises(Unavailable):
        await answer(message(b"x"), RecordingScanner(ScanState.UNAVAILABLE))
