"""A message's files are told and decoded once, as far as they are worth keeping."""

from __future__ import annotations

import base64

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.filtering import message_files
from ecluse.filtering.body import read_body
from ecluse.filtering.message_files import MessageFiles
from ecluse.wire.mime.fields import split_head

ZIP = b"PK\x03\x04" + bytes(range(256)) * 20


def files_of(body: bytes) -> MessageFiles:
    head = b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    content = MemoryContent(head + body)
    return MessageFiles(content, read_body(content, split_head(content)))


def test_all_who_ask_are_given_the_same_octets():
    files = files_of(base64.encodebytes(ZIP))
    (part,) = files.parts
    assert files.readings(part) == (ZIP,)
    assert files.readings(part) is files.readings(part)
    assert next(iter(files.chunks(part))) is files.readings(part)[0]


@pytest.mark.parametrize("kept_octets", [0, 1_048_576])
@pytest.mark.parametrize("body", [base64.encodebytes(ZIP), b"", b"QQ==QkI=\r\nQw", b"\0\0"])
def test_pieces_are_the_usual_reading_whether_kept_or_not(body, kept_octets, monkeypatch):
    monkeypatch.setattr(message_files, "KEPT_OCTETS", kept_octets)
    files = files_of(body)
    for part in files.parts:
        assert b"".join(files.chunks(part)) == b"".join(files.readings(part)[:1])


def test_what_is_too_much_to_keep_is_decoded_anew(monkeypatch):
    monkeypatch.setattr(message_files, "KEPT_OCTETS", len(ZIP) - 1)
    files = files_of(base64.encodebytes(ZIP))
    assert files.readings(files.parts[0]) == files.readings(files.parts[0]) == (ZIP,)
    assert files.readings(files.parts[0]) is not files.readings(files.parts[0])
