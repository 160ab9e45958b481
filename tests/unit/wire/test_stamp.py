import hashlib

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.wire.mime.fields import split_head
from ecluse.wire.stamp import DAY_S, VALID_DAYS, Stamp, read_stamp, write_stamp

NOW = 1_795_852_800.0
SECRET = b"k" * 32
BODY = hashlib.sha256(b"Hello\r\n").digest()
HEAD = b"From: Ann <ann@b.example>\r\nSubject: hi\r\nDate: Sat, 28 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@b.example>\r\n"
STAMP = Stamp(int(NOW), "a.example", "b.example")


def section(head):
    return split_head(MemoryContent(head + b"\r\nHello\r\n"))


FIELD = write_stamp(STAMP, SECRET, section(HEAD), BODY)


def read(head, secret=SECRET, body=BODY, now=NOW):
    return read_stamp(secret, section(head), body, now)


@pytest.mark.parametrize(
    "head",
    [
        FIELD + HEAD,
        b"Received: by mail.a.example\r\n" + HEAD + b"Delivered-To: bob@a.example\r\n" + FIELD,
        FIELD.replace(b"\r\n\t", b" ").replace(b"X-Ecluse", b"x-ecluse") + HEAD,
        FIELD + HEAD.replace(b"Ann <", b"Ann\r\n <").replace(b"Subject: hi", b"Subject: [External] hi"),
        b"X-Ecluse-Stamp: forged\r\n" + FIELD + HEAD,
    ],
    ids=["as it was", "with traces", "unfolded", "folded, its subject marked", "below a forged one"],
)
def test_a_stamp_is_read_from_a_message_that_servers_have_handled(head):
    assert read(head) == STAMP
    assert read(head, now=NOW + VALID_DAYS * DAY_S) == STAMP


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        FIELD + HEAD.replace(b"ann@b", b"eve@b"),
        FIELD + HEAD + b"From: eve@b.example\r\n",
        FIELD + HEAD + b"Content-Type: text/html\r\n",
        FIELD + HEAD.replace(b"<1@", b"<2@"),
        FIELD + HEAD.replace(b"08:00", b"09:00"),
        FIELD.replace(b"d=a.example", b"d=c.example") + HEAD,
        FIELD.replace(b"s=b.example", b"s=c.example") + HEAD,
        FIELD.replace(b"t=179", b"t=180") + HEAD,
        FIELD.replace(b"b=", b"b=x") + HEAD,
        FIELD.replace(b"date:message-id", b"date") + HEAD.replace(b"<1@", b"<2@"),
        b"X-Ecluse-Stamp: forged\r\n" * 5 + FIELD + HEAD,
    ],
)
def test_another_message_or_another_word_in_it_is_not_stamped(head):
    assert read(head) is None


def test_neither_another_body_nor_another_clients_secret_nor_an_old_one_counts():
    assert read(FIELD + HEAD, body=hashlib.sha256(b"Buy\r\n").digest()) is None
    assert read(FIELD + HEAD, secret=b"j" * 32) is None
    assert read(FIELD + HEAD, now=NOW + VALID_DAYS * DAY_S + 1) is None


def test_date_and_id_may_be_added_where_there_was_none_and_nothing_else():
    bare = b"From: ann@b.example\r\n"
    field = write_stamp(STAMP, SECRET, section(bare), BODY)
    assert read(field + bare + b"Message-ID: <1@a.example>\r\nDate: now\r\n") == STAMP
    assert read(field + bare + b"Content-Transfer-Encoding: base64\r\n") is None
    assert read(field.replace(b"h=;", b"h=from;") + bare) is None


def test_an_unproven_sender_is_none():
    unproven = Stamp(int(NOW), "a.example")
    field = write_stamp(unproven, SECRET, section(HEAD), BODY)
    assert read(field + HEAD) == unproven
    assert max(map(len, field.split(b"\r\n"))) <= 78
