"""XCLIENT attributes."""

from __future__ import annotations

import pytest

from ecluse.wire.smtp.grammar import SyntaxTrouble
from ecluse.wire.smtp.xclient import parse_xclient


def test_attributes_are_decoded():
    said = parse_xclient("name=mail.example ADDR=IPV6:2001:DB8::1 PORT=25 PROTO=esmtp HELO=a+2Db")
    assert said == {
        "NAME": "mail.example",
        "ADDR": "2001:db8::1",
        "PORT": "25",
        "PROTO": "ESMTP",
        "HELO": "a-b",
    }


@pytest.mark.parametrize("word", ["[UNAVAILABLE]", "[tempunavail]"])
def test_what_the_relay_does_not_know_is_empty(word):
    assert parse_xclient(f"NAME={word} ADDR={word}") == {"NAME": "", "ADDR": ""}


@pytest.mark.parametrize(
    "argument",
    ["", "ADDR", "ADDR=", "ADDR=a.example", "ADDR=1.2.3.4 ADDR=1.2.3.4", "PORT=x", "PORT=65536", "PROTO=HTTP",
     "LOGIN=a", "NAME=a+0Db", "NAME=a+2", "NAME=é", "NAME=" + "a" * 256, "HELO=a+20b"],
)  # fmt: skip
def test_anything_else_is_refused(argument):
    with pytest.raises(SyntaxTrouble):
        parse_xclient(argument)
