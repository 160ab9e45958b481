"""What is said to an IMAP server, and what of its words means something."""

from __future__ import annotations

import pytest

from ecluse.wire.imap import commands
from ecluse.wire.imap.responses import BadImap, Fetched, Response, fetched_in, literal_size, validity_in


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX.Junk", b'EXAMINE "INBOX.Junk"'),
        ("Indésirables", b'EXAMINE "Ind&AOk-sirables"'),
        ("R&D ~peter/台北/日本語", b'EXAMINE "R&-D ~peter/&U,BTFw-/&ZeVnLIqe-"'),
        ('a "b" \\', b'EXAMINE "a \\"b\\" \\\\"'),
        ("x\r\ne2 DELETE y", b'EXAMINE "x&AA0ACg-e2 DELETE y"'),
        ("\ud800", b'EXAMINE "&2AA-"'),
    ],
)
def test_a_folder_is_named_so_that_nothing_else_is_said(name, written):
    assert commands.examine(name) == written


def test_a_password_that_login_cannot_hold_is_not_said_by_it():
    assert commands.login("ann", 'a"b\\') == b'LOGIN "ann" "a\\"b\\\\"'
    assert [commands.login("ann", each) for each in ("é", "a\r\nb", "a\0b")] == [None] * 3


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (Response((b"* 2 FETCH (UID 7 RFC822.SIZE 12)",)), Fetched(2, 7, 12, None)),
        (Response((b"* 2 fetch (FLAGS (\\Seen) BODY[] {3}", b" UID 7)"), (b"abc",)), Fetched(2, 7, None, b"abc")),
        (Response((b"* 2 FETCH (UID 7 BODY[]<0> {3}", b")"), (b"abc",)), Fetched(2, 7, None, b"abc")),
        (Response((b"* 2 FETCH (UID 7 BODY[HEADER] {3}", b")"), (b"abc",)), Fetched(2, 7, None, None)),
        (Response((b"* 2 FETCH (UID 7 BODY[] NIL)",)), Fetched(2, 7, None, None)),
        (Response((b"* 2 FETCH (X-GUID 7 FLAGS ())",)), Fetched(2, None, None, None)),
        (Response((b"* 2 EXISTS",)), None),
    ],
)
def test_what_is_told_of_a_message(response, found):
    assert fetched_in((response,)) == (() if found is None else (found,))


def test_what_cannot_be_is_told_by_no_server():
    for line in (b"* 0 FETCH (UID 7)", b"* 1 FETCH (UID 0)", b"* 1 FETCH (UID 4294967296)"):
        with pytest.raises(BadImap):
            fetched_in((Response((line,)),))
    with pytest.raises(BadImap):
        fetched_in((Response((b"* 1 FETCH (BODY[] {1}", b" BODY[] {1}", b")"), (b"a", b"b")),))
    assert validity_in((Response((b"* OK [UIDVALIDITY 0]",)), Response((b"* OK [UIDVALIDITY 9] ok",)))) == 9
    assert [literal_size(each) for each in (b"x {12}", b"x {12} ", b"x {-1}", b"{0}")] == [12, None, None, 0]
