"""What no person has written, or what is for many, is answered by nobody."""

from __future__ import annotations

import pytest

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.wire.automatic import is_automatic
from ecluse.wire.mime.fields import split_head

SAM = Address("sam", "sender.example")


def section(*fields):
    return split_head(MemoryContent(b"From: Sam <sam@sender.example>\r\n" + b"".join(fields) + b"\r\nHello\r\n"))


@pytest.mark.parametrize(
    "fields", [[], [b"Auto-Submitted: no\r\n"], [b"Precedence: first-class\r\n"], [b"X-Listing: 1\r\n"]]
)
def test_a_persons_letter_is_none(fields):
    assert not is_automatic(section(*fields), SAM)


@pytest.mark.parametrize(
    "field",
    [
        b"Auto-Submitted: auto-replied; owner-email=x@y.example\r\n",
        b"Auto-Submitted:\r\n",
        b"List-Id: <a.list.example>\r\n",
        b"List-Unsubscribe: <mailto:a@b.example>\r\n",
        b"Precedence: Bulk\r\n",
        b"X-Auto-Response-Suppress: All\r\n",
        b"Feedback-ID: 1:2\r\n",
    ],
)
def test_what_says_so_is(field):
    assert is_automatic(section(field), SAM)


@pytest.mark.parametrize(
    "local",
    [
        "MAILER-DAEMON",
        "postmaster",
        "no-reply",
        "noreply+7",
        "owner-list",
        "list-request",
        "bounces+sam=x",
        "list-bounces",
    ],
)
def test_whoever_is_nobody_is(local):
    assert is_automatic(section(), Address(local, "sender.example"))


@pytest.mark.parametrize("local", ["noreplymann", "sam.owner", "bouncer", "requests"])
def test_names_that_only_look_like_it_are_persons(local):
    assert not is_automatic(section(), Address(local, "sender.example"))


def test_the_null_sender_is():
    assert is_automatic(section(), None)
