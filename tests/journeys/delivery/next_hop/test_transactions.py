"""What a next hop says comes back as it was said, and every way of saying nothing ends (design 6.7)."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import Impossible, NoRoom
from ecluse.domain.reply import Reply
from ecluse.mta.delivery import next_hop
from tests.journeys.delivery.next_hop.conftest import envelope_to
from tests.journeys.delivery.next_hop.servers import CLOSE, HANG, OK, PLAIN, RESET, Receiver

CHUNKING = (*PLAIN, "CHUNKING")
WAYS = pytest.mark.parametrize("keywords", [PLAIN, CHUNKING, ("SIZE",), ("CHUNKING",)], ids=str)


class TestAcceptance:
    @WAYS
    async def test_the_exact_octets_arrive(self, calling, keywords):
        content = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n\xff\0 end\r\n"
        async with Receiver(keywords=keywords) as receiver, calling(receiver) as caller:
            transmission = await caller.send(content)
        assert transmission.final == transmission.sender_reply == Reply(250, "0.0", "ok")
        assert transmission.recipient_replies == {"bob@b.example": Reply(250, "0.0", "ok")}
        assert (transmission.trouble, transmission.dot_sent, transmission.is_route_trouble) == ("", True, False)
        assert (receiver.messages, caller.dots) == ([content], 1)

    @WAYS
    async def test_a_large_content_arrives_in_pieces(self, calling, keywords):
        content = b"Subject: x\r\n\r\n" + b".123456789\r\n" * 100_000
        async with Receiver(keywords=keywords) as receiver, calling(receiver) as caller:
            transmission = await caller.send(content)
        assert transmission.final.code == 250
        assert (receiver.messages, caller.dots) == ([content], 1)

    async def test_a_pipelined_envelope_is_one_write(self, calling):
        async with Receiver() as receiver, calling(receiver) as caller:
            await caller.send(envelope=envelope_to("bob", "eve"))
        envelope = (
            b"MAIL FROM:<ann@a.example> SIZE=21\r\nRCPT TO:<bob@b.example>\r\nRCPT TO:<eve@b.example>\r\nDATA\r\n"
        )
        assert envelope in receiver.reads

    async def test_nothing_is_pipelined_where_that_is_not_offered(self, calling):
        async with Receiver(keywords=("8BITMIME",)) as receiver, calling(receiver) as caller:
            await caller.send(envelope=envelope_to("bob", "eve"))
        assert all(octets.count(b"\r\n") == 1 for octets in receiver.reads)
        assert [line[:4] for line in receiver.commands] == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]

    async def test_mixed_recipients_keep_their_own_replies(self, calling):
        says = {"RCPT eve@b.example": (b"550 5.1.1 who\r\n",), "RCPT tom@b.example": (b"451 4.3.0 later\r\n",)}
        async with Receiver(says) as receiver, calling(receiver) as caller:
            transmission = await caller.send(envelope=envelope_to("eve", "bob", "tom"))
        codes = {key: reply.code for key, reply in transmission.recipient_replies.items()}
        assert codes == {"eve@b.example": 550, "bob@b.example": 250, "tom@b.example": 451}
        assert transmission.final.code == 250
        assert len(receiver.messages) == 1

    async def test_a_server_that_knows_only_helo_is_served(self, calling):
        async with Receiver({"EHLO": (b"502 what\r\n",)}) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert transmission.final.code == 250
        assert receiver.commands[1] == "HELO gateway.test"

    async def test_replies_that_drip_octet_by_octet_are_read(self, calling):
        drip = tuple(x for octet in b"250-2.1.5 fine\r\n250 2.1.5 and fine\r\n" for x in (bytes([octet]), 0.002))
        async with Receiver({"RCPT": drip, ".": drip}) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert transmission.final == Reply(250, "1.5", "fine\nand fine")

    async def test_capabilities_are_known_after_the_first_transaction(self, calling):
        async with Receiver(keywords=("SIZE 1000", "DSN")) as receiver, calling(receiver) as caller:
            assert caller.next_hops.capabilities(caller.route) is None
            transmission = await caller.send()
            capabilities = caller.next_hops.capabilities(caller.route)
        assert (capabilities.size, capabilities.dsn, capabilities.pipelining) == (1_000, True, False)
        assert transmission.offers_dsn

    async def test_capabilities_of_long_ago_are_not_known(self, calling, monkeypatch):
        async with Receiver() as receiver, calling(receiver) as caller:
            await caller.send()
            assert caller.next_hops.capabilities(caller.route) is not None
            monkeypatch.setattr(next_hop, "REMEMBERED_FOR_S", 0.0)
            assert caller.next_hops.capabilities(caller.route) is None

    async def test_of_a_server_that_fell_back_to_helo_nothing_is_known(self, calling):
        """Else mail would be refused for what it may well be able to take, and nobody would connect to learn it."""
        async with Receiver({"EHLO": (b"502 5.5.1 not now\r\n",)}) as receiver, calling(receiver) as caller:
            assert (await caller.send()).final.code == 250
            assert caller.next_hops.capabilities(caller.route) is None


class TestRefusals:
    @pytest.mark.parametrize("keywords", [PLAIN, CHUNKING, ("SIZE",)], ids=str)
    @pytest.mark.parametrize("said", [Reply(450, "7.1", "not now"), Reply(550, "7.1", "never")], ids=str)
    async def test_a_refused_mail_is_trouble_of_the_route(self, calling, said, keywords):
        says = {"MAIL": (said.wire,), "RCPT": (b"503 5.5.1 no\r\n",), "DATA": (b"503 5.5.1 no\r\n",)}
        async with Receiver(says, keywords=keywords) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert (transmission.sender_reply, transmission.recipient_replies, transmission.final) == (said, {}, None)
        assert transmission.is_route_trouble
        assert not transmission.dot_sent
        assert (receiver.messages, caller.dots) == ([], 0)

    @pytest.mark.parametrize("keywords", [PLAIN, CHUNKING, ("SIZE",)], ids=str)
    @pytest.mark.parametrize("said", [Reply(450, "1.1", "not now"), Reply(550, "1.1", "never")], ids=str)
    async def test_all_recipients_refused_means_no_content_and_a_usable_connection(self, calling, said, keywords):
        says = {"RCPT": (said.wire,), "DATA": (b"554 5.5.1 no valid recipients\r\n",)}
        async with Receiver(says, keywords=keywords) as receiver, calling(receiver) as caller:
            transmission = await caller.send(envelope=envelope_to("bob", "eve"))
            receiver.says = {}
            again = await caller.send()
        assert transmission.recipient_replies == {"bob@b.example": said, "eve@b.example": said}
        assert (transmission.final, transmission.dot_sent, transmission.trouble) == (None, False, "")
        assert not transmission.is_route_trouble
        assert again.final.code == 250
        assert (receiver.connections, len(receiver.messages), caller.dots) == (1, 1, 1)
        assert "RSET" in receiver.commands

    async def test_a_data_accepted_for_nobody_gets_a_lone_dot(self, calling):
        says = {"RCPT": (b"550 5.1.1 no\r\n",), ".": (b"554 5.5.1 no valid recipients\r\n",)}
        async with Receiver(says) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
            receiver.says = {}
            again = await caller.send()
        assert (transmission.final, transmission.dot_sent) == (None, False)
        assert receiver.messages == [b"", b"Subject: x\r\n\r\nhello\r\n"]
        assert (receiver.connections, caller.dots, again.final.code) == (1, 1, 250)

    async def test_a_data_accepted_without_a_sender_ends_the_connection(self, calling):
        async with Receiver({"MAIL": (b"550 5.7.1 no\r\n",)}) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
            receiver.says = {}
            await caller.send()
        assert transmission.sender_reply.code == 550
        assert (receiver.messages, receiver.connections) == ([b"Subject: x\r\n\r\nhello\r\n"], 2)

    @pytest.mark.parametrize("keywords", [PLAIN, ("SIZE",)], ids=str)
    async def test_a_refused_data_is_the_answer_to_the_content(self, calling, keywords):
        async with (
            Receiver({"DATA": (b"451 4.3.2 busy\r\n",)}, keywords=keywords) as receiver,
            calling(receiver) as caller,
        ):
            transmission = await caller.send()
            receiver.says = {}
            again = await caller.send()
        assert (transmission.final, transmission.dot_sent) == (Reply(451, "3.2", "busy"), False)
        assert (caller.dots, receiver.connections, again.final.code) == (1, 1, 250)

    @WAYS
    @pytest.mark.parametrize("code", [451, 554])
    async def test_the_reply_to_the_dot_is_relayed_and_the_connection_kept(self, calling, code, keywords):
        async with (
            Receiver({".": (f"{code} {code // 100}.7.1 no\r\n".encode(),)}, keywords=keywords) as receiver,
            calling(receiver) as caller,
        ):
            transmission = await caller.send()
            again = await caller.send()
        assert (transmission.final.code, again.final.code, transmission.dot_sent) == (code, code, True)
        assert (receiver.connections, caller.dots) == (1, 2)

    async def test_internationalized_mail_is_refused_in_the_place_of_a_server_without_it(self, calling):
        async with Receiver() as receiver, calling(receiver) as caller:
            transmission = await caller.send(envelope=envelope_to("bob", smtputf8=True))
            again = await caller.send()
        assert [(str(reply)[:9]) for reply in transmission.recipient_replies.values()] == ["550 5.6.7"]
        assert transmission.trouble
        assert not transmission.is_route_trouble
        assert [line[:4] for line in receiver.commands] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
        assert again.final.code == 250

    async def test_internationalized_mail_goes_where_it_is_offered(self, calling):
        async with Receiver(keywords=(*PLAIN, "SMTPUTF8")) as receiver, calling(receiver) as caller:
            transmission = await caller.send(envelope=envelope_to("jürgen"))
        assert transmission.final.code == 250
        assert "RCPT TO:<jürgen@b.example>" in receiver.commands
        assert receiver.commands[1].endswith(" SMTPUTF8")

    async def test_what_is_too_large_for_the_announced_size_is_not_sent(self, calling):
        async with Receiver(keywords=("SIZE 1000",)) as receiver, calling(receiver) as caller:
            transmission = await caller.send(b"x" * 1_001)
            fits = await caller.send(b"x" * 998 + b"\r\n")
        assert [(str(reply)[:9]) for reply in transmission.recipient_replies.values()] == ["552 5.3.4"]
        assert fits.final.code == 250

    async def test_8_bit_content_is_sent_as_it_is_to_a_server_without_8bitmime(self, calling):
        content = b"Subject: x\r\n\r\n\xc3\xa9\r\n"
        async with Receiver(keywords=("SIZE",)) as receiver, calling(receiver) as caller:
            await caller.send(content, envelope_to("bob", body="8BITMIME"))
        assert receiver.messages == [content]
        assert "BODY" not in receiver.commands[1]

    async def test_an_address_that_cannot_be_written_reaches_nobody(self, calling):
        hostile = Envelope(None, (Recipient(Address("a\r\nRCPT TO:<b", "b.example")),))
        async with Receiver() as receiver, calling(receiver) as caller:
            with pytest.raises(Impossible):
                await caller.send(envelope=hostile)
            assert (await caller.send()).final.code == 250
        assert receiver.connections == 1


class TestTrouble:
    async def test_a_refused_connection_is_trouble_of_the_route(self, calling):
        async with Receiver() as receiver:
            pass
        async with calling(receiver) as caller:
            transmission = await caller.send()
        assert transmission.trouble == "connection refused"
        assert transmission.is_route_trouble

    async def test_a_name_without_an_address_is_trouble_of_the_route(self, calling):
        async with calling(Receiver(port=25), host="nowhere.invalid", connect_timeout_s=2) as caller:
            transmission = await caller.send()
        assert transmission.trouble
        assert transmission.is_route_trouble

    @pytest.mark.parametrize("said", [b"554 5.7.1 go away\r\n", b"421 4.3.2 busy\r\n", b"250 what\r\n", b"SSH-2.0\r\n"])
    async def test_an_unfriendly_greeting_is_trouble_of_the_route(self, calling, said):
        async with Receiver({"greeting": (said,)}) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert transmission.is_route_trouble
        assert transmission.trouble
        assert receiver.commands == []

    # Each stage at which the other side may go, and what we then know.
    @pytest.mark.parametrize("end", [CLOSE, RESET])
    @pytest.mark.parametrize(
        ("stage", "acts", "is_route_trouble", "dot_sent"),
        [
            ("greeting", (), True, False),
            ("greeting", (b"220-half\r\n",), True, False),
            ("EHLO", (), True, False),
            ("EHLO", (b"250-mx.test\r\n250 PIPELINING\r\n", 0.05), True, False),
            ("MAIL", (), True, False),
            ("MAIL", (OK,), False, False),
            ("RCPT", (), False, False),
            ("RCPT", (OK,), False, False),
            ("DATA", (), False, False),
            (".", (), False, True),
        ],
    )
    @pytest.mark.parametrize("keywords", [PLAIN, ("SIZE",)], ids=str)
    async def test_a_server_that_goes_leaves_no_answer(
        self, calling, keywords, stage, acts, is_route_trouble, dot_sent, end
    ):
        async with Receiver({stage: (*acts, end)}, keywords=keywords) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert transmission.trouble
        assert transmission.final is None
        assert transmission.is_route_trouble == is_route_trouble
        assert (transmission.dot_sent, caller.dots) == (dot_sent, int(dot_sent))

    @pytest.mark.parametrize("end", [CLOSE, RESET])
    async def test_a_server_that_goes_after_354_leaves_no_answer(self, calling, end):
        async with Receiver({"DATA": (b"354 go\r\n", end)}) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert transmission.trouble
        assert transmission.final is None
        assert receiver.messages == []

    @pytest.mark.parametrize("keywords", [PLAIN, CHUNKING], ids=str)
    @pytest.mark.parametrize("end", [CLOSE, RESET])
    async def test_a_server_that_goes_amid_the_content_never_gets_the_dot(self, calling, end, keywords):
        async with Receiver({"content": (end,)}, keywords=keywords) as receiver, calling(receiver) as caller:
            transmission = await caller.send(b"x" * 8_000_000)
        assert transmission.trouble
        assert transmission.final is None
        assert (transmission.dot_sent, caller.dots) == (False, 0)

    @pytest.mark.parametrize("keywords", [PLAIN, CHUNKING], ids=str)
    @pytest.mark.parametrize(
        "said", [Reply(421, "4.2", "bye"), Reply(552, "3.4", "too much"), Reply(451, "3.0", "no")], ids=str
    )
    async def test_an_early_reply_ends_the_content(self, calling, said, keywords):
        async with (
            Receiver({"content": (said.wire, HANG)}, keywords=keywords) as receiver,
            calling(receiver) as caller,
        ):
            transmission = await asyncio.wait_for(caller.send(b"x" * 8_000_000), 30)
        assert transmission.final == said
        assert (transmission.dot_sent, caller.dots) == (False, 0)
        assert receiver.messages == []

    async def test_a_250_before_the_end_of_the_content_is_no_answer(self, calling):
        async with Receiver({"content": (OK, HANG)}) as receiver, calling(receiver) as caller:
            transmission = await asyncio.wait_for(caller.send(b"x" * 8_000_000), 30)
        assert (transmission.final, transmission.dot_sent, caller.dots) == (None, False, 0)
        assert "before its end" in transmission.trouble

    async def test_a_250_that_follows_354_at_once_is_no_answer_to_the_content(self, calling):
        async with Receiver({"DATA": (b"354 go\r\n" + OK,)}) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert (transmission.final, transmission.dot_sent, caller.dots) == (None, False, 0)
        assert receiver.messages == []

    @pytest.mark.parametrize(
        ("stage", "limit"),
        [
            ("greeting", "greeting_timeout_s"),
            ("EHLO", "ehlo_timeout_s"),
            ("MAIL", "mail_timeout_s"),
            ("RCPT", "rcpt_timeout_s"),
            ("DATA", "data_timeout_s"),
            (".", "final_timeout_s"),
        ],
    )
    async def test_silence_ends_at_the_limit_of_its_stage(self, calling, stage, limit):
        async with (
            Receiver({stage: (HANG,)}, keywords=("SIZE",)) as receiver,
            calling(receiver, **{limit: 0.1}) as caller,
        ):
            transmission = await asyncio.wait_for(caller.send(), 30)
        assert "no reply within 0.1 s" in transmission.trouble
        assert transmission.final is None
        assert transmission.dot_sent == (stage == ".")

    async def test_silence_after_the_dot_says_so(self, calling):
        async with Receiver({".": (HANG,)}) as receiver, calling(receiver, final_timeout_s=0.1) as caller:
            transmission = await caller.send()
        assert transmission.trouble == "no reply within 0.1 s (awaiting the reply to the final dot)"
        assert (transmission.dot_sent, transmission.final) == (True, None)

    @pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
    @pytest.mark.parametrize("keywords", [PLAIN, ("SIZE",)], ids=str)
    async def test_the_deadline_bounds_everything_before_the_dot(self, calling, stage, keywords):
        async with Receiver({stage: (HANG,)}, keywords=keywords) as receiver, calling(receiver) as caller:
            begun = time.monotonic()
            transmission = await asyncio.wait_for(caller.send(patience_s=0.4), 30)
        assert "out of time" in transmission.trouble
        assert time.monotonic() - begun < 30

    async def test_the_deadline_does_not_bound_the_reply_to_the_dot(self, calling):
        async with Receiver({".": (3.2, OK)}) as receiver, calling(receiver) as caller:
            transmission = await caller.send(patience_s=3.0)
        assert transmission.final.code == 250

    async def test_a_deadline_that_has_passed_opens_no_transaction(self, calling):
        async with Receiver() as receiver, calling(receiver) as caller:
            transmission = await caller.send(patience_s=-1)
        assert transmission.is_route_trouble
        assert "MAIL" not in " ".join(receiver.commands)

    async def test_slow_replies_to_a_pipelined_envelope_each_have_their_time(self, calling):
        limits = {"mail_timeout_s": 3.0, "rcpt_timeout_s": 3.0, "data_timeout_s": 3.0}
        async with Receiver({"RCPT": (1.1, OK)}) as receiver, calling(receiver, **limits) as caller:
            transmission = await caller.send(envelope=envelope_to("a", "b", "c"))
        assert transmission.final.code == 250

    async def test_octets_that_drip_without_a_reply_do_not_prolong_the_wait(self, calling):
        drip = (b"250-", *(x for _ in range(2_000) for x in (b"x", 0.05)))
        async with (
            Receiver({"MAIL": drip}) as receiver,
            calling(receiver, mail_timeout_s=0.2, rcpt_timeout_s=0.2, data_timeout_s=0.2) as caller,
        ):
            transmission = await asyncio.wait_for(caller.send(), 30)
        assert "no reply within" in transmission.trouble

    @pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "DATA", "."])
    @pytest.mark.parametrize(
        "garbage", [b"\xff\xfe\r\n", b"HTTP/1.1 400 Bad\r\n", b"250-x\r\n" * 200, b"2" * 9_000], ids=range(4)
    )
    async def test_garbage_is_trouble_and_never_an_answer(self, calling, stage, garbage):
        async with Receiver({stage: (garbage, HANG)}) as receiver, calling(receiver) as caller:
            transmission = await asyncio.wait_for(caller.send(), 30)
        assert transmission.trouble
        assert transmission.final is None
        assert transmission.dot_sent == (stage == ".")

    @pytest.mark.parametrize(
        "says", [{"MAIL": (b"354 x\r\n",)}, {"RCPT": (b"354 x\r\n",)}, {"DATA": (OK,)}, {".": (b"354 x\r\n",)}], ids=str
    )
    async def test_a_reply_of_the_wrong_kind_is_trouble_and_ends_the_connection(self, calling, says):
        async with Receiver(says) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
            receiver.says = {}
            again = await caller.send()
        assert transmission.trouble
        assert transmission.final is None
        assert (again.final.code, receiver.connections) == (250, 2)

    async def test_a_reply_to_the_dot_counts_though_the_server_says_bye_at_once(self, calling):
        async with Receiver({".": (OK + b"421 4.4.2 bye\r\n", CLOSE)}) as receiver, calling(receiver) as caller:
            transmission = await caller.send()
        assert transmission.final.code == 250
        assert transmission.trouble == ""

    async def test_a_journal_without_room_stops_the_dot(self, calling):
        def no_room():
            raise NoRoom

        async with Receiver() as receiver, calling(receiver) as caller:
            caller.before_dot = no_room
            with pytest.raises(NoRoom):
                await caller.send()
            del caller.before_dot
            assert (await caller.send()).final.code == 250
        assert (len(receiver.messages), receiver.connections) == (1, 2)

    async def test_a_caller_that_gives_up_ends_the_connection(self, calling):
        async with Receiver({"DATA": (HANG,)}) as receiver, calling(receiver) as caller:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(caller.send(), 1.0)
            receiver.says = {}
            assert (await caller.send()).final.code == 250
        assert (receiver.connections, len(receiver.messages)) == (2, 1)


class CountedContent(MemoryContent):
    """Knows how much of it was read."""

    __slots__ = ("given",)

    def chunks(self):
        self.given = 0
        for chunk in super().chunks():
            self.given += len(chunk)
            yield chunk


class TestFlow:
    @pytest.mark.parametrize("keywords", [PLAIN, CHUNKING], ids=str)
    async def test_a_slow_reader_of_8_megabytes_fills_no_buffer_of_ours(self, calling, keywords):
        content = CountedContent(b"0123456789abcde\r\n" * 500_000)
        async with Receiver(keywords=keywords, reads_slowly=True) as receiver, calling(receiver) as caller:
            sending = asyncio.create_task(caller.send(content))
            await receiver.content_begins.wait()
            await asyncio.sleep(0.5)
            (connection,) = caller.next_hops._pool._open
            assert 0 < connection.unsent_octets < 600_000
            assert content.given < content.size
            assert caller.dots == 0
            receiver.may_read.set()
            transmission = await sending
        assert transmission.final.code == 250
        assert receiver.messages == [content.data]

    async def test_a_reader_that_stops_for_good_is_left(self, calling):
        async with Receiver(reads_slowly=True) as receiver, calling(receiver, block_timeout_s=0.2) as caller:
            transmission = await asyncio.wait_for(caller.send(b"x" * 16_000_000), 30)
        assert "no progress within 0.2 s" in transmission.trouble
        assert (transmission.dot_sent, caller.dots) == (False, 0)

    async def test_the_deadline_ends_a_content_that_takes_too_long(self, calling):
        async with Receiver(reads_slowly=True) as receiver, calling(receiver) as caller:
            transmission = await asyncio.wait_for(caller.send(b"x" * 16_000_000, patience_s=0.4), 30)
        assert "out of time" in transmission.trouble
        assert (transmission.dot_sent, caller.dots) == (False, 0)
