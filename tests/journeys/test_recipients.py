"""What MAIL and RCPT are answered: each row of docs/message-path.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.domain.outage import HOUR_S, Outage
from tests.journeys.node import client_table, domains, until
from tests.journeys.sender import message

MAIL = "MAIL FROM:<ann@sender.test>"


async def answers(node, *lines):
    """The replies to these commands, pipelined after EHLO."""
    async with node.sender() as sender:
        await sender.greeted()
        return [str(reply) for reply in await sender.pipeline(*lines)]


def starts(replies):
    """Code and enhanced code of each."""
    return [" ".join(reply.split()[:2]) for reply in replies]


class TestMail:
    async def test_the_null_sender_is_always_accepted(self, node, domain):
        assert starts(await answers(node, "MAIL FROM:<>", f"RCPT TO:<{domain.bob}>")) == ["250 2.1.0", "250 2.1.5"]

    async def test_a_size_above_our_limit_is_refused(self, node):
        replies = await answers(node, f"{MAIL} SIZE=52428801", f"{MAIL} SIZE=52428800")
        assert starts(replies) == ["552 5.3.4", "250 2.1.0"]

    async def test_without_room_on_disk_nothing_is_accepted(self, make_node):
        node = make_node(client_table("a", domains("full", 1)), {"spool": {"reserve_bytes": 1 << 60}})
        assert starts(await answers(node, MAIL)) == ["452 4.3.1"]

    async def test_outbound_the_senders_domain_must_be_a_clients(self, node, domain):
        async with node.submitter() as sender:
            await sender.greeted()
            replies = await sender.pipeline(MAIL, f"MAIL FROM:<{domain.bob}>")
        assert starts(map(str, replies)) == ["550 5.7.1", "250 2.1.0"]

    async def test_outbound_a_bounce_is_accepted_too(self, node):
        async with node.submitter() as sender:
            await sender.greeted()
            assert (await sender.ask("MAIL FROM:<>")).code == 250


class TestRcpt:
    async def test_an_unknown_domain_is_refused(self, node):
        assert starts(await answers(node, MAIL, "RCPT TO:<ann@elsewhere.example>"))[1] == "550 5.7.1"

    async def test_only_listed_addresses_exist_and_case_does_not_matter(self, node, shared):
        listed = shared.listed
        asked = [listed.ann, listed.ann.upper(), listed.eve, listed.postmaster, f"PostMaster@{listed.name}"]
        replies = await answers(node, MAIL, *[f"RCPT TO:<{one}>" for one in asked])
        assert starts(replies)[1:] == ["250 2.1.5", "250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.1.5"]

    async def test_a_second_client_needs_a_transaction_of_its_own(self, node, shared, domain):
        replies = await answers(node, MAIL, f"RCPT TO:<{domain.bob}>", f"RCPT TO:<{shared.listed.ann}>")
        assert starts(replies)[1:] == ["250 2.1.5", "452 4.5.3"]

    async def test_other_routes_of_the_same_client_need_one_too(self, node, shared, domain):
        other = shared.domain()
        replies = await answers(
            node,
            MAIL,
            f"RCPT TO:<{domain.bob}>",
            f"RCPT TO:<{other.bob}>",
            "RSET",
            MAIL,
            f"RCPT TO:<{other.bob}>",
        )
        assert starts(replies)[1:] == ["250 2.1.5", "452 4.5.3", "250 2.0.0", "250 2.1.0", "250 2.1.5"]

    async def test_more_than_a_thousand_recipients_are_too_many(self, node, domain):
        async with node.sender() as sender:
            await sender.greeted()
            replies = await sender.pipeline(MAIL, *[f"RCPT TO:<u{one}@{domain.name}>" for one in range(1_001)])
        assert [one.code for one in replies] == [250] * 1_001 + [452]

    async def test_a_recipient_that_is_named_twice_is_served_once(self, node, domain):
        async with domain.next_hop() as hop:
            replies = await node.send([domain.bob, domain.cy, domain.bob.replace("bob", "BOB")], message())
            assert [one.code for one in replies] == [250] * 5
            assert [one.recipients for one in hop.taken] == [(domain.bob, domain.cy)]

    async def test_a_thousand_recipients_get_one_message(self, node, domain):
        names = [f"u{one}@{domain.name}" for one in range(1_000)]
        async with domain.next_hop() as hop:
            replies = await node.send(names, message())
            assert replies[-1].code == 250
            assert [one.recipients for one in hop.taken] == [tuple(names)]


@pytest.fixture(scope="module")
def served(make_node):
    """A node with a client suspended yesterday, one suspended six days ago, and one that has ended."""
    now = datetime.now(UTC)
    new, old, ended, away = domains("state", 4)

    def since(days):
        return f"{now - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"

    policy = (
        client_table("new", [new], state='"suspended"', state_since=since(1))
        + client_table("old", [old], state='"suspended"', state_since=since(6))
        + client_table("ended", [ended], state='"ended"', state_since=since(1))
        + client_table("away", [away])
    )
    return make_node(policy), new, old, ended, away


class TestTheStateOfTheClient:
    async def test_suspended_is_451_for_five_days_then_550_and_ended_is_550(self, served):
        node, new, old, ended, _ = served
        replies = await answers(node, MAIL, *[f"RCPT TO:<{one.bob}>" for one in (new, old, ended)])
        assert starts(replies)[1:] == ["451 4.7.1", "550 5.7.1", "550 5.7.1"]

    async def test_from_120_hours_out_of_reach_new_mail_stays_with_its_sender(self, served):
        node, *_, away = served
        store = LmdbOutages(node.data / "state" / "outages")
        try:
            for hours, expected in ((119, "250 2.1.5"), (121, "451 4.4.1")):
                store.save(Outage(away.name, since=datetime.now(UTC).timestamp() - hours * HOUR_S, warned_h=96))
                assert starts(await answers(node, MAIL, f"RCPT TO:<{away.bob}>"))[1] == expected
        finally:
            store.close()
        # Nothing waits for it and nothing new comes: the node finds out by itself that the server is back.
        async with away.next_hop() as hop:
            await until(lambda: away.name not in node.outages())
            assert (await node.send([away.bob], message()))[-1].code == 250
            assert len(hop.taken) == 1


class TestWhatTheNextHopIsKnownNotToTake:
    @pytest.mark.parametrize(
        ("keywords", "mail", "expected"),
        [
            (("PIPELINING", "SIZE 10000", "SMTPUTF8"), f"{MAIL} SIZE=20000", "552 5.3.4"),
            (("PIPELINING", "SIZE 10000", "SMTPUTF8"), f"{MAIL} SIZE=9000", "250 2.1.5"),
            (("PIPELINING", "SIZE"), f"{MAIL} SIZE=20000", "250 2.1.5"),
            (("PIPELINING", "SIZE"), f"{MAIL} SMTPUTF8", "550 5.6.7"),
        ],
    )
    async def test_it_is_refused_at_rcpt(self, node, domain, keywords, mail, expected):
        async with domain.next_hop(keywords=keywords), node.sender() as sender:
            await sender.greeted()
            assert (await sender.transact([domain.bob], message()))[-1].code == 250
            replies = await sender.pipeline(mail, f"RCPT TO:<{domain.bob}>")
            assert starts(map(str, replies))[1] == expected

    async def test_a_message_too_large_for_it_is_refused_where_its_size_was_not_declared(self, node, domain):
        async with domain.next_hop(keywords=("SIZE 5000",)) as hop:
            reply = (await node.send([domain.bob], message(body="0123456789\r\n" * 1_000)))[-1]
            assert (reply.code, reply.text.split()[0]) == (550, "5.3.4")
            assert hop.taken == []
        assert node.spooled(domain.name) == []
