"""What happens after hours and days."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy

from structlog.testing import capture_logs

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.event import Ending
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.outage import HOUR_S, Outage
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.mta.delivery.schedule import DAY_S
from tests.journeys.delivery.deliveries import BEGINNING, CONTENT, server
from tests.journeys.node import until


async def test_a_server_that_answers_4xx_has_five_days(deliveries):
    async with server(deliveries.away, {"RCPT": "450 4.2.1 busy"}) as hop:
        message_id = await deliveries.keep()
        await deliveries.until_fate(message_id, Ending.DEFERRED)
        deliveries.later(5 * 24 - 1)
        await until(lambda: len(deliveries.fates(message_id)) == 2)
        assert deliveries.fates(message_id) == [Ending.DEFERRED] * 2
        deliveries.later(5 * 24 + 1)
        await deliveries.until_fate(message_id, Ending.EXPIRED)
        assert hop.asked["RCPT"] == 3
        await until(lambda: deliveries.spool.read(message_id) is None)


async def test_silence_of_five_days_is_not_the_same_as_4xx(deliveries):
    message_id = await deliveries.keep()
    await until(lambda: deliveries.outages.find("away.example"))
    deliveries.later(5 * 24 + 1)
    await asyncio.sleep(0.7)
    assert deliveries.spool.read(message_id).waiting
    async with server(deliveries.away) as hop:
        deliveries.later(5 * 24 + 2)
        await hop.takes(1)
        await deliveries.until_fate(message_id, Ending.DELIVERED)


async def test_warnings_come_at_1_24_96_and_144_hours_and_at_168_all_ends(deliveries):
    with capture_logs() as logs:
        early = await deliveries.keep()
        await until(lambda: deliveries.outages.find("away.example"))
        for hours in (0.9, 1.1, 23, 25, 95, 97, 143, 145, 160):
            deliveries.later(hours)
            await asyncio.sleep(0.6)
        late = await deliveries.keep()
        deliveries.later(167.9)
        await asyncio.sleep(0.6)
        assert deliveries.fates(early) == [Ending.DEFERRED]
        assert deliveries.spool.read(early).waiting
        deliveries.later(168)
        # The message that came at hour 160 has lived for eight hours: the outage counts, not its age.
        await deliveries.until_fate(early, Ending.EXPIRED)
        await deliveries.until_fate(late, Ending.EXPIRED)
        # Told after the journal has it.
        await until(
            lambda: {one["id"] for one in logs if one["event"] == "message expired undelivered"} == {early, late}
        )
    warnings = [one["hours"] for one in logs if one["event"] == "destination out of reach" and "hours" in one]
    assert warnings == [1, 24, 96, 144]
    assert deliveries.outages.find("away.example").since == BEGINNING


async def test_a_dead_server_that_comes_back_is_noticed_without_any_mail(deliveries):
    deliveries.outages.save(Outage("away.example", since=BEGINNING - 200 * HOUR_S, warned_h=144))
    await asyncio.sleep(0.6)
    assert deliveries.outages.find("away.example")
    async with server(deliveries.away) as hop:
        deliveries.later(0.1)
        await until(lambda: not deliveries.outages.find("away.example"))
        assert (hop.asked["EHLO"], hop.asked.get("MAIL")) == (1, None)


async def test_a_server_that_is_away_is_not_asked_more_often_when_no_mail_waits_for_it(deliveries):
    deliveries.outages.save(Outage("away.example", since=BEGINNING - 2 * HOUR_S, warned_h=1))
    async with server(deliveries.away, {"banner": "close"}) as hop:
        await hop.until(lambda: hop.connections == 1)
        for seconds in (7, 14, 21):  # It is asked every 30 s, and the clock goes on meanwhile.
            # Long enough for a look through the spool each time.
            deliveries.later(seconds / 3_600)
            await asyncio.sleep(0.7)
        assert hop.connections == 1
        deliveries.later(31 / 3_600)
        await hop.until(lambda: hop.connections == 2)


async def test_an_outage_of_a_domain_that_is_served_no_more_ends(deliveries):
    deliveries.outages.save(Outage("gone.example", since=BEGINNING))
    await until(lambda: not deliveries.outages.find("gone.example"))


async def test_outbound_five_days_in_the_queue_are_enough_also_in_an_outage(deliveries):
    async with server(deliveries.home) as home:
        message_id = await deliveries.keep(Direction.OUTBOUND)
        await until(lambda: deliveries.outages.find("outbound"))
        deliveries.later(5 * 24 - 1)
        await asyncio.sleep(0.7)
        assert deliveries.spool.read(message_id).waiting
        deliveries.later(5 * 24)
        await deliveries.until_fate(message_id, Ending.BOUNCED)
        # The doorbell leads nowhere here: the queue finds the notification when it looks by itself.
        deliveries.later(5 * 24 + 1)
        (taken,) = await home.takes(1)
    report = message_from_bytes(taken.content, policy=policy.default)
    fields = list(report.iter_parts())[1].get_payload()[1]
    assert (taken.sender, taken.recipients) == ("", ("ann@home.example",))
    assert (fields["Action"], fields["Status"]) == ("failed", "5.4.7")


async def test_outbound_five_days_of_4xx_bounce_without_a_notice_of_delay(deliveries):
    async with server(deliveries.world, {"RCPT": "450 4.2.1 busy"}), server(deliveries.home) as home:
        message_id = await deliveries.keep(Direction.OUTBOUND, queued_at=BEGINNING - 5 * DAY_S)
        await deliveries.until_fate(message_id, Ending.BOUNCED)
        deliveries.later(1)
        (taken,) = await home.takes(1)
        assert b"Action: failed\r\n" in taken.content
        assert len(list(deliveries.spool.messages())) <= 1


async def test_a_message_that_is_handled_elsewhere_rests_and_the_others_go_on(deliveries):
    async with server(deliveries.away) as hop:
        other = FolderSpool(deliveries.folder / "spool", reserve_bytes=0)
        message_id = new_id()
        message = QueuedMessage(
            id=message_id,
            direction=Direction.INBOUND,
            client="away",
            destination="away.example",
            received_at=BEGINNING,
            queued_at=BEGINNING,
            sender=None,
            is_sender_authenticated=False,
            recipients=(QueuedRecipient(Address("bob", "away.example")),),
        )
        await other.keep(message, MemoryContent(CONTENT))
        with other.lock(message_id):
            deliveries.queue.ring(message_id)
            await asyncio.sleep(0.1)
            await deliveries.keep()
            await hop.takes(1)
            assert deliveries.fates(message_id) == []
        deliveries.later(0.1)
        await hop.takes(2)
        other.close()
