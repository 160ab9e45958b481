"""What the receiving engine promises its application; what it promises the peer stands in tests/dialogs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.reply import Reply
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.data import Newlines
from ecluse.wire.smtp.events import (
    ClientIdentified,
    Closing,
    ContentBegins,
    ContentDropped,
    ContentEnds,
    ContentPiece,
    Hello,
    MailBegins,
    RecipientNamed,
    TlsAsked,
    TransactionReset,
)
from ecluse.wire.smtp.server import ReceivingSession
from ecluse.wire.smtp.server_options import ServerOptions
from tests.cpu import cpu
from tests.dialogs.player import Application

REFUSED = Reply(550, "7.1", "No")


def session(**options):
    engine = ReceivingSession(ServerOptions("gateway.test", **options))
    engine.greet()
    engine.take_output()
    return engine


def events_of(engine, octets, *answers):
    """All events up to the first question without an answer."""
    engine.feed(octets)
    waiting, events = list(answers), []
    while (event := engine.next_event()) is not None:
        events.append(event)
        if engine.awaits_answer and waiting:
            engine.answer(waiting.pop(0))
    return events


OPENING = b"EHLO a.example\r\nMAIL FROM:<>\r\nRCPT TO:<ann@one.example>\r\n"


def in_transaction(**options):
    engine = session(**options)
    events_of(engine, OPENING, replies.OK, replies.OK)
    engine.take_output()
    return engine


def test_the_events_tell_the_whole_envelope():
    engine = session(offers_dsn=True)
    said = b"EHLO a.example\r\nMAIL FROM:<c@x.example> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=e\r\nRCPT TO:<Ann@ONE.example> NOTIFY=NEVER ORCPT=rfc822;a\r\n"
    assert events_of(engine, said, replies.OK, replies.OK) == [
        Hello("a.example", is_esmtp=True),
        MailBegins(Address("c", "x.example"), 5, "8BITMIME", smtputf8=True, ret="FULL", envid="e"),
        RecipientNamed(Recipient(Address("Ann", "one.example"), ("NEVER",), "rfc822;a")),
    ]
    assert (engine.helo, engine.is_esmtp, engine.is_tls) == ("a.example", True, False)


def test_no_command_is_looked_at_before_the_last_was_answered():
    engine = session()
    assert events_of(engine, OPENING) == [Hello("a.example", is_esmtp=True), MailBegins(None)]
    engine.feed(b"QUIT\r\n")
    assert engine.next_event() is None
    engine.take_output()
    engine.answer(replies.SENDER_OK)
    assert isinstance(engine.next_event(), RecipientNamed)
    assert engine.take_output() == replies.SENDER_OK.wire


def test_nothing_is_read_before_the_greeting():
    engine = ReceivingSession(ServerOptions("gateway.test"))
    engine.feed(b"NOOP\r\n")
    assert engine.next_event() is None
    assert engine.take_output() == b""
    engine.greet()
    assert engine.next_event() is None
    assert engine.take_output() == b"220 gateway.test ESMTP Ecluse\r\n" + replies.OK.wire


def test_an_answer_that_nobody_asked_for_is_our_bug():
    with pytest.raises(RuntimeError):
        session().answer(replies.OK)


def test_an_answer_after_the_end_is_not_said():
    engine = session()
    events_of(engine, b"EHLO a.example\r\nMAIL FROM:<>\r\n")
    engine.hang_up(replies.SILENCE)
    engine.answer(replies.OK)
    assert engine.take_output().endswith(replies.SILENCE.wire)
    assert engine.next_event() == Closing()
    assert engine.next_event() is None


def test_a_question_that_was_not_given_out_is_not_asked_after_hanging_up():
    engine = in_transaction()
    engine.feed(b"DATA\r\n")
    engine.next_event()
    engine.answer(replies.OK)
    engine.feed(b"x\r\n.\r\n")
    assert engine.next_event() == ContentPiece(b"x\r\n")
    engine.hang_up(replies.SHUTTING_DOWN)
    assert engine.next_event() == Closing()


@pytest.mark.parametrize("reply", [replies.SENDER_OK, REFUSED])
def test_mail_advances_only_when_welcome(reply):
    engine = session()
    events_of(engine, b"EHLO a.example\r\nMAIL FROM:<>\r\n", reply)
    assert events_of(engine, b"MAIL FROM:<>\r\n") == ([] if reply.is_positive else [MailBegins(None)])


def test_a_refused_data_ends_the_transaction():
    engine = in_transaction()
    assert events_of(engine, b"DATA\r\nRSET\r\n", REFUSED) == [ContentBegins()]
    assert engine.take_output() == REFUSED.wire + replies.RESET.wire


def test_a_refused_chunk_is_read_to_its_end():
    engine = in_transaction()
    assert events_of(engine, b"BDAT 6\r\nQUIT\r\nNOOP\r\n", replies.NO_ROOM) == [ContentBegins()]
    assert engine.take_output() == replies.NO_ROOM.wire + replies.OK.wire


def test_421_as_an_answer_ends_the_session():
    for opening, asked in ((b"", 0), (b"DATA\r\n", 1), (b"BDAT 3\r\n", 1)):
        engine = in_transaction() if opening else session()
        events = events_of(engine, opening or b"EHLO a.example\r\nMAIL FROM:<>\r\n", replies.SHUTTING_DOWN)
        assert events[-1] == Closing(), asked
        assert engine.take_output().endswith(replies.SHUTTING_DOWN.wire)


def test_content_comes_in_pieces_as_it_arrives():
    engine = in_transaction()
    assert events_of(engine, b"DATA\r\n", replies.OK) == [ContentBegins()]
    assert events_of(engine, b"first\r\nsec") == [ContentPiece(b"first\r\nsec")]
    assert events_of(engine, b"ond\r\n.\r\n") == [ContentPiece(b"ond\r\n"), ContentEnds(15)]


def test_a_message_that_is_dropped_is_dropped_at_once_and_once():
    engine = in_transaction()
    events_of(engine, b"DATA\r\n", replies.OK)
    assert events_of(engine, b"bare\nx") == [ContentDropped()]
    assert events_of(engine, b"bare\nx" * 100) == []
    engine.take_output()
    assert events_of(engine, b"\r\n.\r\n") == []
    assert engine.take_output() == replies.BARE_NEWLINE.wire


def test_a_chunk_beyond_all_measure_ends_the_session():
    engine = in_transaction(max_message_bytes=1000)
    assert events_of(engine, b"BDAT 1000000000\r\n") == [Closing()]
    assert engine.take_output() == replies.TOO_LARGE.wire


def test_a_flood_ends_the_session():
    engine = in_transaction(max_message_bytes=1000)
    events_of(engine, b"DATA\r\n", replies.OK)
    assert events_of(engine, b"x" * 1001) == [ContentDropped()]
    assert events_of(engine, b"x" * 70_000) == [Closing()]
    assert engine.take_output().endswith(replies.TOO_LARGE.wire)


@pytest.mark.parametrize("command", [b"RSET\r\n", b"EHLO a.example\r\n", b"HELO a.example\r\n"])
def test_a_transaction_that_is_given_up_is_told(command):
    assert TransactionReset() in events_of(in_transaction(), command)
    engine = in_transaction()
    events_of(engine, b"BDAT 1\r\nx", replies.OK)
    assert events_of(engine, command)[:2] == [ContentDropped(), TransactionReset()]
    assert TransactionReset() not in events_of(session(), command)


def test_quit_between_chunks_drops_the_message():
    engine = in_transaction()
    events_of(engine, b"BDAT 1\r\nx", replies.OK)
    assert events_of(engine, b"QUIT\r\n") == [ContentDropped(), Closing()]


def test_tls_begins_anew_without_what_was_sent_before_it():
    engine = session(offers_starttls=True)
    assert events_of(engine, b"EHLO a.example\r\nSTARTTLS\r\nEHLO evil.example\r\n")[1:] == [TlsAsked()]
    engine.feed(b"EHLO evil.example\r\n")
    engine.tls_started()
    assert engine.next_event() is None
    assert (engine.helo, engine.is_esmtp, engine.is_tls) == ("", False, True)


def test_xclient_begins_anew_and_tells_the_attributes():
    engine = session(offers_xclient=True)
    events = events_of(engine, b"EHLO a.example\r\nXCLIENT ADDR=192.0.2.7 NAME=[UNAVAILABLE]\r\n")
    assert events[1:] == [ClientIdentified({"ADDR": "192.0.2.7", "NAME": ""})]
    assert engine.helo == ""


def test_utf8_is_forgotten_with_its_transaction():
    engine = session()
    events_of(engine, b"EHLO a.example\r\nMAIL FROM:<> SMTPUTF8\r\n", replies.OK)
    events_of(engine, b"RSET\r\nMAIL FROM:<>\r\n", replies.OK)
    engine.take_output()
    assert events_of(engine, "RCPT TO:<é@one.example>\r\n".encode()) == []
    assert engine.take_output() == replies.NEEDS_SMTPUTF8.wire


def test_errors_are_counted_apart_from_refusals_of_the_application():
    engine = session()
    events_of(engine, b"FOO\r\nEHLO a.example\r\nDATA\r\nMAIL FROM:<>\r\n", REFUSED)
    assert engine.errors == 2


def test_many_commands_in_one_piece_cost_no_more_than_alone():
    engine = session(max_idle_commands=10**9)
    with cpu() as spent:
        assert events_of(engine, b"NOOP\r\n" * 20_000) == []
    assert spent.seconds < 2


PARTS = st.sampled_from(
    [b"EHLO a.example\r\n", b"HELO a.example\r\n", b"MAIL FROM:<>\r\n", b"MAIL FROM:<c@x.example> SMTPUTF8 SIZE=9\r\n",
     b"RCPT TO:<ann@one.example>\r\n", b"RCPT TO:<bob@two.example>\r\n", b"DATA\r\n", b"BDAT 5\r\n", b"BDAT 3 LAST\r\n",
     b"BDAT 0 LAST\r\n", b"BDAT x\r\n", b"text", b"\r\n", b"\r\n.\r\n", b".", b"\r", b"\n", b"\0", b"RSET\r\n", b"NOOP\r\n",
     b"VRFY a\r\n", b"XCLIENT ADDR=192.0.2.1\r\n", b"QUIT\r\n", b"GET / HTTP/1.1\r\n", b"x" * 300, b"\xff\r\n"]
)  # fmt: skip
SESSIONS = st.lists(PARTS, max_size=25).map(b"".join) | st.lists(PARTS, max_size=25).map(
    lambda parts: OPENING + b"".join(parts)
)


def played(stream, places, options):
    application = Application(options)
    for start, end in pairwise(places):
        application.say(stream[start:end])
    told = []
    for event in application.events:
        if isinstance(event, ContentPiece) and told and isinstance(told[-1], ContentPiece):
            told[-1] = ContentPiece(told[-1].octets + event.octets)
        else:
            told.append(event)
    return application.sent, told, application.messages


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(stream=SESSIONS, cuts=st.lists(st.integers(0, 600), max_size=10), newlines=st.sampled_from(Newlines))
def test_a_session_is_the_same_however_it_is_cut(stream, cuts, newlines):
    options = ServerOptions(
        "gateway.test", max_message_bytes=40, max_command_octets=256, newlines=newlines, offers_xclient=True
    )
    whole = played(stream, [0, len(stream)], options)
    cut = played(stream, sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))}), options)
    assert settled(cut) == settled(whole)


def settled(result):
    """Which of two faults of one message is named may depend on the cut; pieces before a drop too."""
    sent, told, messages = result
    for fault in (replies.BARE_NEWLINE, replies.NUL_OCTET, replies.TOO_LARGE):
        sent = sent.replace(fault.wire, b"fault\r\n")
    kept = [
        event
        for event, following in zip(told, [*told[1:], None], strict=False)
        if not (isinstance(event, ContentPiece) and not isinstance(following, ContentEnds))
    ]
    return sent, kept, messages


def test_content_is_counted_as_it_comes_also_when_it_is_dropped():
    engine = in_transaction()
    assert (engine.is_in_content, engine.content_octets) == (False, 0)
    events_of(engine, b"DATA\r\n", replies.OK)
    assert events_of(engine, b"bare\nx") == [ContentDropped()]
    events_of(engine, b"more")
    assert (engine.is_in_content, engine.content_octets) == (True, 10)
