"""Which messages one program has written."""

from __future__ import annotations

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.filtering.mail_program import program_of
from ecluse.wire.mime.fields import split_head

DESKTOP = """\
Message-ID: <41c1a2b3-7d1e-4a44-9f40-5c7d@home.example>
Date: Tue, 24 Nov 2026 10:12:13 +0100
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird 140.5
Subject: Your order
To: bob@far.example
From: Ann <ann@home.example>
"""
SERVICE = """\
From: Ann <ann@home.example>
Subject: Your order
Date: Tue, 24 Nov 2026 09:12:13 +0000
Message-ID: <AM9PR07MB7123456789@AM9PR07MB7123.eurprd07.prod.outlook.com>
MIME-Version: 1.0
"""


def program(head):
    return program_of(split_head(MemoryContent(head.replace("\n", "\r\n").encode() + b"\r\nHello\r\n")))


def answer(head):
    """What the same program writes above an answer with a copy, a month and an update later."""
    return (
        head.replace("140.5", "146.0b2 (X11)")
        .replace("41c1a2b3", "99ffee00")
        .replace("AM9PR07MB7", "DB5PR01MB3")
        .replace("Your order", "Re: Your order\nIn-Reply-To: <x@y>\nReferences: <x@y>\nCc: carl@far.example")
        .replace("24 Nov", "22 Dec")
    )


@pytest.mark.parametrize("head", [DESKTOP, SERVICE])
def test_all_messages_of_one_program_have_one_name(head):
    assert program(answer(head)) == program(head) != ""


@pytest.mark.parametrize(
    ("head", "was", "now"),
    [
        (DESKTOP, "Mozilla Thunderbird", "Roundcube Webmail"),
        (DESKTOP, "Message-ID", "Message-Id"),  # Whatever it claims to be.
        (SERVICE, ".prod.outlook.com", ".mass.example"),
        (
            SERVICE,
            "From: Ann <ann@home.example>\nSubject: Your order\n",
            "Subject: Your order\nFrom: ann@home.example\n",
        ),
    ],
)
def test_another_program_has_another_name(head, was, now):
    assert program(head.replace(was, now)) != program(head)


def test_where_nothing_tells_there_is_no_program():
    assert program("To: bob@far.example\n") == ""
    assert program("X-Mailer: \xff\x00\nMessage-ID: <@\n") == "|Message-ID"
