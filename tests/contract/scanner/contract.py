"""What every virus scanner promises; an adapter joins by one subclass that gives `scanner`."""

from __future__ import annotations

import asyncio
import base64

from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import ScanState

# In pieces, so that no scanner takes this file for the test file itself.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
HEAD = (
    b"Received: from a (a [192.0.2.1]) by b with SMTP; Mon, 01 Sep 2025 10:00:00 +0000\r\n"
    b"From: a@sender.example\r\nTo: b@client.example\r\nSubject: Minutes\r\nMIME-Version: 1.0\r\n"
)
HARMLESS = HEAD + b"Content-Type: text/plain\r\n\r\nHello\r\n"
INFECTED = (
    HEAD
    + b'Content-Type: application/octet-stream; name="a.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    + base64.encodebytes(EICAR).replace(b"\n", b"\r\n")
)


class ScannerContract:
    async def test_a_harmless_message_is_clean(self, scanner):
        assert (await scanner.scan(MemoryContent(HARMLESS))).state is ScanState.CLEAN

    async def test_a_virus_in_an_attachment_is_found_and_named(self, scanner):
        facts = await scanner.scan(MemoryContent(INFECTED))
        assert facts.state is ScanState.INFECTED
        assert "EICAR" in facts.signature.upper()

    async def test_the_answer_names_the_engine(self, scanner):
        assert (await scanner.scan(MemoryContent(HARMLESS))).engine

    async def test_an_empty_message_has_an_answer(self, scanner):
        assert (await scanner.scan(MemoryContent(b""))).state is ScanState.CLEAN

    async def test_what_the_scanner_does_not_look_at_is_never_clean(self, scanner, too_large):
        for content in too_large:
            assert (await scanner.scan(content)).state is ScanState.TOO_LARGE

    async def test_after_a_message_that_is_too_large_the_next_one_is_scanned(self, scanner, too_large):
        for content in (*too_large, *too_large):
            await scanner.scan(content)
            assert (await scanner.scan(MemoryContent(INFECTED))).state is ScanState.INFECTED

    async def test_many_messages_at_once_get_their_own_answers(self, scanner):
        kinds = [INFECTED if number % 3 == 0 else HARMLESS for number in range(60)]
        messages = [kind.replace(b"Minutes", b"Minutes %d" % number) for number, kind in enumerate(kinds)]
        facts = await asyncio.gather(*(scanner.scan(MemoryContent(message)) for message in messages))
        states = [ScanState.INFECTED if kind is INFECTED else ScanState.CLEAN for kind in kinds]
        assert [each.state for each in facts] == states

    async def test_a_scan_that_is_given_up_does_not_answer_the_next_one(self, scanner):
        for _ in range(10):
            task = asyncio.create_task(scanner.scan(MemoryContent(INFECTED)))
            await asyncio.sleep(0.001)
            task.cancel()
            assert (await scanner.scan(MemoryContent(HARMLESS))).state is ScanState.CLEAN

    async def test_of_several_files_a_virus_in_any_counts(self, scanner):
        for place in range(5):
            files = [MemoryContent(HARMLESS + b"%d" % number) for number in range(5)]
            files[place] = MemoryContent(INFECTED)
            assert (await scanner.scan(*files)).state is ScanState.INFECTED

    async def test_several_harmless_files_are_clean(self, scanner):
        files = [MemoryContent(HARMLESS + b"%d" % number) for number in range(20)]
        assert (await scanner.scan(*files)).state is ScanState.CLEAN

    async def test_a_file_that_is_too_large_hides_no_virus_in_another(self, scanner, too_large):
        for large in too_large:
            assert (await scanner.scan(MemoryContent(HARMLESS), large)).state is ScanState.TOO_LARGE
            assert (await scanner.scan(large, MemoryContent(INFECTED))).state is ScanState.INFECTED
            assert (await scanner.scan(MemoryContent(INFECTED), large)).state is ScanState.INFECTED

    async def test_messages_of_several_files_do_not_get_each_others_answers(self, scanner):
        pairs = [(HARMLESS, INFECTED) if number % 3 == 0 else (HARMLESS, HARMLESS) for number in range(40)]
        facts = await asyncio.gather(*(scanner.scan(*map(MemoryContent, pair)) for pair in pairs))
        states = [ScanState.INFECTED if INFECTED in pair else ScanState.CLEAN for pair in pairs]
        assert [each.state for each in facts] == states
