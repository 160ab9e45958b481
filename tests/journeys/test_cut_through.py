"""While the sender waits the next hop decides: each row of docs/message-path.md, "Delivery while the sender waits"."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending, Stage
from ecluse.filtering.checks.mail_loop import MAX_OWN
from tests.journeys.next_hop import CLOSE, HANG, KEYWORDS, RESET
from tests.journeys.node import HOSTNAME, client_table, domains, until
from tests.journeys.sender import Gone, message

CONTENT = message(body="One.\r\n..Two\r\n.\r\nlast\r\n")
LARGE = message(body="0123456789abcdef\r\n" * 700_000)  # 12 MB: more than all socket buffers on its way.
TOP_FIELDS = ["Received", "Authentication-Results", "X-Ecluse-Status", "X-Ecluse-Id"]


def assert_unchanged(taken, content):
    """The next hop has exactly the sender's octets, behind our own header fields."""
    assert taken.content.endswith(content)
    top = taken.content.removesuffix(content).decode()
    assert [line.partition(":")[0] for line in top.splitlines() if not line.startswith("\t")] == TOP_FIELDS
    assert f"by {HOSTNAME} (Ecluse) with ESMTP id" in top


def endings(node, message_id):
    """What the journal's outcome says of each recipient."""
    outcome = next(one for one in node.journal(message_id) if one.stage is Stage.OUTCOME)
    return {one.address: one.fate for one in outcome.recipients}


def stages(node, message_id):
    return [one.stage for one in node.journal(message_id)]


async def assert_spooled_and_delivered(node, domain, hop, reply, content=CONTENT):
    """The sender heard 250, the message lies in the spool, and comes from there once to a server that is well."""
    assert reply.code == 250
    assert endings(node, reply.id) == {domain.bob: Ending.SPOOLED}
    hop.says.clear()
    await hop.takes(1)
    await until(lambda: not node.spooled(domain.name))
    assert [one.recipients for one in hop.taken] == [(domain.bob,)]
    assert_unchanged(hop.taken[0], content)
    await until(lambda: [one.fate for one in node.journal(reply.id)[-1].recipients] == [Ending.DELIVERED])


class TestItIsTaken:
    @pytest.mark.parametrize("keywords", [KEYWORDS, (*KEYWORDS, "CHUNKING"), ()], ids=["DATA", "BDAT", "bare"])
    async def test_the_next_hops_250_is_ours_and_nothing_is_stored(self, node, domain, keywords):
        async with domain.next_hop(keywords=keywords) as hop:
            replies = await node.send([domain.bob, domain.cy], CONTENT)
            assert [one.code for one in replies] == [250, 250, 250, 250]
            assert [(one.sender, one.recipients) for one in hop.taken] == [("ann@sender.test", (domain.bob, domain.cy))]
            assert_unchanged(hop.taken[0], CONTENT)
        assert node.spooled(domain.name) == []
        intent, outcome = node.journal(replies[-1].id)
        assert (intent.stage, outcome.stage) == (Stage.INTENT, Stage.OUTCOME)
        assert intent.at <= outcome.at
        assert endings(node, outcome.id) == dict.fromkeys([domain.bob, domain.cy], Ending.RELAYED)
        assert (outcome.ip, outcome.helo, outcome.sender) == ("127.0.0.1", "client.test", "ann@sender.test")
        assert outcome.reply == str(replies[-1])

    async def test_the_intent_is_written_before_our_dot(self, node, domain):
        async with domain.next_hop({".": HANG}) as hop:
            sending = asyncio.create_task(node.send([domain.bob], CONTENT))
            await hop.until(lambda: hop.asked.get("."))
            assert [one.stage for one in node.journal() if one.sender == "ann@sender.test"][-1] is Stage.INTENT
            await hop.stop()
            assert (await sending)[-1].code == 451

    async def test_an_idle_connection_is_used_again(self, node, domain):
        async with domain.next_hop() as hop, node.sender() as sender:
            await sender.greeted()
            for _ in range(3):
                assert (await sender.transact([domain.bob], CONTENT))[-1].code == 250
            assert (hop.connections, len(hop.taken)) == (1, 3)

    async def test_a_pooled_connection_that_died_is_replaced_once(self, node, domain):
        async with node.sender() as sender, domain.next_hop() as hop:
            await sender.greeted()
            await sender.transact([domain.bob], CONTENT)
            hop.says["MAIL"] = lambda times: CLOSE if times == 1 else "250 2.1.0 ok"
            reply = (await sender.transact([domain.bob], CONTENT))[-1]
            assert reply.code == 250
            assert endings(node, reply.id) == {domain.bob: Ending.RELAYED}
            assert (hop.connections, len(hop.taken)) == (2, 2)

    async def test_a_message_of_several_megabytes_passes_unchanged(self, node, domain):
        async with domain.next_hop() as hop:
            assert (await node.send([domain.bob], LARGE))[-1].code == 250
            assert_unchanged(hop.taken[0], LARGE)


class TestItCannotBeAsked:
    """Failure, 4xx or 5xx up to and with MAIL: the next route, then the spool."""

    @pytest.mark.parametrize(
        "says",
        [
            {"banner": CLOSE},
            {"banner": RESET},
            {"banner": "554 5.3.2 closed"},
            {"EHLO": CLOSE},
            {"EHLO": "421 4.3.2 down"},
            {"MAIL": CLOSE},
            {"MAIL": "450 4.7.1 later"},
            {"MAIL": "421 4.3.2 down"},
        ],
        ids=str,
    )
    async def test_before_mail_is_accepted_the_message_goes_to_the_spool(self, node, domain, says):
        async with domain.next_hop(says) as hop:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            assert Stage.INTENT not in stages(node, reply.id)
            await assert_spooled_and_delivered(node, domain, hop, reply)

    async def test_a_refused_connection_leads_to_the_spool(self, node, domain):
        reply = (await node.send([domain.bob], CONTENT))[-1]
        async with domain.next_hop() as hop:
            await assert_spooled_and_delivered(node, domain, hop, reply)

    @pytest.mark.parametrize("first", [None, {"banner": CLOSE}, {"MAIL": "451 4.3.0 later"}, {"MAIL": "550 5.7.1 no"}])
    async def test_another_route_is_tried_first(self, node, shared, first):
        domain = shared.routed_domain()
        async with domain.next_hop(first or {}) as hop, domain.next_hop(route=1) as second:
            if first is None:
                await hop.stop()
            reply = (await node.send([domain.bob], CONTENT))[-1]
            assert reply.code == 250
            assert endings(node, reply.id) == {domain.bob: Ending.RELAYED}
            assert (len(hop.taken), len(second.taken)) == (0, 1)
        assert node.spooled(domain.name) == []

    async def test_mail_refused_for_good_is_not_relayed_but_ends_in_the_spool(self, node, domain):
        async with domain.next_hop({"MAIL": "550 5.7.1 not you"}):
            reply = (await node.send([domain.bob], CONTENT))[-1]
            assert reply.code == 250
            await until(lambda: len(node.journal(reply.id)) == 2)
        last = node.journal(reply.id)[-1]
        assert (last.recipients[0].fate, last.recipients[0].reply) == (Ending.EXPIRED, "550 5.7.1 not you")
        await until(lambda: not node.spooled(domain.name))


class TestRecipients:
    async def test_all_refused_is_relayed(self, node, domain):
        async with domain.next_hop({"RCPT": "550 5.1.1 no such user"}) as hop:
            reply = (await node.send([domain.bob, domain.cy], CONTENT))[-1]
            assert (reply.code, reply.text.partition(" (")[0]) == (550, "5.1.1 The next hop said: no such user")
            assert hop.taken == []
        assert node.spooled(domain.name) == []
        assert endings(node, reply.id) == dict.fromkeys([domain.bob, domain.cy], Ending.REJECTED_BY_NEXT_HOP)

    @pytest.mark.parametrize("cy", ["450 4.2.1 busy", "550 5.1.1 no such user"])
    async def test_nobody_taken_and_some_deferred_is_relayed_as_451(self, node, domain, cy):
        async with domain.next_hop({"RCPT": "450 4.2.1 busy", f"RCPT {domain.cy}": cy}) as hop:
            reply = (await node.send([domain.cy, domain.bob], CONTENT))[-1]
            assert (reply.code, reply.text.partition(" (")[0]) == (451, "4.2.1 The next hop said: busy")
            assert hop.taken == []
        assert node.spooled(domain.name) == []
        assert set(endings(node, reply.id).values()) == {Ending.DEFERRED}

    async def test_a_client_may_have_us_keep_what_is_deferred(self, node, shared):
        domain = shared.buffering_domain()
        async with domain.next_hop({"RCPT": "450 4.2.1 busy"}) as hop:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            await assert_spooled_and_delivered(node, domain, hop, reply)

    async def test_some_are_taken_and_the_others_go_to_the_spool(self, node, domain):
        says = {f"RCPT {domain.cy}": "450 4.2.1 busy", f"RCPT {domain.dan}": "550 5.1.1 no such user"}
        async with domain.next_hop(says) as hop:
            reply = (await node.send([domain.bob, domain.cy, domain.dan], CONTENT))[-1]
            assert reply.code == 250
            assert endings(node, reply.id) == {
                domain.bob: Ending.RELAYED,
                domain.cy: Ending.SPOOLED,
                domain.dan: Ending.SPOOLED,
            }
            del hop.says[f"RCPT {domain.cy}"]
            await hop.takes(2)
            await until(lambda: not node.spooled(domain.name))
            assert [one.recipients for one in hop.taken] == [(domain.bob,), (domain.cy,)]
            assert_unchanged(hop.taken[1], CONTENT)
        fates = {one.address: one.fate for event in node.journal(reply.id)[2:] for one in event.recipients}
        assert fates == {domain.cy: Ending.DELIVERED, domain.dan: Ending.EXPIRED}


class TestTheContent:
    @pytest.mark.parametrize("says", [{"RCPT": CLOSE}, {"DATA": CLOSE}, {"DATA": RESET}, {"content": CLOSE}], ids=str)
    async def test_a_connection_that_breaks_before_the_dot_leads_to_the_spool(self, node, domain, says):
        content = LARGE if "content" in says else CONTENT
        async with domain.next_hop(says) as hop:
            reply = (await node.send([domain.bob], content))[-1]
            await assert_spooled_and_delivered(node, domain, hop, reply, content)

    @pytest.mark.parametrize(
        ("said", "code", "status", "fate"),
        [
            ("554 5.6.0 spam", 550, "5.6.0", Ending.REJECTED_BY_NEXT_HOP),
            ("452 4.2.2 full", 451, "4.2.2", Ending.DEFERRED),
            ("450 try again", 451, "4.3.0", Ending.DEFERRED),
            ("550 no", 550, "5.0.0", Ending.REJECTED_BY_NEXT_HOP),
        ],
    )
    @pytest.mark.parametrize("where", [".", "DATA"])
    async def test_an_answer_to_the_message_is_relayed(self, node, domain, where, said, code, status, fate):
        async with domain.next_hop({where: said}) as hop:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            assert (reply.code, reply.text.split()[0]) == (code, status)
            assert "The next hop said: " in reply.text
            assert hop.taken == []
        assert node.spooled(domain.name) == []
        assert endings(node, reply.id) == {domain.bob: fate}

    @pytest.mark.parametrize("act", [CLOSE, RESET])
    async def test_silence_after_the_dot_is_told_as_451_and_nothing_is_kept(self, node, domain, act):
        async with domain.next_hop({".": act}) as hop:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            assert (reply.code, reply.text.split()[0]) == (451, "4.4.2")
            assert hop.asked["."] == 1
        assert node.spooled(domain.name) == []
        outcome = next(one for one in reversed(node.journal()) if one.stage is Stage.OUTCOME)
        assert [one.fate for one in outcome.recipients] == [Ending.DEFERRED]

    async def test_a_sender_that_leaves_while_the_next_hop_hesitates_keeps_its_message(self, node, domain):
        async with domain.next_hop({"DATA": (0.3, "354 go")}) as hop:
            async with node.sender() as sender:
                await sender.greeted()
                await sender.pipeline("MAIL FROM:<ann@sender.test>", f"RCPT TO:<{domain.bob}>", "DATA")
                sender.write(message() + b".\r\n")
                await hop.until(lambda: hop.asked.get("DATA"))
                sender.reset()
            await hop.until(lambda: hop.open == 0)
            assert hop.taken == []
        assert node.spooled(domain.name) == []


class TestLimits:
    async def test_above_twenty_sessions_messages_go_to_the_spool(self, node, domain):
        may_answer = asyncio.Event()
        async with domain.next_hop({".": (may_answer, "250 2.0.0 ok")}) as hop:
            sending = [asyncio.create_task(node.send([domain.bob], message(str(one)))) for one in range(24)]
            # Only what goes to the spool is answered while the next hop is silent.
            await until(lambda: sum(one.done() for one in sending) >= 4)
            may_answer.set()
            replies = await asyncio.gather(*sending)
            assert [one[-1].code for one in replies] == [250] * 24
            fates = [endings(node, one[-1].id)[domain.bob] for one in replies]
            assert fates.count(Ending.RELAYED) <= 20
            assert fates.count(Ending.SPOOLED) >= 4
            hop.says.clear()
            await hop.takes(24)
            await until(lambda: not node.spooled(domain.name))
        subjects = [one.content.split(b"Subject: ")[1].split(b"\r\n")[0] for one in hop.taken]
        assert sorted(subjects) == sorted(str(one).encode() for one in range(24))

    async def test_a_destination_out_of_reach_is_not_asked_while_the_sender_waits(self, make_node):
        domain = domains("away", 1)[0]
        rarely = {"first_retry_s": 3_600, "max_retry_s": 3_600, "probe_s": 3_600}
        node = make_node(client_table("away", [domain]), {"spool": rarely})
        await node.send([domain.bob], CONTENT)
        await until(lambda: domain.name in node.outages())
        async with domain.next_hop({"banner": HANG}) as hop:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            assert hop.connections == 0
        assert reply.code == 250
        assert endings(node, reply.id) == {domain.bob: Ending.SPOOLED}
        assert node.faults() == []


class TestTheVerdictComesFirst:
    async def test_a_virus_is_refused_and_the_next_hop_hears_nothing(self, node, domain):
        eicar = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
        async with domain.next_hop() as hop:
            reply = (await node.send([domain.bob], message(body=f"{eicar}\r\n")))[-1]
            assert (reply.code, reply.text.split()[0]) == (550, "5.7.1")
            assert hop.connections == 0
        assert endings(node, reply.id) == {domain.bob: Ending.REFUSED}

    async def test_a_loop_ends_here(self, node, domain):
        async with domain.next_hop() as hop:
            content = CONTENT
            for round_trip in range(1, MAX_OWN + 2):
                await node.send([domain.bob], content)
                assert len(hop.taken) == round_trip
                content = hop.taken[-1].content
            reply = (await node.send([domain.bob], content))[-1]
            assert (reply.code, reply.text.split()[0]) == (554, "5.4.6")
            assert len(hop.taken) == MAX_OWN + 1

    async def test_a_recipient_whose_postmaster_takes_what_others_refuse_has_it_held_for_the_others(self, node, domain):
        gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
        content = message(body=f"{gtube}\r\n")
        async with domain.next_hop() as hop:
            reply = (await node.send([domain.bob, domain.postmaster], content))[-1]
            assert reply.code == 250
            assert [one.recipients for one in hop.taken] == [(domain.postmaster,)]
            assert_unchanged(hop.taken[0], content)
        assert [[str(who.address) for who in one.recipients] for one in node.held(domain.name)] == [[domain.bob]]
        assert endings(node, reply.id) == {domain.postmaster: Ending.RELAYED, domain.bob: Ending.HELD}

    @pytest.mark.parametrize("says", [{".": "451 4.3.0 later"}, {".": CLOSE}, {"RCPT": "550 5.1.1 who"}], ids=str)
    async def test_nothing_stays_held_of_a_message_that_its_sender_keeps(self, node, domain, says):
        gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
        async with domain.next_hop(says):
            reply = (await node.send([domain.bob, domain.postmaster], message(body=f"{gtube}\r\n")))[-1]
            assert reply.code in (451, 550)
        assert node.held(domain.name) == []

    async def test_nobody_can_release_a_copy_while_its_sender_waits(self, node, domain):
        gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
        async with domain.next_hop({"DATA": (0.5, "354 go")}) as hop:
            sending = asyncio.create_task(node.send([domain.bob, domain.postmaster], message(body=f"{gtube}\r\n")))
            await hop.until(lambda: hop.asked.get("DATA"))
            held = FolderSpool(node.data / "held", reserve_bytes=0)
            (copy,) = node.held(domain.name)
            with pytest.raises(Unavailable), held.lock(copy.id):
                pass
            assert (await sending)[-1].code == 250
            await until(lambda: _can_be_locked(held, copy.id))
            held.close()

    async def test_nothing_stays_held_when_the_sender_leaves(self, node, domain):
        gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
        async with domain.next_hop({"DATA": (0.3, "354 go")}) as hop:
            async with node.sender() as sender:
                await sender.greeted()
                await sender.pipeline(
                    "MAIL FROM:<ann@sender.test>", f"RCPT TO:<{domain.bob}>", f"RCPT TO:<{domain.postmaster}>", "DATA"
                )
                sender.write(message(body=f"{gtube}\r\n") + b".\r\n")
                await hop.until(lambda: hop.asked.get("DATA"))
                assert len(node.held(domain.name)) == 1
                sender.reset()
            await until(lambda: not node.held(domain.name))
            assert hop.taken == []


class TestHalfAMessage:
    async def test_what_was_not_ended_by_a_dot_is_no_message(self, node, domain):
        async with domain.next_hop() as hop:
            async with node.sender() as sender:
                await sender.greeted()
                await sender.pipeline("MAIL FROM:<ann@sender.test>", f"RCPT TO:<{domain.bob}>", "DATA")
                sender.write(message())
                sender.writer.write_eof()
                with pytest.raises(Gone):
                    await sender.reply()
            assert hop.connections == 0
        assert node.spooled(domain.name) == []


def _can_be_locked(spool, message_id):
    try:
        with spool.lock(message_id):
            return True
    except Unavailable:
        return False
