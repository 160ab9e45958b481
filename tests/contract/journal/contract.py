"""What every journal promises."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.ids import new_id
from ecluse.domain.limit_mark import Limited, LimitMark, LimitScope


def event(at: float = 1_000.0, **changes) -> MessageEvent:
    recipient = RecipientEvent("ann@one.example", Ending.RELAYED, "deliver", "N", 1.5, ("CODE: detail",), "250 ok")
    return MessageEvent(
        **{
            "id": new_id(),
            "stage": Stage.OUTCOME,
            "at": at,
            "helo": "é",
            "recipients": (recipient,),
            "size": 10**10,
            "timings_ms": {"act": 1.25},
            "limits": (
                LimitMark("One", LimitScope.ACCOUNT, "ann", Limited.UNKNOWN, 60, 5, 4, at, at + 9, 20, "452 later"),
            ),
            **changes,
        }
    )


class JournalContract:
    """An adapter joins by one subclass that gives `journal`, and `reread`: its events as another process finds them."""

    async def test_synced_events_are_found_by_all_exactly_as_written(self, journal, reread):
        written = [event(at=float(number)) for number in range(50)]
        for each in written:
            journal.append(each)
        await journal.sync()
        assert reread() == written

    async def test_an_appended_event_survives_the_death_of_its_writer(self, journal, reread):
        written = event()
        journal.append(written)
        assert reread() == [written]

    async def test_sync_with_nothing_appended_returns(self, journal):
        await asyncio.wait_for(journal.sync(), 30)

    @pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
    def test_many_callers_are_served_at_once_on_either_loop(self, journal, reread, run):
        async def caller(number):
            for _ in range(10):
                journal.append(event(at=float(number)))
                await journal.sync()

        async def all_callers():
            async with asyncio.timeout(20):
                await asyncio.gather(*(caller(number) for number in range(20)))

        run(all_callers())
        assert len(reread()) == 200

    async def test_a_caller_who_gives_up_does_not_disturb_the_others(self, journal):
        journal.append(event())
        waiting = [asyncio.ensure_future(journal.sync()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        async with asyncio.timeout(30):
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in outcomes] == [type(None), asyncio.CancelledError, type(None)]

    async def test_text_that_is_no_unicode_is_journaled_readably(self, journal, reread):
        journal.append(event(helo="mx\udcff"))
        await journal.sync()
        assert reread()[0].helo == "mx\\udcff"

    async def test_a_fresh_journal_has_room(self, journal):
        assert journal.has_room
