"""What every spool promises."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent, PrefixedContent
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.ids import new_id
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import PART, Fate, Progress, QueuedMessage, QueuedRecipient, advance, parts_of

ANN = QueuedRecipient(Address("ann", "one.example"), notify=("FAILURE",), orcpt="rfc822;ann@one.example")
BOB = QueuedRecipient(Address("bob", "one.example"))
CAROL = QueuedRecipient(Address("carol", "two.example"))


def queued(**changes) -> QueuedMessage:
    message = QueuedMessage(
        id=new_id(),
        direction=Direction.INBOUND,
        client="demo",
        destination="one.example",
        received_at=1_000.0,
        queued_at=1_001.5,
        sender=Address('"é x"', "sender.example"),
        is_sender_authenticated=False,
        recipients=(ANN, BOB),
        body="8BITMIME",
        smtputf8=True,
        reason="the client's server did not answer",
    )
    return replace(message, **changes)


def fate_of(recipient: QueuedRecipient, fate: Fate, reply: str = "250 2.0.0 ok") -> Progress:
    return Progress(at=2_000.0, fates={recipient.address.key: (fate, reply)}, is_attempt=True)


TO_ALL = Progress(3_000.0, {each.address.key: (Fate.DELIVERED, "250 2.0.0 ok") for each in (ANN, BOB)})
LATER = Progress(2_000.0, {}, next_attempt=5_000.0, is_attempt=True, reason="451 4.3.0 busy", has_delay_notice=True)


class SpoolContract:
    """An adapter joins by one subclass that gives `new`: the same fresh spool as each process of a node opens it."""

    async def test_keeps_the_message_as_it_was_given(self, new):
        spool, message = new(), queued()
        await spool.keep(message, MemoryContent(b"Subject: x\r\n\r\nx\r\n"))
        assert spool.read(message.id) == message
        assert new().read(message.id) == message

    @pytest.mark.parametrize("octets", [b"", b".", b"\xff\0\r\n.\r\n" * 3, bytes(range(256)) * 3_000], ids=len)
    async def test_keeps_the_exact_bytes(self, new, octets):
        spool, message = new(), queued()
        await spool.keep(message, MemoryContent(octets))
        content = spool.content(message.id)
        assert content.size == len(octets)
        assert b"".join(content.chunks()) == octets
        assert content.slice(1, 5) == octets[1:5]

    async def test_keeps_a_message_with_another_head(self, new):
        spool, message = new(), queued()
        await spool.keep(message, PrefixedContent(b"New: 1\r\n", MemoryContent(b"Old: 1\r\n\r\nx\r\n"), 8))
        assert b"".join(spool.content(message.id).chunks()) == b"New: 1\r\n\r\nx\r\n"

    async def test_the_null_sender_stays_null(self, new):
        spool, message = new(), queued(sender=None)
        await spool.keep(message, MemoryContent(b"x"))
        assert spool.read(message.id).sender is None

    async def test_content_stays_readable_when_the_message_is_finished_meanwhile(self, new):
        spool, message = new(), queued()
        await spool.keep(message, MemoryContent(b"x" * 400_000))
        content = spool.content(message.id)
        await spool.record(message.id, TO_ALL)
        assert b"".join(content.chunks()) == b"x" * 400_000

    async def test_steps_add_up_and_are_seen_by_all_processes(self, new):
        spool, message = new(), queued()
        await spool.keep(message, MemoryContent(b"x"))
        first = await spool.record(message.id, LATER)
        second = await new().record(message.id, fate_of(ANN, Fate.DELIVERED))
        assert first == advance(message, LATER)
        assert second == advance(first, fate_of(ANN, Fate.DELIVERED))
        assert spool.read(message.id) == second
        assert second.waiting == (BOB,)
        assert second.attempts == 2

    async def test_a_message_nobody_waits_for_is_gone(self, new):
        spool, message = new(), queued()
        await spool.keep(message, MemoryContent(b"x"))
        await spool.record(message.id, fate_of(ANN, Fate.DELIVERED))
        last = await spool.record(message.id, fate_of(BOB, Fate.EXPIRED, "no route"))
        assert [each.fate for each in last.recipients] == [Fate.DELIVERED, Fate.EXPIRED]
        assert spool.read(message.id) is None
        assert list(new().messages()) == []

    async def test_a_message_does_not_take_the_place_of_another_of_its_id(self, new):
        spool, message = new(), queued(recipients=(ANN,))
        await spool.keep(message, MemoryContent(b"to ann"))
        with pytest.raises(Unavailable):
            await new().keep(replace(message, recipients=(BOB,)), MemoryContent(b"to bob"))
        assert new().read(message.id) == message
        assert b"".join(spool.content(message.id).chunks()) == b"to ann"

    async def test_parts_of_a_message_share_its_content_and_end_one_by_one(self, new):
        spool, parts = new(), parts_of(queued(recipients=(ANN, CAROL, BOB)))
        await spool.keep_parts(parts, MemoryContent(b"x" * 400_000))
        assert [new().read(part.id) for part in parts] == list(parts)
        assert [part.destination for part in parts] == ["one.example", "two.example"]
        assert {part.message_id for part in parts} == {parts[0].id.partition(PART)[0]}
        await spool.record(parts[0].id, TO_ALL)
        assert new().read(parts[0].id) is None
        assert b"".join(new().content(parts[1].id).chunks()) == b"x" * 400_000
        await spool.remove(parts[1].id)
        with pytest.raises(Impossible):
            new().content(parts[1].id)

    async def test_parts_are_kept_all_or_none(self, new):
        spool, parts = new(), parts_of(queued(recipients=(ANN, CAROL)))
        await spool.keep(parts[1], MemoryContent(b"kept before"))
        with pytest.raises(Unavailable):
            await spool.keep_parts(parts, MemoryContent(b"x"))
        assert [message.id for message in new().messages()] == [parts[1].id]
        assert b"".join(spool.content(parts[1].id).chunks()) == b"kept before"

    async def test_a_part_that_stands_alone_is_a_message_like_any_other(self, new):
        spool, message = new(), queued()
        await spool.keep_parts(parts_of(message), MemoryContent(b"x"))
        assert [each.id for each in new().messages()] == [message.id]
        assert b"".join(spool.content(message.id).chunks()) == b"x"

    async def test_simultaneous_steps_of_several_processes_are_all_kept(self, new):
        spools, message = [new() for _ in range(3)], queued()
        await spools[0].keep(message, MemoryContent(b"x"))
        await asyncio.gather(*(spools[number % 3].record(message.id, LATER) for number in range(30)))
        assert new().read(message.id).attempts == 30

    @pytest.mark.parametrize(
        "message_id", [pytest.param(new_id(), id="unknown"), "../../etc/passwd", "", "a/b", "x\0y", ".", "é" * 32]
    )
    async def test_what_is_not_here_is_not_here(self, new, message_id):
        spool = new()
        assert spool.read(message_id) is None
        with pytest.raises(Impossible):
            spool.content(message_id)
        with pytest.raises(Impossible):
            await spool.record(message_id, LATER)
        with pytest.raises(Impossible), spool.lock(message_id):
            pass
        await spool.remove(message_id)

    async def test_a_message_without_waiting_recipients_is_not_taken(self, new):
        spool = new()
        with pytest.raises(Impossible):
            await spool.keep(queued(recipients=()), MemoryContent(b"x"))
        assert list(spool.messages()) == []

    async def test_all_messages_are_walked_through(self, new):
        spool = new()
        kept = [queued(destination=f"{number}.example") for number in range(30)]
        await asyncio.gather(*(spool.keep(message, MemoryContent(b"x")) for message in kept))
        assert sorted(spool.messages(), key=lambda message: message.id) == sorted(kept, key=lambda message: message.id)

    async def test_the_walk_may_be_of_some_buckets(self, new):
        spool = new()
        kept = [queued(destination=f"{number % 10}.example") for number in range(30)]
        for message in kept:
            await spool.keep(message, MemoryContent(b"x"))
        shares = [list(spool.messages(lambda bucket, wanted=wanted: bucket == wanted)) for wanted in range(256)]
        assert sorted(one.id for share in shares for one in share) == sorted(message.id for message in kept)
        for share in shares:
            destinations = {one.destination for one in share}
            assert len(share) == 3 * len(destinations)

    async def test_the_walk_goes_on_while_messages_go(self, new):
        spool = new()
        for _ in range(5):
            await spool.keep(queued(), MemoryContent(b"x"))
        seen = 0
        for message in spool.messages():
            seen += 1
            await spool.record(message.id, TO_ALL)
        assert seen == 5
        assert list(spool.messages()) == []

    async def test_remove_takes_a_message_out_whoever_waits(self, new):
        spool, message = new(), queued()
        await spool.keep(message, MemoryContent(b"x"))
        await spool.remove(message.id)
        assert new().read(message.id) is None
        await spool.remove(message.id)

    async def test_a_message_is_locked_by_one_at_a_time(self, new):
        here, there, message = new(), new(), queued()
        await here.keep(message, MemoryContent(b"x"))
        with here.lock(message.id):
            with pytest.raises(Unavailable, match="being delivered right now"), there.lock(message.id):
                pass
            with pytest.raises(Unavailable), here.lock(message.id):
                pass
        with there.lock(message.id):
            pass

    async def test_who_holds_the_lock_can_record(self, new):
        spool, message = new(), queued()
        await spool.keep(message, MemoryContent(b"x"))
        with spool.lock(message.id):
            await asyncio.wait_for(spool.record(message.id, LATER), 30)
            await asyncio.wait_for(spool.record(message.id, TO_ALL), 30)
        assert spool.read(message.id) is None

    async def test_a_cancelled_keep_leaves_nothing(self, new):
        spool, message = new(), queued()
        keeping = asyncio.ensure_future(spool.keep(message, MemoryContent(b"x" * 1_000_000)))
        await asyncio.sleep(0)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping
        await spool.keep(queued(), MemoryContent(b"x"))
        async with asyncio.timeout(30):
            while spool.read(message.id) is not None:  # noqa: ASYNC110 - nothing tells us when a cancelled write ends.
                await asyncio.sleep(0.01)

    async def test_there_is_room_on_an_empty_disk(self, new):
        assert new().has_room

    def test_any_order_of_steps_is_the_fold_over_them(self, new):
        spool = new()
        fates = st.dictionaries(
            st.sampled_from([ANN.address.key, BOB.address.key, "stranger@x.example"]),
            st.tuples(st.sampled_from(list(Fate)), st.text(st.characters(codec="utf-8"), max_size=20)),
            max_size=2,
        )
        step = st.builds(Progress, at=st.floats(0, 1e10), fates=fates, is_attempt=st.booleans())

        async def play(steps):
            message = queued()
            await spool.keep(message, MemoryContent(b"x"))
            for each in steps:
                if not message.waiting:
                    break
                message = advance(message, each)
                assert await spool.record(message.id, each) == message
            assert spool.read(message.id) == (message if message.waiting else None)

        @settings(derandomize=True, deadline=None, max_examples=40)
        @given(st.lists(step, max_size=5))
        def holds(steps):
            asyncio.run(play(steps))

        holds()
