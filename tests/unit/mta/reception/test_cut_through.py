"""What a next hop's answers become: the table of design 6.7."""

from __future__ import annotations

import pytest

from ecluse.domain.event import Ending
from ecluse.domain.policy import Policy, Route
from ecluse.domain.reply import Reply
from ecluse.mta.delivery.next_hop import Transmission
from ecluse.mta.delivery.routes import NoAnswer
from ecluse.mta.reception.cut_through import settle

ROUTE = Route("192.0.2.1")
ANN, BOB = "ann@a.example", "bob@a.example"
OK = Reply(250, "0.0", "ok")
BUSY = Reply(450, "2.1", "busy")
WHO = Reply(550, "1.1", "who")
GO = Reply(354, "", "go")


def said(ann=OK, bob=OK, final=OK, *, dot=True, trouble="", sender=OK):
    replies = {key: reply for key, reply in ((ANN, ann), (BOB, bob)) if reply is not None}
    return Transmission(ROUTE, sender, replies, final, dot_sent=dot, trouble=trouble)


def settled(transmission, *, buffers=False):
    policy = Policy("client", "a.example", (ROUTE,), buffers_rcpt_4xx=buffers)
    return settle(transmission, (ANN, BOB), policy, "0" * 32)


RELAYED, SPOOLED = Ending.RELAYED, Ending.SPOOLED
DEFERRED, REJECTED = Ending.DEFERRED, Ending.REJECTED_BY_NEXT_HOP
BROKE = "connection closed by the next hop"

TABLE = [
    # The next hop | the reply's start, ann's ending, bob's ending
    ("could not be asked", NoAnswer("refused"), "250 2.0.0", SPOOLED, SPOOLED),
    ("takes all", said(), "250 2.0.0", RELAYED, RELAYED),
    ("takes one, defers one", said(bob=BUSY), "250 2.0.0", RELAYED, SPOOLED),
    ("takes one, refuses one", said(ann=WHO), "250 2.0.0", SPOOLED, RELAYED),
    ("refuses all", said(WHO, WHO, None, dot=False), "550 5.1.1", REJECTED, REJECTED),
    ("defers all", said(BUSY, BUSY, None, dot=False), "451 4.2.1", DEFERRED, DEFERRED),
    ("defers some, refuses the rest", said(WHO, BUSY, None, dot=False), "451 4.2.1", DEFERRED, DEFERRED),
    ("defers the message", said(final=BUSY), "451 4.2.1", DEFERRED, DEFERRED),
    ("refuses the message", said(final=WHO), "550 5.1.1", REJECTED, REJECTED),
    ("refuses the message for the one it took", said(bob=BUSY, final=WHO), "550 5.1.1", REJECTED, REJECTED),
    ("refuses DATA", said(final=WHO, dot=False), "550 5.1.1", REJECTED, REJECTED),
    ("is silent after the dot", said(final=None, trouble=BROKE), "451 4.4.2", DEFERRED, DEFERRED),
    ("breaks off before the dot", said(final=None, dot=False, trouble=BROKE), "250 2.0.0", SPOOLED, SPOOLED),
    ("breaks off before RCPT", said(None, None, None, dot=False, trouble=BROKE), "250 2.0.0", SPOOLED, SPOOLED),
    ("breaks off between two", said(WHO, None, None, dot=False, trouble=BROKE), "250 2.0.0", SPOOLED, SPOOLED),
    ("answers RCPT 3xx", said(GO, GO, None, dot=False, trouble="no fit"), "250 2.0.0", SPOOLED, SPOOLED),
    (
        "does not offer what the message needs",
        said(WHO, WHO, None, dot=False, sender=None, trouble="too large"),
        "550 5.1.1",
        REJECTED,
        REJECTED,
    ),
]


@pytest.mark.parametrize(("_case", "transmission", "reply", "ann", "bob"), TABLE, ids=[row[0] for row in TABLE])
def test_the_table(_case, transmission, reply, ann, bob):
    settlement = settled(transmission)
    assert str(settlement.reply).startswith(reply)
    assert {key: ending for key, (ending, _) in settlement.endings.items()} == {ANN: ann, BOB: bob}
    assert settlement.to_spool == {key for key, (ending, _) in settlement.endings.items() if ending is SPOOLED}


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_who_hears_250_is_relayed_or_spooled_and_nobody_else_is(row):
    settlement = settled(row[1])
    answered_for = {ending for ending, _ in settlement.endings.values()} & {RELAYED, SPOOLED}
    assert bool(answered_for) == settlement.reply.is_positive
    assert settlement.reply.code // 100 in (2, 4, 5)


@pytest.mark.parametrize(("ann", "bob"), [(BUSY, BUSY), (WHO, BUSY)])
def test_a_client_may_have_us_keep_what_is_deferred(ann, bob):
    settlement = settled(said(ann, bob, None, dot=False), buffers=True)
    assert settlement.reply.code == 250
    assert settlement.to_spool == {ANN, BOB}


def test_a_client_that_buffers_still_relays_a_refusal_of_all():
    assert settled(said(WHO, WHO, None, dot=False), buffers=True).reply.code == 550


def test_the_next_hops_words_are_quoted_on_one_line_and_bounded():
    settlement = settled(said(final=Reply(554, "7.1", "first\nsecond " + "x" * 1_000)))
    assert "The next hop said: first second xxx" in settlement.reply.text
    assert len(settlement.reply.wire) < 512
