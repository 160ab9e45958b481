"""What accounts may send, over SMTP: contract 3-11 with two workers, parallel connections and restarts."""

from __future__ import annotations

import asyncio

import pytest

from tests.journeys.node import Node, client_table, domains, written_by
from tests.journeys.sender import message
from tests.loopback import fresh_ip

OFFER = "Our warehouse closes and everything on its shelves has to go before the month ends, so please write soon.\r\n"


@pytest.fixture(scope="module")
def sending(make_node):
    """A node of two workers with an open outbound door."""
    [domain] = served = domains("sending", 1)
    node = make_node(client_table("Sending", served), outbound_hop=fresh_ip())
    node.domain = domain
    return node


def people(count, first=0):
    return [f"p{one}@elsewhere.example" for one in range(first, first + count)]


def mail(node, who):
    return f"MAIL FROM:<{who}@{node.domain.name}>"


async def submit(node, who, recipients, subject="offer", body=OFFER):
    """The last reply of one transaction: MAIL's, where the account is locked by then.

    MAIL goes ahead of the rest: recipients behind a refused one are errors, and after ten of them the node hangs up.
    """
    async with node.submitter() as sender:
        await sender.greeted()
        begun = await sender.ask(mail(node, who))
        if begun.code != 250:
            return begun
        content = written_by(message(subject, body), mail(node, who))
        return (await sender.transact(recipients, content, mail="NOOP"))[-1]


async def test_the_501st_recipient_of_a_message_refuses_it_and_locks_the_account(sending: Node):
    """Contract 3-11."""
    assert (await submit(sending, "ann", people(500))).code == 250
    async with sending.submitter() as sender:
        await sender.greeted()
        replies = await sender.pipeline(mail(sending, "bob"), *[f"RCPT TO:<{one}>" for one in people(502)], "DATA")
        assert [one.code for one in replies] == [250] * 501 + [550] * 3
        assert replies[-1].text.startswith("5.7.1 This account may not send: too many recipients")
        assert (await sender.ask(mail(sending, "bob"))).code == 550
        assert (await sender.ask(mail(sending, "cleo"))).code == 250


async def test_of_near_identical_messages_over_parallel_connections_just_500_recipients_pass(sending: Node):
    """Contract 3-11: 20 connections over two workers."""
    parts = [people(25, 25 * one) for one in range(26)]
    queue = iter(parts)

    async def some():
        return [await submit(sending, "dan", part, subject=f"offer {part[0]}") for part in queue]

    replies = [reply for several in await asyncio.gather(*[some() for _ in range(20)]) for reply in several]
    assert sorted(reply.code for reply in replies) == [250] * 20 + [550] * 6


async def test_counts_and_locks_outlive_a_restart(sending: Node):
    """Contract 3-11."""
    assert (await submit(sending, "eve", people(400))).code == 250
    assert sending.stop() == 0
    sending.start()
    assert (await submit(sending, "eve", people(100, 400))).code == 250
    assert (await submit(sending, "eve", people(1, 500))).code == 550
    sending.stop()
    sending.start()
    [refused, *_] = await sending.submit(people(1), message("another matter"), mail=mail(sending, "eve"))
    assert refused.code == 550
    assert sending.faults() == []
