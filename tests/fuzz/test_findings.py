"""What fuzzing has found, each as the smallest input that shows it."""

from __future__ import annotations

import resource
import struct
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from ecluse.adapters.folder import segment
from ecluse.domain.content import MemoryContent
from ecluse.wire.mime.addresses import parse_addresses
from ecluse.wire.mime.decoding import decode_uuencode
from ecluse.wire.mime.facts import header_facts, part_facts
from ecluse.wire.mime.fields import split_head
from ecluse.wire.mime.structure import walk
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.grammar import SyntaxTrouble, parse_command
from tests.fuzz.catalogue import TARGETS
from tests.fuzz.target import seed

ROOM = 512 * 1024 * 1024


@contextmanager
def within_cpu(seconds):
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


@contextmanager
def little_address_space():
    """A wild allocation raises MemoryError, as it would under a limit of the service manager."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("start", [b"\x0b", b"x", b'"', b"\x0c"])
def test_white_space_in_from_takes_linear_time(start):
    """2,000 spaces took 3.6 s and 16,000 half an hour: white space fitted three places of one pattern."""
    value = start + b" " * 16_000 + b";"
    with within_cpu(1.0):
        parse_addresses(value)
        header_facts(split_head(MemoryContent(b"From: " + value + b"\r\n\r\n")))


@pytest.mark.parametrize("line", [b"M\n", b"!\n", b"!\xff\n", b"\xff\xff\n"])
def test_short_lines_of_uuencode_take_neither_time_nor_room(line):
    """16 MB of "M" lines took 12 s and 1.7 GB: each letter stands for 45 octets, each line was an object."""
    head = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n"
    content = MemoryContent(head + line * (16_000_000 // len(line)))
    with within_cpu(4.0), little_address_space():
        section = split_head(content)
        facts = part_facts(content, section, walk(content, None, section))
    assert facts.exceeds_limits, "what was not decoded was not looked at, and the policy must know"


def test_uuencode_gives_no_more_than_it_got():
    assert len(decode_uuencode(b"M\n" * 100)) <= 200
    assert decode_uuencode(b"begin 644 a\n#86)C\n`\nend\n") == b"abc"


@pytest.mark.parametrize("character", ')(<>"@')
def test_an_address_literal_that_no_next_hop_could_be_told_is_refused(character):
    """It was accepted from a sender, and then deferred for ever: no command to a next hop may hold it."""
    with pytest.raises(SyntaxTrouble) as refused:
        parse_command(f"MAIL FROM:<a@[tag:x{character}y]>".encode())
    assert refused.value.reply is replies.BAD_SENDER


def test_a_spooled_header_size_that_is_not_there_is_not_allocated():
    """A header of 4 GB was allocated before it was looked for."""
    with little_address_space():
        TARGETS["spool-file"].examine(seed(b"\xff" * 8, flags=2))


def test_a_torn_journal_frame_is_not_allocated(tmp_path):
    """A frame that a power cut tore can say 4 GB: with a limit on memory no process would have started again."""
    path = tmp_path / "w-20261125T080000.000000Z.journal"
    path.write_bytes(struct.pack("<8sQ", b"ECLUSEJ\x01", 4_096) + segment.frame(b"whole") + b"\xfe" * 100)
    with little_address_space():
        assert list(segment.records(path)) == [b"whole"]
