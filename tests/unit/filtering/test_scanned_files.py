"""What is taken out of a message for the scanner, and what never is."""

from __future__ import annotations

import base64

import pytest

from ecluse.domain.content import CHUNK_BYTES, MemoryContent
from ecluse.filtering.body import read_body
from ecluse.filtering.message_files import MessageFiles
from ecluse.filtering.scanned_files import (
    LARGE_OCTETS,
    MAX_FILES,
    MAX_READINGS,
    MIN_OCTETS,
    other_readings,
    scanned_files,
)
from ecluse.wire.mime.fields import split_head

HEAD = b'From: a@sender.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
TEXT = b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
FILE = bytes(range(256)) * 64
END = b"--b--\r\n"


def part(octets: bytes, fields: bytes = b"Content-Type: application/pdf; name=a.pdf") -> bytes:
    encoded = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    return b"--b\r\n" + fields + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded


def files_of(message: bytes) -> list[bytes]:
    content = MemoryContent(message)
    return [b"".join(stream.chunks()) for stream in scanned_files(content, read_body(content, split_head(content)))]


def test_a_file_goes_by_itself_and_the_message_without_it_keeps_its_fields():
    rest, file = files_of(HEAD + TEXT + part(FILE) + END)
    assert file == FILE
    assert rest == HEAD + TEXT + part(b"") + b"\r\n" + END


@pytest.mark.parametrize("size", [MIN_OCTETS, CHUNK_BYTES, 3 * CHUNK_BYTES + 1])
def test_all_octets_of_a_file_arrive_in_their_order(size):
    octets = (FILE * (size // len(FILE) + 1))[:size]
    assert files_of(HEAD + part(octets) + TEXT + part(octets[::-1]) + END)[1:] == [octets, octets[::-1]]


@pytest.mark.parametrize(
    "message",
    [
        HEAD + TEXT + END,
        HEAD + TEXT + part(b"small") + END,
        HEAD + part(FILE, b"Content-Type: text/html") + END,  # The scanner wants texts in their mail.
        HEAD + TEXT + part(FILE).replace(b"\r\nAAEC", b"\r\n!AEC") + END,  # Readers decode it differently.
        HEAD + TEXT + part(FILE) + b"hidden: =\r\n" + END,
        HEAD + TEXT + part(FILE),  # No end: a defect of the structure.
        HEAD + TEXT + part(FILE, b"Content-Type: a/b\r\nContent-Transfer-Encoding: 7bit") + END,
        HEAD + TEXT + part(FILE) + END + b"--b\r\n\r\nbehind the end\r\n",
    ],
)
def test_a_message_goes_whole_where_there_is_nothing_to_gain_or_a_doubt(message):
    assert files_of(message) == [message]


def test_of_very_many_files_the_last_stay_in_the_message():
    rest, *files = files_of(HEAD + part(FILE) * (MAX_FILES + 2) + END)
    assert len(files) == MAX_FILES
    assert rest.count(b"\r\n\r\nAAECAwQF") == 2


def others_of(message: bytes) -> tuple[list[bytes], bool]:
    content = MemoryContent(message)
    body = read_body(content, split_head(content))
    streams, has_more = other_readings(content, MessageFiles(content, body), body)
    return [b"".join(stream.chunks()) for stream in streams], has_more


@pytest.mark.parametrize("file", [b"small", FILE, FILE * (LARGE_OCTETS // len(FILE) + 1)])
def test_what_every_reader_decodes_alike_has_no_other_reading(file):
    assert others_of(HEAD + TEXT + part(file) + END) == ([], False)


def test_every_way_to_decode_damaged_letters_is_a_file_of_its_own():
    damaged = part(FILE).replace(b"AAEC", b"AA=EC", 1)
    others, has_more = others_of(HEAD + TEXT + damaged + END)
    assert len(others) == len(set(others)) == 3
    assert not has_more


def test_a_file_of_another_structure_is_given_too():
    # For some readers the second boundary counts.
    head = b'From: a@sender.example\r\nContent-Type: multipart/mixed; boundary="b"\r\nContent-Type: multipart/mixed; boundary="c"\r\n\r\n'
    inner = part(FILE).replace(b"--b", b"--c") + b"--c--\r\n"
    others, _ = others_of(head + TEXT + END + inner)
    assert FILE in others


def test_of_very_many_readings_some_are_left_and_told():
    files = (part(bytes([number]) + FILE[:300]) for number in range(MAX_READINGS))
    damaged = b"".join(file.replace(b"\r\n\r\n", b"\r\n\r\nAA=AA", 1) for file in files)
    others, has_more = others_of(HEAD + TEXT + damaged + END)
    assert (len(others), has_more) == (MAX_READINGS, True)
