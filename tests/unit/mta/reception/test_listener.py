"""The watch over a worker's connections."""

from __future__ import annotations

import asyncio

from ecluse.mta import metrics
from ecluse.mta.reception import listener
from ecluse.mta.reception.connection import Connection
from ecluse.mta.reception.listener import Listener
from ecluse.mta.reception.lobby import Lobby


class Transport:
    is_aborted = False

    def abort(self):
        self.is_aborted = True


class Faulty(Connection):
    def check_time(self, now):
        raise ZeroDivisionError


class Sound(Connection):
    looks = 0

    def check_time(self, now):
        self.looks += 1


async def test_a_fault_with_one_connection_ends_it_and_no_time_outs_of_others(monkeypatch):
    lobby = Lobby(*[None] * 9, open=set(), patient={})
    faulty, sound = Faulty(lobby), Sound(lobby)
    faulty._transport = Transport()
    lobby.open.update((faulty, sound))
    monkeypatch.setattr(listener, "CHECK_EVERY_S", 0.001)
    before = metrics.BUGS._value.get()
    watching = asyncio.create_task(Listener([(None, lobby)]).watch())
    async with asyncio.timeout(20):
        while sound.looks < 3:  # noqa: ASYNC110 - nothing tells of a look.
            await asyncio.sleep(0.001)
    watching.cancel()
    assert faulty._transport.is_aborted
    assert metrics.BUGS._value.get() - before >= 2
