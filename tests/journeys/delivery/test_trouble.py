"""A full disk, too many open files, a wrong clock, an end in the middle: nothing is lost, nothing goes out twice."""

from __future__ import annotations

import asyncio
import errno
import threading
import time

import pytest
from structlog.testing import capture_logs

from ecluse.adapters.folder import spool as spool_module
from ecluse.adapters.folder.journal import FolderJournal
from ecluse.adapters.folder.spool import FolderSpool, bucket_of
from ecluse.adapters.lmdb.policies import publish
from ecluse.domain.address import Address
from ecluse.domain.errors import NoRoom
from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.outage import HOUR_S, Outage
from ecluse.domain.published import PublishedPolicy
from ecluse.domain.queue import QueuedRecipient
from ecluse.entrypoints import delivery_process
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings import load_settings
from ecluse.mta.delivery import deliverer as deliverer_module
from ecluse.mta.delivery import queue as queue_module
from ecluse.mta.delivery.queue import DeliveryQueue
from tests.journeys.delivery.deliveries import BEGINNING, Deliveries, server
from tests.journeys.node import until
from tests.unit.adapters.folder.failing_disk import fail

MINUTE_H = 61 / 3_600  # A little more than a rest, in hours.
ANN, BOB = (QueuedRecipient(Address(name, "away.example")) for name in ("ann", "bob"))
BOB_IS_BUSY = {"RCPT bob@away.example": "450 4.2.1 busy"}
BOB_IS_UNKNOWN = {"RCPT bob@away.example": "550 5.1.1 unknown"}


@pytest.fixture
def full_disk(monkeypatch):
    """Steps of messages find no room while the list that is given holds anything."""
    real, full = spool_module.append_progress, []

    def append_progress(fd, stored, progress):
        if full:
            full.append(stored.message.id)
            raise OSError(errno.ENOSPC, "No space left on device")
        real(fd, stored, progress)

    monkeypatch.setattr(spool_module, "append_progress", append_progress)
    return full


# --- A full disk


async def test_what_was_delivered_and_could_not_be_recorded_is_not_handed_over_again(deliveries, full_disk):
    full_disk.append("from the beginning")
    async with server(deliveries.away, BOB_IS_BUSY) as hop:
        message_id = await deliveries.keep(recipients=(ANN, BOB))
        for minute in range(1, 6):
            await until(lambda so_far=minute: len(full_disk) > so_far and not deliveries.queue._tasks)
            deliveries.later(minute * MINUTE_H)
        assert [one.recipients for one in hop.taken] == [("ann@away.example",)]
        full_disk.clear()
        deliveries.later(6 * MINUTE_H)
        # Bob's next attempt is overdue when his last one is recorded at last.
        await until(lambda: deliveries.fates(message_id) == [Ending.DELIVERED, Ending.DEFERRED, Ending.DEFERRED])
        assert len(hop.taken) == 1


async def test_who_was_told_and_whose_message_could_not_be_recorded_is_not_told_again(deliveries, full_disk):
    full_disk.append("from the beginning")
    rcpts = {"RCPT ann@away.example": "450 4.2.1 busy"} | BOB_IS_UNKNOWN
    async with server(deliveries.world, rcpts):
        message_id = await deliveries.keep(Direction.OUTBOUND, recipients=(ANN, BOB))
        for minute in range(1, 4):
            await until(lambda so_far=minute: len(full_disk) > so_far and not deliveries.queue._tasks)
            deliveries.later(minute * MINUTE_H)
        full_disk.clear()
        deliveries.later(4 * MINUTE_H)
        await until(lambda: Ending.BOUNCED in deliveries.fates(message_id))
        assert [one.sender for one in deliveries.spool.messages() if one.id != message_id] == [None]


async def test_the_end_of_a_message_does_not_bounce_what_was_delivered(deliveries, full_disk):
    full_disk.append("from the beginning")
    async with server(deliveries.away, BOB_IS_BUSY):
        message_id = await deliveries.keep(recipients=(ANN, BOB))
        await until(lambda: len(full_disk) > 1 and not deliveries.queue._tasks)
    full_disk.clear()
    await deliveries.deliverer.end(deliveries.spool.read(message_id), "it is over")
    ended = [Ending.DELIVERED, Ending.DEFERRED, Ending.EXPIRED]
    assert deliveries.fates(message_id) == ended


async def test_what_is_owed_to_a_message_goes_with_it(deliveries, full_disk):
    full_disk.append("from the beginning")
    async with server(deliveries.away, {".": (0.3, "250 2.0.0 ok")} | BOB_IS_BUSY) as hop:
        message_id = await deliveries.keep(recipients=(ANN, BOB))
        await hop.until(lambda: hop.asked.get("."))
        await deliveries.spool.remove(message_id)
        await hop.takes(1)
        await until(lambda: not deliveries.queue._tasks)
    assert deliveries.deliverer._owed == {}


async def test_what_is_owed_is_bounded(deliveries, full_disk, monkeypatch):
    monkeypatch.setattr(deliverer_module, "MAX_OWED", 2)
    full_disk.append("from the beginning")
    async with server(deliveries.away, BOB_IS_BUSY) as hop:
        for _ in range(4):
            await deliveries.keep(recipients=(ANN, BOB))
        await hop.takes(4)
        await until(lambda: len(full_disk) > 4)
    assert len(deliveries.deliverer._owed) == 2


async def test_while_the_journal_cannot_be_written_outages_begin_and_end(deliveries, monkeypatch):
    def append(_journal, _event):
        raise NoRoom("journal: no room")

    monkeypatch.setattr(FolderJournal, "append", append)
    with capture_logs() as logs:
        message_id = await deliveries.keep()
        await until(lambda: deliveries.outages.find("away.example"))
        async with server(deliveries.away) as hop:
            deliveries.later(MINUTE_H)
            await hop.takes(1)
            await until(lambda: not deliveries.outages.find("away.example"))
    said = [(one["id"], one["problem"]) for one in logs if one["event"] == "the journal cannot be written"]
    assert said == [(message_id, "journal: no room")] * 2
    assert deliveries.spool.read(message_id) is None


@pytest.fixture
def full(monkeypatch):
    """The journal has no room until this is emptied."""
    full, real = [True], FolderJournal.append

    def append(journal, event):
        if full:
            raise NoRoom("journal: no room")
        real(journal, event)

    monkeypatch.setattr(FolderJournal, "append", append)
    return full


async def test_who_ends_unseen_waits_for_the_journal(deliveries, full):
    """Nobody is told of him: with the file gone, and no line in the journal, he would be lost."""
    with capture_logs() as logs:
        async with server(deliveries.away, BOB_IS_UNKNOWN) as hop:
            message_id = await deliveries.keep()
            await until(lambda: any(one["event"] == "delivery put off" for one in logs))
            assert deliveries.spool.read(message_id).waiting == (BOB,)
            full.clear()
            deliveries.later(MINUTE_H)
            await until(lambda: deliveries.spool.read(message_id) is None)
            assert hop.asked["RCPT bob@away.example"] == 1
        await until(lambda: [one["event"] for one in logs].count("message expired undelivered") == 1)
    assert deliveries.fates(message_id) == [Ending.EXPIRED]


async def test_a_bounce_waits_for_the_journal_and_is_told_once(deliveries, full):
    """Or the log would say for ever that the message waits."""
    async with server(deliveries.world, BOB_IS_UNKNOWN) as hop, server(deliveries.home) as home:
        with capture_logs() as logs:
            message_id = await deliveries.keep(Direction.OUTBOUND)
            await home.takes(1)
            await until(lambda: (message_id, "delivery put off") in [(one.get("id"), one["event"]) for one in logs])
        assert deliveries.spool.read(message_id).waiting == (BOB,)
        full.clear()
        deliveries.later(MINUTE_H)
        await deliveries.until_fate(message_id, Ending.BOUNCED)
        await until(lambda: deliveries.spool.read(message_id) is None)
        assert (hop.asked["RCPT bob@away.example"], len(home.taken)) == (1, 1)


# --- Too many open files


async def test_a_file_that_cannot_be_opened_keeps_no_other_message_waiting(deliveries):
    async with server(deliveries.away):
        with capture_logs() as logs:
            message_id = await deliveries.keep_silently()
            loop = deliveries.folder / "spool" / "queue" / f"{bucket_of('away.example'):02x}" / "a-link-to-itself"
            loop.symlink_to(loop.name)
            deliveries.later(MINUTE_H)
            await deliveries.until_fate(message_id, Ending.DELIVERED)
            told = "spooled message cannot be opened"
            await until(lambda: {(one["id"], one["count"]) for one in logs if one["event"] == told} == {(loop.name, 1)})


async def test_a_spool_that_cannot_be_listed_is_listed_again_and_cuts_nothing_off(deliveries, monkeypatch):
    async with server(deliveries.away, {".": (1.5, "250 2.0.0 ok")}) as hop:
        message_id = await deliveries.keep()
        await hop.until(lambda: hop.asked.get("."))
        silent = await deliveries.keep_silently()
        failures = fail(monkeypatch, "listdir", errno.EMFILE)
        failures.append(1)
        with capture_logs() as logs:
            deliveries.later(MINUTE_H)
            await until(lambda: not failures)
            await deliveries.until_fate(message_id, Ending.DELIVERED)
            await until(lambda: "queue cannot be read" in [one["event"] for one in logs])
        assert [one["problem"] for one in logs if one["event"] == "queue cannot be read"] == [
            "spool: Too many open files"
        ]
        deliveries.later(2 * MINUTE_H)
        await deliveries.until_fate(silent, Ending.DELIVERED)


async def test_a_message_that_cannot_be_opened_for_a_moment_rests_and_goes(deliveries, monkeypatch):
    async with server(deliveries.away) as hop:
        message_id = await deliveries.keep(next_attempt=BEGINNING + 1)
        real = FolderSpool._find
        tried = []

        def find(spool, wanted, flags):
            tried.append(wanted)
            if len(tried) == 1:
                raise OSError(errno.EMFILE, "Too many open files")
            return real(spool, wanted, flags)

        monkeypatch.setattr(FolderSpool, "_find", find)
        with capture_logs() as logs:
            deliveries.queue.ring(message_id)
        assert [(one["event"], one["id"]) for one in logs] == [("delivery put off", message_id)]
        tried.clear()
        with capture_logs() as logs:
            deliveries.later(2 / 3_600)  # Due, and no time yet to look through the spool.
            await until(lambda: tried)
            await until(lambda: not deliveries.queue._tasks)
        assert [one["event"] for one in logs] == ["delivery put off"]
        deliveries.later(2 / 3_600 + MINUTE_H)
        await hop.takes(1)


async def test_a_few_destinations_do_not_take_all_places_from_the_others(deliveries, monkeypatch):
    monkeypatch.setattr(queue_module, "MAX_ATTEMPTS", 2)
    async with server(deliveries.away, {".": (0.2, "250 2.0.0 ok")}) as away, server(deliveries.home) as home:
        for _ in range(12):
            await deliveries.keep()
        await deliveries.keep(destination="home.example")
        before = len(away.taken)  # On a slow disk it has some before all are kept.
        await home.takes(1)
        assert away.most_open == 2
        assert len(away.taken) - before < 8
        await away.takes(12, within_s=60)


# --- The end of the process


def noting(names, close):
    def closing(self):
        names.append(type(self).__name__)
        close(self)

    return closing


async def test_the_end_waits_for_attempts_but_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(queue_module, "DRAIN_S", 3.0)
    deliveries = Deliveries(tmp_path)
    slow = server(deliveries.home, {".": (0.4, "250 2.0.0 ok")})
    async with server(deliveries.away, {".": "hang"}) as hop, slow:
        with capture_logs() as logs:
            async with deliveries.running():
                late = await deliveries.keep()
                in_time = await deliveries.keep(destination="home.example")
                await hop.until(lambda: hop.asked.get("."))
                await slow.until(lambda: slow.asked.get("."))
                began = time.monotonic()
        assert 2.9 < time.monotonic() - began < 30
        assert [one["count"] for one in logs if one["event"] == "deliveries cut at shutdown"] == [1]
    assert deliveries.fates(in_time) == [Ending.DELIVERED]
    assert deliveries.fates(late) == []


async def test_a_process_that_fails_closes_what_it_has_opened(tmp_path, monkeypatch):
    """And of the spool it reads the buckets of its own destinations, no others."""
    queues, closed = [], []

    async def run(queue):
        queues.append(queue)
        raise AssertionError("a fault of ours")

    monkeypatch.setattr(DeliveryQueue, "run", run)
    for one in (FolderJournal, FolderSpool):
        monkeypatch.setattr(one, "close", noting(closed, one.close))
    (tmp_path / "policy.toml").touch()
    (tmp_path / "ecluse.toml").write_text(
        'hostname = "gateway.test"\ndata_dir = "data"\ndelivery_processes = 3\n[policy]\nfile = "policy.toml"\n',
        "utf-8",
    )
    settings = load_settings(tmp_path / "ecluse.toml")
    publish(DataPaths(settings.data_dir).policy, PublishedPolicy((), (), ()))
    for number in range(3):
        with pytest.raises(AssertionError, match="a fault of ours"):
            await delivery_process._deliver(settings, number)
    await asyncio.sleep(0)  # A transport closes its socket one turn of the loop later.
    assert closed == ["FolderJournal", "FolderSpool"] * 3
    for name in (f"{number}.example" for number in range(50)):
        owners = [number for number in range(3) if queues[number]._owns(name)]
        assert [number for number in range(3) if queues[number]._survey.owns_bucket(bucket_of(name))] == owners
        assert len(owners) == 1


# --- A clock that is put back


async def test_a_clock_that_is_put_back_does_not_stop_probes(deliveries):
    deliveries.outages.save(Outage("away.example", since=BEGINNING - 2 * HOUR_S, warned_h=1))
    await deliveries.keep(next_attempt=BEGINNING + 24 * HOUR_S)
    await asyncio.sleep(0.6)
    async with server(deliveries.away):
        deliveries.jump = -HOUR_S
        deliveries.later(MINUTE_H)
        await until(lambda: not deliveries.outages.find("away.example"))


async def test_a_clock_that_is_put_back_does_not_stop_the_looks_into_the_spool(deliveries):
    await asyncio.sleep(0.1)
    async with server(deliveries.away) as hop:
        await deliveries.keep_silently(next_attempt=0.0)
        deliveries.jump = -HOUR_S
        deliveries.later(MINUTE_H)
        await hop.takes(1)


async def test_a_clock_that_is_put_back_does_not_lengthen_a_rest(deliveries):
    other = FolderSpool(deliveries.folder / "spool", reserve_bytes=0)
    async with server(deliveries.away) as hop:
        message_id = await deliveries.keep_silently(next_attempt=0.0)
        with other.lock(message_id):
            deliveries.queue.ring(message_id)
            await until(lambda: deliveries.queue._destinations[False, "away.example"].waiting[message_id].rests_until)
        deliveries.jump = -HOUR_S
        deliveries.later(MINUTE_H)
        await hop.takes(1)
    other.close()


# --- What is read, and where


async def test_only_the_buckets_of_ones_own_destinations_are_read(tmp_path, monkeypatch):
    opened, real = [], FolderSpool._stored
    monkeypatch.setattr(FolderSpool, "_stored", lambda spool, one: (opened.append(one), real(spool, one))[1])
    mine = bucket_of("away.example")
    deliveries = Deliveries(tmp_path, owns_bucket=lambda bucket: bucket == mine)
    wanted, _other = [await deliveries.keep_silently(destination=name) for name in ("away.example", "home.example")]
    async with server(deliveries.away) as hop, deliveries.running():
        await hop.takes(1)
    assert set(opened) == {wanted}


@pytest.mark.parametrize(("size", "is_beside"), [(1_000, False), (2_000_000, True)])
async def test_a_large_message_is_read_through_beside_the_loop(deliveries, monkeypatch, size, is_beside):
    threads, real = [], spool_module.verify_content

    def verify_content(fd, stored):
        threads.append(threading.current_thread())
        real(fd, stored)

    monkeypatch.setattr(spool_module, "verify_content", verify_content)
    async with server(deliveries.away) as hop:
        await deliveries.keep_silently(content=b"Subject: x\r\n\r\n" + b"x" * 70 * (size // 70) + b"\r\n")
        deliveries.later(MINUTE_H)
        await hop.takes(1)
    assert (threads[0] is not threading.main_thread()) == is_beside


async def test_what_somebody_has_in_hand_for_a_moment_is_tried_again_at_once(deliveries):
    """As what a look into the spool finds before its sender has heard our 250: it must not wait a minute for that."""
    async with server(deliveries.away) as next_hop:
        message_id = await deliveries.keep_silently()
        with deliveries.spool.lock(message_id):
            deliveries.queue.ring(message_id)
            await until(lambda: deliveries.queue._destination("away.example").waiting[message_id].rests_until)
        deliveries.later(queue_module.IN_USE_REST_S / HOUR_S)
        await next_hop.takes(1)
    await deliveries.until_fate(message_id, Ending.DELIVERED)
