"""The sending side of SMTP, octet by octet."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import Impossible
from ecluse.domain.reply import Reply
from ecluse.wire.smtp.client import (
    MAX_LINE_OCTETS,
    MAX_REPLY_LINES,
    Capabilities,
    ProtocolTrouble,
    SendingSession,
    ehlo,
    envelope_commands,
    framed,
    helo,
    parse_capabilities,
    stuffed,
)

ANN = Address("ann", "a.example")
BOB = Recipient(Address("bob", "b.example"))
EVERYTHING = Capabilities(
    pipelining=True, chunking=True, size=0, eightbitmime=True, smtputf8=True, dsn=True, starttls=True
)


def awaiting(count: int) -> SendingSession:
    session = SendingSession()
    session.awaited = count
    return session


def replies(octets: bytes, count: int = 9) -> list[Reply]:
    return list(awaiting(count).receive(octets))


def commands(envelope: Envelope, capabilities: Capabilities = EVERYTHING, size: int = 7) -> list[bytes]:
    return envelope_commands(envelope, capabilities, size)


class TestReplies:
    def test_a_reply_is_code_enhanced_code_and_text(self):
        assert replies(b"550 5.1.1 no such user\r\n") == [Reply(550, "1.1", "no such user")]

    def test_a_reply_without_an_enhanced_code_has_none(self):
        assert replies(b"250 OK\r\n250\r\n250 \r\n") == [Reply(250, "", "OK"), Reply(250, "", ""), Reply(250, "", "")]

    def test_an_enhanced_code_of_another_class_is_only_text(self):
        assert replies(b"550 4.7.1 odd\r\n") == [Reply(550, "", "4.7.1 odd")]

    @pytest.mark.parametrize("text", ["5.1", "5.1.1.1 x", "5.1.1x", "5.1234.1 x", "1.2.3.4 said no"])
    def test_what_only_resembles_an_enhanced_code_is_text(self, text):
        assert replies(f"550 {text}\r\n".encode()) == [Reply(550, "", text)]

    def test_an_enhanced_code_alone_leaves_no_text(self):
        assert replies(b"250 2.0.0\r\n") == [Reply(250, "0.0", "")]

    def test_lines_are_joined_and_each_loses_the_enhanced_code(self):
        said = b"554-5.7.1 first\r\n554-5.7.1\r\n554-plain\r\n554 5.7.1 last\r\n"
        assert replies(said) == [Reply(554, "7.1", "first\n\nplain\nlast")]

    def test_the_last_line_gives_the_code_where_lines_disagree(self):
        assert replies(b"250-2.0.0 well\r\n550 5.0.0 no\r\n") == [Reply(550, "0.0", "2.0.0 well\nno")]

    def test_replies_come_out_whole_however_they_are_cut(self):
        octets = b"250-2.1.0 a\r\n250 2.1.0 b\r\n354 go\r\n"
        session = awaiting(9)
        dripped = [reply for at in range(len(octets)) for reply in session.receive(octets[at : at + 1])]
        assert dripped == replies(octets) == [Reply(250, "1.0", "a\nb"), Reply(354, "", "go")]

    def test_nothing_in_a_text_can_end_a_line_of_ours(self):
        (reply,) = replies("550 a\rb\0c\x1b[2Jd\u2028e\r\n".encode())
        assert reply.text == "a b c [2Jd e"
        assert reply.wire.count(b"\r\n") == 1

    def test_octets_that_are_no_utf8_are_replaced(self):
        assert replies(b"250 caf\xe9\r\n") == [Reply(250, "", "caf\ufffd")]

    @pytest.mark.parametrize(
        "garbage",
        [
            b"hello\r\n",
            b"\r\n",
            b"25 x\r\n",
            b"2500 x\r\n",
            b"150 x\r\n",
            b"650 x\r\n",
            b"250x\r\n",
            b"HTTP/1.1 200\r\n",
        ],
    )
    def test_garbage_is_trouble(self, garbage):
        with pytest.raises(ProtocolTrouble):
            replies(garbage)

    def test_replies_before_garbage_stand(self):
        said = awaiting(2).receive(b"250 done\r\ngarbage\r\n")
        assert next(said) == Reply(250, "", "done")
        with pytest.raises(ProtocolTrouble):
            next(said)

    def test_a_reply_that_nothing_was_asked_for_is_trouble(self):
        with pytest.raises(ProtocolTrouble, match=r"421 4\.4\.2 idle"):
            replies(b"250 x\r\n421 4.4.2 idle\r\n", 1)

    def test_a_line_of_a_thousand_octets_is_read_and_an_endless_one_is_not(self):
        assert replies(b"250 " + b"x" * 996 + b"\r\n")[0].text == "x" * 996
        with pytest.raises(ProtocolTrouble):
            replies(b"250 " + b"x" * MAX_LINE_OCTETS)
        with pytest.raises(ProtocolTrouble):
            replies(b"250 " + b"x" * MAX_LINE_OCTETS + b"\r\n")

    def test_a_reply_of_a_hundred_lines_is_read_and_a_longer_one_is_not(self):
        more = b"250-x\r\n" * (MAX_REPLY_LINES - 1)
        assert len(replies(more + b"250 x\r\n")) == 1
        with pytest.raises(ProtocolTrouble):
            replies(more + b"250-x\r\n")

    def test_a_reply_beyond_64_kilobytes_is_trouble(self):
        line = b"250-" + b"x" * 1_000 + b"\r\n"
        with pytest.raises(ProtocolTrouble):
            replies(line * 66)

    @settings(derandomize=True, deadline=None)
    @given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
    def test_no_octets_do_more_than_reply_or_trouble(self, octets, cuts):
        session = awaiting(5)
        seen = []
        try:
            for start, end in pairwise(sorted({0, len(octets), *cuts})):
                seen += session.receive(octets[start:end])
        except ProtocolTrouble:
            pass
        assert all(200 <= reply.code < 600 and "\r" not in reply.text for reply in seen)


class TestStartTls:
    def test_what_follows_the_220_in_the_clear_is_never_read(self):
        session = awaiting(0)
        assert session.ask_starttls() == b"STARTTLS\r\n"
        assert list(session.receive(b"220 go\r\n250 injected\r\n250-half")) == [Reply(220, "", "go")]
        assert list(session.receive(b" more\r\n250 injected\r\n")) == []
        session.restart()
        session.ask(b"NOOP\r\n")
        assert list(session.receive(b"250 inside\r\n")) == [Reply(250, "", "inside")]

    def test_capabilities_from_the_clear_are_forgotten(self):
        session = awaiting(1)
        session.learn(Reply(250, "", "x\nSTARTTLS\nPIPELINING"))
        session.restart()
        assert session.capabilities == Capabilities()

    def test_a_refused_starttls_leaves_the_session_as_it_was(self):
        session = awaiting(0)
        session.ask_starttls()
        assert [reply.code for reply in session.receive(b"454 4.7.0 later\r\n")] == [454]
        session.ask(b"NOOP\r\n")
        assert [reply.code for reply in session.receive(b"250 ok\r\n")] == [250]


class TestCapabilities:
    def test_keywords_are_read_in_any_case(self):
        text = "mx.example hello\nPIPELINING\nchunking\nSize 52428800\n8BITMIME\nSMTPUTF8\nDSN\nstarttls\nAUTH PLAIN\nX"
        assert parse_capabilities(Reply(250, "", text)) == Capabilities(
            pipelining=True, chunking=True, size=52_428_800, eightbitmime=True, smtputf8=True, dsn=True, starttls=True
        )

    def test_the_first_line_is_the_name_of_the_server(self):
        assert parse_capabilities(Reply(250, "", "PIPELINING\nDSN")) == Capabilities(dsn=True)

    def test_a_prefix_of_a_keyword_is_not_the_keyword(self):
        assert parse_capabilities(Reply(250, "", "x\nPIPELINING2\nXDSN\nSIZE=5")) == Capabilities()

    @pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE x", "SIZE " + "9" * 30, "SIZE -1"])
    def test_a_size_without_a_usable_number_is_no_limit(self, size):
        capabilities = parse_capabilities(Reply(250, "", f"x\n{size}"))
        assert capabilities.size == 0
        assert capabilities.has_room_for(10**9)

    def test_a_limit_is_inclusive(self):
        assert Capabilities(size=10).has_room_for(10)
        assert not Capabilities(size=10).has_room_for(11)
        assert Capabilities().has_room_for(10**9)


class TestEnvelope:
    def test_a_bare_server_gets_bare_commands(self):
        envelope = Envelope(
            ANN, (Recipient(BOB.address, ("NEVER",), "rfc822;x"),), body="8BITMIME", ret="HDRS", envid="id"
        )
        assert commands(envelope, Capabilities()) == [
            b"MAIL FROM:<ann@a.example>\r\n",
            b"RCPT TO:<bob@b.example>\r\n",
        ]

    def test_offered_parameters_are_used_where_given(self):
        recipient = Recipient(BOB.address, ("SUCCESS", "DELAY"), "rfc822;b+2Bx@b.example")
        envelope = Envelope(ANN, (recipient, BOB), body="8BITMIME", ret="FULL", envid="QQ+2B3")
        assert commands(envelope, size=123) == [
            b"MAIL FROM:<ann@a.example> SIZE=123 BODY=8BITMIME RET=FULL ENVID=QQ+2B3\r\n",
            b"RCPT TO:<bob@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bx@b.example\r\n",
            b"RCPT TO:<bob@b.example>\r\n",
        ]

    def test_the_null_sender_and_bare_postmaster_can_be_written(self):
        envelope = Envelope(None, (Recipient(Address("postmaster", "")),))
        assert commands(envelope, Capabilities()) == [b"MAIL FROM:<>\r\n", b"RCPT TO:<postmaster>\r\n"]

    def test_smtputf8_is_said_only_when_needed(self):
        assert b"SMTPUTF8" not in commands(Envelope(ANN, (BOB,)))[0]
        assert commands(Envelope(ANN, (BOB,), smtputf8=True))[0].endswith(b" SMTPUTF8\r\n")
        umlaut = Recipient(Address("jürgen", "b.example"))
        mail, rcpt = commands(Envelope(ANN, (umlaut,)))
        assert mail.endswith(b" SMTPUTF8\r\n")
        assert rcpt == "RCPT TO:<jürgen@b.example>\r\n".encode()

    def test_an_address_beyond_ascii_is_never_written_to_a_server_without_smtputf8(self):
        with pytest.raises(Impossible):
            commands(Envelope(Address("é", "a.example"), (BOB,)), Capabilities())

    @pytest.mark.parametrize("local", ["a", "a.b+c=d!#$%&'*/?^_`{|}~-", '"a b"', '"a\\"b"', '"a>b"', '"@"', '""'])
    def test_lawful_local_parts_are_written_as_they_are(self, local):
        written = commands(Envelope(ANN, (Recipient(Address(local, "[IPv6:::1]")),)))[1]
        assert written == f"RCPT TO:<{local}@[IPv6:::1]>\r\n".encode()

    @pytest.mark.parametrize(
        ("local", "domain"),
        [
            ("a\r\nRSET", "b"),
            ("a\n", "b"),
            ("a\r", "b"),
            ("a\0", "b"),
            ("a b", "b"),
            ("a> X", "b"),
            ("a>", "b"),
            ("a", "b>\r\nDATA"),
            ("a", "b c"),
            ("a", "b\n"),
            ("a", "b>"),
            ('"a\r\n"', "b"),
            ('"a\n"', "b"),
            ('"a\\\r\n"', "b"),
            ('"a\0"', "b"),
            ('"a" b', "b"),
            ('"a', "b"),
            ('a"', "b"),
            ('"a"x"', "b"),
            ("\ud800", "b"),
            ("a\x85", "b"),
            ("", "b"),
            ("", ""),
            ("a", "b@c"),
        ],
    )
    def test_no_address_breaks_out_of_its_command(self, local, domain):
        hostile = Address(local, domain)
        for envelope in (Envelope(ANN, (Recipient(hostile),)), Envelope(hostile, (BOB,))):
            with pytest.raises(Impossible):
                commands(envelope)

    @pytest.mark.parametrize("value", ["a b", "a\r\nRSET", "a\n", "\0", "\x7f", "x" * 501])
    def test_no_parameter_breaks_out_of_its_command(self, value):
        with pytest.raises(Impossible):
            commands(Envelope(ANN, (BOB,), envid=value))
        with pytest.raises(Impossible):
            commands(Envelope(ANN, (Recipient(BOB.address, (), value),)))

    def test_words_that_dsn_does_not_know_are_left_out(self):
        envelope = Envelope(ANN, (Recipient(BOB.address, ("NEVER\r\nRSET",)),), ret="ALL\r\n")
        assert b"".join(commands(envelope)).count(b"\r\n") == 2
        assert b"RSET" not in b"".join(commands(envelope))

    @settings(derandomize=True, deadline=None)
    @given(st.text(max_size=20), st.text(max_size=20))
    def test_an_envelope_is_always_one_line_per_command(self, local, domain):
        try:
            written = commands(Envelope(Address(local, domain), (Recipient(Address(domain, local)),)))
        except Impossible:
            return
        for command in written:
            assert command.endswith(b"\r\n")
            assert not set(command[:-2]) & {0, 10, 13}

    def test_a_hostname_cannot_break_out(self):
        assert ehlo("mx.a.example") + helo("[192.0.2.1]") == b"EHLO mx.a.example\r\nHELO [192.0.2.1]\r\n"
        for hostname in ("a\r\nQUIT", "a b", "", "a\n"):
            with pytest.raises(Impossible):
                ehlo(hostname)

    def test_every_command_awaits_a_reply(self):
        session = awaiting(0)
        assert session.ask(b"A\r\n", b"B\r\n") == b"A\r\nB\r\n"
        assert session.awaited == 2


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(min(at, len(data)) for at in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def received(stream: bytes) -> bytes:
    """What a strict server reads: it splits at CRLF alone, and stops at the first lone dot."""
    lines = stream.split(b"\r\n")
    end = lines.index(b".")
    assert lines[end + 1 :] == [b""], "octets follow the final dot"
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:end])


class TestStuffing:
    @pytest.mark.parametrize(
        ("content", "sent"),
        [
            (b"", b".\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b".\r\n", b"..\r\n.\r\n"),
            (b".", b"..\r\n.\r\n"),
            (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r\n.\r\n.\r\n", b"a\r\n..\r\n..\r\n.\r\n"),
            (b"a.\r\n b.c\r\n", b"a.\r\n b.c\r\n.\r\n"),
            (b"a\r", b"a\r\r\n.\r\n"),
            (b"a\n", b"a\n\r\n.\r\n"),
            (b"\xff\0\r\n", b"\xff\0\r\n.\r\n"),
        ],
    )
    def test_only_dots_that_begin_a_line_are_doubled(self, content, sent):
        assert b"".join(stuffed([content])) == sent
        assert b"".join(stuffed([content[at : at + 1] for at in range(len(content))])) == sent

    @settings(derandomize=True, deadline=None, max_examples=500)
    @given(
        st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.", b"\r\n.\r\n"]), max_size=30),
        st.lists(st.integers(0, 60), max_size=8),
    )
    def test_a_strict_server_reads_the_exact_octets_wherever_they_are_cut(self, parts, cuts):
        content = b"".join(parts)
        pieces = list(stuffed(cut(content, cuts)))
        whole = content if not content or content.endswith(b"\r\n") else content + b"\r\n"
        assert received(b"".join(pieces)) == whole

    @settings(derandomize=True, deadline=None)
    @given(st.lists(st.sampled_from([b"\r\n", b".", b"a"]), max_size=20), st.lists(st.integers(0, 40), max_size=8))
    def test_only_the_last_piece_ends_the_message(self, parts, cuts):
        *before, last = stuffed(cut(b"".join(parts), cuts))
        assert b"\r\n.\r\n" not in b"\r\n" + b"".join(before)
        assert last.endswith(b".\r\n")

    def test_pieces_are_sent_before_all_of_the_content_was_read(self):
        def endless():
            while True:
                yield b"x" * 1_000

        pieces = stuffed(endless())
        assert len(next(pieces)) == 1_000


class TestFraming:
    def test_one_chunk_holds_the_exact_octets(self):
        assert list(framed(7, [b".\r\n.\r\nx"])) == [b"BDAT 7 LAST\r\n.\r\n.\r\nx"]

    def test_an_empty_message_is_an_empty_last_chunk(self):
        assert list(framed(0, [])) == list(framed(0, [b""])) == [b"BDAT 0 LAST\r\n"]

    def test_the_last_piece_alone_completes_the_chunk(self):
        assert list(framed(6, [b"ab", b"cd", b"ef"])) == [b"BDAT 6 LAST\r\nab", b"cd", b"ef"]

    @pytest.mark.parametrize("pieces", [[b"ab"], [b"ab", b"c"], [b"ab", b"cd", b"ef"], [b"abcde", b"f"], []])
    def test_a_content_of_another_size_is_never_completed(self, pieces):
        sent = framed(5, pieces)
        given = []
        with pytest.raises(Impossible):
            given.extend(sent)
        assert len(b"".join(given)) < len(b"BDAT 5 LAST\r\n") + 5
