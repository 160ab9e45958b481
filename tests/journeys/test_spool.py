"""What lies in the spool: outage and recovery, retries, bounces, restarts (docs/message-path.md, "The spool")."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from itertools import pairwise

import pytest

from ecluse.adapters.lmdb.outages import LmdbOutages
from ecluse.domain.event import Ending, Stage
from ecluse.domain.outage import HOUR_S, Outage
from tests.journeys.next_hop import KEYWORDS, NextHop
from tests.journeys.node import HOSTNAME, NEXT_HOP_PORT, client_table, domains, until, written_by
from tests.journeys.sender import message
from tests.loopback import fresh_ip

CONTENT = message(subject="late", body="..dots\r\n.\r\nlast\r\n")


def fates(node, message_id):
    """What the journal says about each recipient in the end."""
    return {one.address: one.fate for event in node.journal(message_id) for one in event.recipients}


async def until_fates(node, message_id, expected):
    await until(lambda: fates(node, message_id) == expected)


async def until_told_expired(node, message_id):
    """Once: the log names it after the journal does."""
    await until(lambda: message_id in [one["id"] for one in node.log("message expired undelivered")])
    assert [one["id"] for one in node.log("message expired undelivered")].count(message_id) == 1


class TestOutage:
    async def test_a_server_that_comes_back_gets_each_message_once_and_paced(self, node, domain):
        ids = [(await node.send([domain.bob], message(str(one))))[-1].id for one in range(30)]
        await until(lambda: domain.name in node.outages())
        assert {one.id for one in node.spooled(domain.name)} == set(ids)
        async with domain.next_hop({".": (0.02, "250 2.0.0 ok")}) as hop:
            await hop.takes(1)
            assert hop.most_open == 1
            await hop.takes(30, within_s=60)
            await until(lambda: not node.spooled(domain.name))
            assert hop.most_open <= 10
        assert domain.name not in node.outages()
        assert sorted(_subject(one) for one in hop.taken) == sorted(str(one) for one in range(30))
        for message_id in ids:
            await until_fates(node, message_id, {domain.bob: Ending.DELIVERED})

    async def test_while_it_lasts_there_is_one_probe_at_a_time(self, node, domain):
        async with domain.next_hop({"banner": "close"}) as hop:
            for number in range(5):
                await node.send([domain.bob], message(str(number)))
            await until(lambda: domain.name in node.outages())
            asked, hop.most_open = hop.connections, 0
            began = time.monotonic()
            await hop.until(lambda: hop.connections >= asked + 3)
            # The node looks around every 0.5 s and asks every 0.5 s: five messages must not mean five questions.
            assert time.monotonic() - began > 0.9
            assert hop.most_open == 1
            attempts = sum(one.attempts for one in node.spooled(domain.name))
            await hop.until(lambda: hop.connections >= asked + 5)
            assert sum(one.attempts for one in node.spooled(domain.name)) == attempts
            hop.says.clear()
            await hop.takes(5)

    async def test_a_server_that_only_greets_is_still_out_of_reach(self, node, domain):
        async with domain.next_hop({"MAIL": "close"}) as hop:
            await node.send([domain.bob], CONTENT)
            await until(lambda: domain.name in node.outages())
            since = node.outages()[domain.name].since
            await hop.until(lambda: hop.asked.get("MAIL", 0) >= 4)
            assert node.outages()[domain.name].since == since
            hop.says.clear()
            await hop.takes(1)
            await until(lambda: domain.name not in node.outages())

    @pytest.mark.parametrize(
        "says",
        [{"MAIL": "450 4.7.1 later"}, {"banner": "421 4.7.0 too many connections"}, {"EHLO": "421 4.3.2 busy"}],
        ids=str,
    )
    async def test_a_server_that_says_no_is_up(self, node, domain, says):
        async with domain.next_hop(says) as hop:
            for number in range(3):
                await node.send([domain.bob], message(str(number)))
            await until(lambda: all(one.attempts >= 2 for one in node.spooled(domain.name)))
            assert domain.name not in node.outages()
            assert all(one.answered_since for one in node.spooled(domain.name))
            hop.says.clear()
            await hop.takes(3)


class TestRetries:
    async def test_4xx_is_tried_again_later_and_later(self, node, domain):
        times = []

        def busy(number):
            times.append(time.monotonic())
            return "451 4.3.0 busy" if number < 4 else "250 2.0.0 ok"

        says = {"MAIL": lambda number: "450 4.3.0 not now" if number == 0 else "250 2.1.0 ok", ".": busy}
        async with domain.next_hop(says) as hop:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            await hop.takes(1, within_s=60)
            await until_fates(node, reply.id, {domain.bob: Ending.DELIVERED})
        gaps = [later - earlier for earlier, later in pairwise(times)]
        # 0.5 s, then 1.5 times as long each time, 20 % more at random, seen twice a second.
        assert [gap >= wanted for gap, wanted in zip(gaps, (0.5, 0.75, 1.125, 1.6875), strict=True)] == [True] * 4
        assert hop.taken[0].content.endswith(CONTENT)
        records = node.journal(reply.id)[1:]
        assert [one.recipients[0].fate for one in records] == [Ending.DEFERRED] * 4 + [Ending.DELIVERED]

    async def test_mixed_recipients_each_get_their_own_end(self, node, domain):
        says = {
            "MAIL": lambda number: "450 4.3.0 not now" if number == 0 else "250 2.1.0 ok",
            f"RCPT {domain.cy}": lambda number: "450 4.2.1 busy" if number == 0 else "250 2.1.5 ok",
            f"RCPT {domain.dan}": "550 5.1.1 who",
        }
        async with domain.next_hop(says) as hop:
            reply = (await node.send([domain.bob, domain.cy, domain.dan], CONTENT))[-1]
            await hop.takes(2)
            expected = {domain.bob: Ending.DELIVERED, domain.cy: Ending.DELIVERED, domain.dan: Ending.EXPIRED}
            await until_fates(node, reply.id, expected)
            assert [one.recipients for one in hop.taken] == [(domain.bob,), (domain.cy,)]
        await until(lambda: not node.spooled(domain.name))

    async def test_inbound_5xx_expires_is_named_in_the_log_and_tells_no_stranger(self, node, shared, domain):
        says = {"MAIL": lambda number: "450 4.3.0 not now" if number == 0 else "250 2.1.0 ok", "RCPT": "550 5.1.1 who"}
        async with domain.next_hop(says), NextHop(shared.outbound_hop, NEXT_HOP_PORT) as outbound:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            await until_fates(node, reply.id, {domain.bob: Ending.EXPIRED})
            await until_told_expired(node, reply.id)
            await until(lambda: not node.spooled(domain.name))
            assert node.spooled("outbound") == []
            assert outbound.taken == []


class Report:
    """A delivery status notification, read by Python's own parser."""

    def __init__(self, taken):
        self.taken = taken
        self.message = message_from_bytes(taken.content, policy=policy.default)
        self.parts = list(self.message.iter_parts())

    @property
    def status(self):
        """The blocks of the message/delivery-status part: of the message, then of each recipient."""
        return self.parts[1].get_payload()


class TestNotifications:
    """The outbound door: its senders are authenticated, and their domains are our clients'."""

    @pytest.fixture
    async def outbound(self, shared):
        async with NextHop(shared.outbound_hop, NEXT_HOP_PORT) as hop:
            yield hop

    async def submit(self, node, domain, recipients, mail=""):
        async with node.submitter() as sender:
            await sender.greeted()
            commands = [f"MAIL FROM:<{domain.ann}>{mail}", *[f"RCPT TO:{one}" for one in recipients], "DATA"]
            assert [one.code for one in await sender.pipeline(*commands)] == [250] * (len(commands) - 1) + [354]
            content = written_by(CONTENT, commands[0])
            sender.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            return await sender.reply()

    async def test_outbound_mail_is_spooled_first_and_then_delivered(self, node, domain, outbound):
        reply = await self.submit(node, domain, ["<you@world.example>", "<she@world.example>"])
        assert reply.code == 250
        await outbound.takes(1)
        assert outbound.taken[0].recipients == ("you@world.example", "she@world.example")
        assert outbound.taken[0].content.endswith(CONTENT.partition(b"\r\n")[2])
        expected = dict.fromkeys(["you@world.example", "she@world.example"], Ending.DELIVERED)
        await until_fates(node, reply.id, expected)

    async def test_5xx_is_told_to_the_sender_in_a_report_from_the_null_sender(self, node, domain, outbound):
        outbound.says["RCPT you@world.example"] = "550-5.1.1 no such\r\n550 5.1.1 user here"
        async with domain.next_hop() as home:
            reply = await self.submit(
                node,
                domain,
                ["<you@world.example> ORCPT=rfc822;You+2BI@world.example", "<she@world.example>"],
                mail=" ENVID=QQ314159",
            )
            await home.takes(1)
            await outbound.takes(1)
        report = Report(home.taken[0])
        assert (report.taken.sender, report.taken.recipients) == ("", (domain.ann,))
        assert report.message.get_content_type() == "multipart/report"
        assert report.message.get_param("report-type") == "delivery-status"
        assert report.message["Auto-Submitted"] == "auto-replied"
        assert report.message["To"] == domain.ann
        assert [one.get_content_type() for one in report.parts] == [
            "text/plain",
            "message/delivery-status",
            "message/rfc822",
        ]
        about, recipient = report.status
        assert about["Original-Envelope-Id"] == "QQ314159"
        assert about["Reporting-MTA"] == f"dns; {HOSTNAME}"
        assert recipient["Original-Recipient"] == "rfc822;You+I@world.example"
        assert recipient["Final-Recipient"] == "rfc822; you@world.example"
        assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
        assert recipient["Diagnostic-Code"].startswith("smtp; 550 5.1.1 ")
        assert report.parts[2].get_payload(0)["Subject"] == "late"
        await until_fates(node, reply.id, {"you@world.example": Ending.BOUNCED, "she@world.example": Ending.DELIVERED})
        assert outbound.taken[0].recipients == ("she@world.example",)

    async def test_ret_hdrs_returns_only_the_header_section(self, node, domain, outbound):
        outbound.says["RCPT"] = "550 5.1.1 who"
        async with domain.next_hop() as home:
            await self.submit(node, domain, ["<you@world.example>"], mail=" RET=HDRS")
            await home.takes(1)
        report = Report(home.taken[0])
        assert report.parts[2].get_content_type() == "text/rfc822-headers"
        assert b"Subject: late" in report.taken.content
        assert b"last\r\n" not in report.taken.content

    async def test_who_wants_no_report_gets_none(self, node, domain, outbound):
        outbound.says["RCPT"] = "550 5.1.1 who"
        async with domain.next_hop() as home:
            reply = await self.submit(node, domain, ["<you@world.example> NOTIFY=NEVER"])
            await until_fates(node, reply.id, {"you@world.example": Ending.EXPIRED})
            await until(lambda: not node.spooled("outbound"))
            assert node.spooled(domain.name) == []
            assert home.taken == []

    async def test_success_is_reported_where_the_next_hop_does_not_do_it(self, node, domain, outbound):
        async with domain.next_hop() as home:
            await self.submit(
                node, domain, ["<you@world.example> NOTIFY=SUCCESS,FAILURE", "<she@world.example> NOTIFY=FAILURE"]
            )
            await home.takes(1)
        report = Report(home.taken[0])
        assert [one["Final-Recipient"] for one in report.status[1:]] == ["rfc822; you@world.example"]
        assert (report.status[1]["Action"], report.status[1]["Status"]) == ("relayed", "2.0.0")

    async def test_success_is_left_to_a_next_hop_that_offers_dsn(self, node, domain, outbound):
        outbound.keywords = (*KEYWORDS, "DSN")
        async with domain.next_hop() as home:
            reply = await self.submit(node, domain, ["<you@world.example> NOTIFY=SUCCESS ORCPT=rfc822;me@a.example"])
            await outbound.takes(1)
            await until_fates(node, reply.id, {"you@world.example": Ending.DELIVERED})
            assert outbound.taken[0].rcpts[0].endswith(" NOTIFY=SUCCESS ORCPT=rfc822;me@a.example")
            assert node.spooled(domain.name) == []
            assert home.taken == []

    async def test_a_report_that_cannot_be_delivered_is_not_reported(self, node, domain, outbound):
        outbound.says["RCPT"] = "550 5.1.1 who"
        async with domain.next_hop({"RCPT": "550 5.1.1 no ann either"}):
            await self.submit(node, domain, ["<you@world.example>"])
            expired = await until(
                lambda: [one for one in node.journal() for who in one.recipients if who.address == domain.ann]
            )
            assert [one.recipients[0].fate for one in expired] == [Ending.EXPIRED]
            await until(lambda: not node.spooled())
        assert [one.stage for one in node.journal(expired[0].id)] == [Stage.DELIVERY]

    async def test_a_submitted_bounce_that_fails_is_not_reported(self, node, outbound):
        outbound.says["RCPT"] = "550 5.1.1 who"
        reply = (await node.submit(["you@world.example"], CONTENT, mail="MAIL FROM:<>"))[-1]
        await until_fates(node, reply.id, {"you@world.example": Ending.EXPIRED})
        await until(lambda: not node.spooled())

    async def test_a_late_message_is_announced_once(self, make_node):
        home, hop = domains("late", 1)[0], fresh_ip()
        node = make_node(
            client_table("late", [home]), {"spool": {"delay_notice_after_s": 0.3, "max_retry_s": 0.5}}, hop
        )
        busy = {"MAIL": "450 4.3.0 busy"}
        async with NextHop(hop, NEXT_HOP_PORT, busy) as outbound, home.next_hop() as server:
            await self.submit(node, home, ["<you@world.example>", "<she@world.example> NOTIFY=FAILURE"])
            await server.takes(1)
            await outbound.until(lambda: outbound.asked.get("MAIL", 0) >= 5)
            assert len(server.taken) == 1
            assert [one.is_of_newcomer for one in node.spooled("outbound")] == [True]
            outbound.says.clear()
            await outbound.takes(1)
        report = Report(server.taken[0])
        assert [one["Final-Recipient"] for one in report.status[1:]] == ["rfc822; you@world.example"]
        assert (report.status[1]["Action"], report.status[1]["Status"]) == ("delayed", "4.3.0")


class TestCrashes:
    async def test_a_restart_keeps_queue_and_outage(self, make_node):
        served = domains("restart", 1)[0]
        node = make_node(client_table("restart", [served]))
        ids = [(await node.send([served.bob], message(str(one))))[-1].id for one in range(5)]
        await until(lambda: served.name in node.outages())
        since = node.outages()[served.name].since
        assert await asyncio.to_thread(node.stop) == 0
        assert {one.id for one in node.spooled(served.name)} == set(ids)
        await asyncio.to_thread(node.start)
        assert node.outages()[served.name].since == since
        async with served.next_hop() as hop:
            await hop.takes(5)
            await until(lambda: not node.spooled(served.name))
        assert sorted(_subject(one) for one in hop.taken) == [str(one) for one in range(5)]
        assert node.faults() == []

    async def test_a_delivery_process_that_is_killed_loses_nothing(self, make_node):
        served = domains("kill", 1)[0]
        node = make_node(client_table("kill", [served]), {"": {"workers": 1}})
        delivery = node.children()[1]
        ids = [(await node.send([served.bob], message(str(one))))[-1].id for one in range(20)]
        async with served.next_hop({".": (0.05, "250 2.0.0 ok")}) as hop:
            await hop.takes(5)
            node.kill(delivery)
            await until(lambda: not node.spooled(served.name), within_s=60)
            subjects = [_subject(one) for one in hop.taken]
        assert set(subjects) == {str(one) for one in range(20)}
        # A message whose 250 was on its way when the process died may come twice: RFC 5321 section 4.5.3.2.6.
        assert len(subjects) - 20 <= 10
        assert [one["job"] for one in node.log("process died")] == ["delivery-0"]
        assert len(ids) == 20


class TestTheEndOfAnOutage:
    async def test_at_168_hours_what_waits_ends_and_the_log_names_it(self, node, domain):
        reply = (await node.send([domain.bob], CONTENT))[-1]
        await until(lambda: domain.name in node.outages())
        store = LmdbOutages(node.data / "state" / "outages")
        store.save(Outage(domain.name, since=datetime.now(UTC).timestamp() - 169 * HOUR_S, warned_h=96))
        store.close()
        await until_fates(node, reply.id, {domain.bob: Ending.EXPIRED})
        await until(lambda: not node.spooled(domain.name))
        warnings = [one for one in node.log("destination out of reach") if one["destination"] == domain.name]
        assert [one.get("hours") for one in warnings] == [None, 144]
        await until_told_expired(node, reply.id)

    async def test_a_server_that_comes_back_in_the_168th_hour_gets_its_mail(self, node, domain):
        async with domain.next_hop({"banner": "close"}) as hop:
            reply = (await node.send([domain.bob], CONTENT))[-1]
            await until(lambda: domain.name in node.outages())
            hop.says.clear()
            store = LmdbOutages(node.data / "state" / "outages")
            if domain.name in node.outages():
                store.save(Outage(domain.name, since=datetime.now(UTC).timestamp() - 169 * HOUR_S, warned_h=144))
            store.close()
            await hop.takes(1)
            await until_fates(node, reply.id, {domain.bob: Ending.DELIVERED})


def _subject(taken):
    return taken.content.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
