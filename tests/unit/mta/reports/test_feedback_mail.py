"""What users say of messages, by mail: only the messages that it carries, only theirs, and as tokens alone."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from ecluse.domain.act import Channel
from ecluse.domain.errors import NoRoom
from ecluse.mta.reports import feedback_mail as module
from ecluse.mta.reports.feedback_mail import FeedbackMail
from ecluse.wire.mime.fields import split_head
from tests.unit.filtering.samples import POLICY, incoming

DOMAIN = POLICY.domain
HEAD = f'From: Ann <Ann@{DOMAIN}>\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'.encode()
ONE, TWO = (b"Subject: %b\r\n\r\nvery secret %b\r\n" % (word, word) for word in (b"casino", b"lottery"))


def carried(message, encoding=b""):
    return b"--b\r\nContent-Type: message/rfc822\r\n%b\r\n%b\r\n" % (encoding, message)


class Inbox:
    def __init__(self, answer=True):
        self.answer, self.kept = answer, []

    def keep(self, said):
        if isinstance(self.answer, Exception):
            raise self.answer
        self.kept.append(said)
        return self.answer


class Policies:
    def __init__(self, policy):
        self.policy = policy

    def domain(self, name):
        return self.policy if name == DOMAIN else None

    def has_address(self, address):
        return address.key == f"ann@{DOMAIN}"


async def heard(content, inbox=None, policy=POLICY, is_spam=True):
    inbox = inbox or Inbox()
    arrived = replace(incoming(content), client=policy.client)
    hearing = FeedbackMail(inbox, Policies(policy), lambda address: f"hash of {len(address)}")
    await hearing.hear(arrived, split_head(arrived.content), is_spam=is_spam)
    return inbox.kept


async def test_each_carried_message_is_a_sample_without_text():
    said = await heard(HEAD + b"--b\r\n\r\nhello\r\n" + carried(ONE) + carried(TWO) + b"--b--\r\n")
    assert len({one.message for one in said}) == 2
    assert {(one.client, one.channel, one.is_spam) for one in said} == {(POLICY.client, Channel.REPORT, True)}
    assert b"secret" not in repr(said).encode()
    assert f"ann@{DOMAIN}" not in repr(said).casefold()


async def test_an_encoded_message_is_the_same_message():
    encoded = carried(base64.encodebytes(ONE), b"Content-Transfer-Encoding: base64\r\n")
    [plain], [other] = await heard(HEAD + carried(ONE) + b"--b--\r\n"), await heard(HEAD + encoded + b"--b--\r\n")
    assert plain == other


async def test_a_message_in_a_carried_message_is_not_meant():
    inner = (
        b'Content-Type: multipart/mixed; boundary="i"\r\n\r\n--i\r\nContent-Type: message/rfc822\r\n\r\n'
        + TWO
        + b"\r\n--i--\r\n"
    )
    assert len(await heard(HEAD + carried(inner) + b"--b--\r\n")) == 1


@pytest.mark.parametrize(
    "author", [b"From: bob@" + DOMAIN.encode(), b"From: ann@other.example", b"From: ann@x, bob@y", b"Subject: x"]
)
async def test_who_has_no_address_with_the_client_is_not_heard(author):
    content = HEAD.replace(HEAD.partition(b"\r\n")[0], author) + carried(ONE) + b"--b--\r\n"
    assert await heard(content, policy=replace(POLICY, accepts_any_address=False, verifies_addresses=False)) == []


async def test_another_clients_user_is_not_heard():
    inbox = Inbox()
    arrived = replace(incoming(HEAD + carried(ONE) + b"--b--\r\n"), client="another")
    await FeedbackMail(inbox, Policies(POLICY), str).hear(arrived, split_head(arrived.content), is_spam=True)
    assert inbox.kept == []


async def test_only_so_many_of_one_mail(monkeypatch):
    monkeypatch.setattr(module, "MAX_MESSAGES", 3)
    assert len(await heard(HEAD + carried(ONE) * 5 + b"--b--\r\n")) == 3


@pytest.mark.parametrize("answer", [False, NoRoom("disk full"), ZeroDivisionError()], ids=repr)
async def test_nothing_that_fails_is_told_to_the_sender(answer):
    await heard(HEAD + carried(ONE) + b"--b--\r\n", Inbox(answer))


async def test_mail_that_carries_nothing_says_nothing():
    for content in (
        HEAD,
        HEAD + b"--b\r\n\r\nthis is spam!\r\n--b--\r\n",
        f"From: ann@{DOMAIN}\r\n\r\nspam!".encode(),
        b"",
    ):
        assert await heard(content) == []
