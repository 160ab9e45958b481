"""The body as its readers see it, those who disagree too."""

from __future__ import annotations

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.filtering.body import MAX_READINGS, read_body
from ecluse.wire.mime.fields import split_head


def texts(head, body):
    content = MemoryContent(head + b"\r\n\r\n" + body)
    return [one.text for one in read_body(content, split_head(content)).texts]


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (b"Content-Type: text/plain", b"Hello", ["Hello"]),
        (b"Content-Type: text/plain; charset=utf-7", b"+AEE-", ["A", "+AEE-"]),
        (b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64", b"QQ==QkM=", ["ABC", "A", "A\x04$"]),
        (
            b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit",
            b"QUJD",
            ["ABC", "QUJD"],
        ),
    ],
)
def test_every_reading_of_a_text_is_there(head, body, expected):
    assert texts(head, body) == expected


def test_readings_are_bounded():
    head = b"Content-Type: text/plain; charset=utf-7; charset=utf-16; charset=cp500; charset=utf-32; charset=hz"
    assert len(texts(head, b"+AEE-QQ==")) == MAX_READINGS
