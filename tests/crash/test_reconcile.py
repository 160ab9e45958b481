"""The judge of a crash run finds what it is there to find."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from tests.crash.node import Kill
from tests.crash.reconcile import Answered, Books, Copy, Kept, balance
from tests.crash.traffic import HELD, digest, identify, letter, octets
from tests.crash.troubles import Spell

ID, OTHER_ID = "0" * 32, "1" * 32
TAKEN, NEVER = "taken0@one.example", "never0@one.example"
RIGHT = "the right octets"
ACKNOWLEDGED = f"250 2.0.0 Message accepted ({ID})"


def books(**changes) -> Books:
    """One message, acknowledged and delivered once."""
    empty = Books(
        answered=[Answered(1, 10.0, ACKNOWLEDGED, (TAKEN,))],
        copies=[Copy("one", 9.9, 1, ID, RIGHT, (TAKEN,), "250")],
        kept=[],
        events=[outcome()],
        kills=[],
        spells=[],
        expected_digest=lambda _: RIGHT,
    )
    return replace(empty, **changes)


def outcome(id_: str = ID, reply: str = ACKNOWLEDGED) -> MessageEvent:
    return MessageEvent(id_, Stage.OUTCOME, 10.0, reply=reply)


def ended(fate: Ending) -> MessageEvent:
    return MessageEvent(ID, Stage.DELIVERY, 11.0, recipients=(RecipientEvent(NEVER, fate),))


def test_a_message_that_is_with_the_next_hop_balances():
    result = balance(books())
    assert result.faults == []
    assert result.recipients == {"delivered": 1}


def test_a_message_that_is_nowhere_is_lost():
    assert balance(books(copies=[])).lost


def test_a_recipient_that_is_missing_is_lost_though_others_have_the_message():
    answered = [Answered(1, 10.0, ACKNOWLEDGED, (TAKEN, "taken1@one.example"))]
    (loss,) = balance(books(answered=answered)).lost
    assert "taken1@one.example" in loss


def test_what_was_not_acknowledged_may_be_anywhere_or_nowhere():
    answered = [Answered(1, 10.0, "", (TAKEN,)), Answered(2, 10.0, "451 4.3.0 Later", (TAKEN,))]
    assert balance(books(answered=answered)).faults == []


def test_a_message_in_the_spool_or_in_quarantine_is_not_lost():
    for is_held in (True, False):
        assert balance(books(copies=[], kept=[Kept(1, ID, RIGHT, (TAKEN,), is_held)])).faults == []


@pytest.mark.parametrize("place", ["copies", "kept"])
def test_other_octets_than_were_sent_are_damage(place):
    copy = Copy("one", 9.9, 1, ID, "other octets", (TAKEN,), "250")
    kept = Kept(1, ID, "other octets", (TAKEN,), is_held=False)
    assert balance(books(**{place: [copy if place == "copies" else kept]})).damaged


def test_a_recipient_whom_the_next_hop_never_takes_may_expire_and_no_other():
    answered = [Answered(1, 10.0, ACKNOWLEDGED, (NEVER,))]
    assert balance(books(answered=answered, copies=[], events=[outcome(), ended(Ending.EXPIRED)])).faults == []
    assert balance(books(answered=answered, copies=[])).lost
    expired = replace(ended(Ending.EXPIRED), recipients=(RecipientEvent(TAKEN, Ending.EXPIRED),))
    assert balance(books(copies=[], events=[outcome(), expired])).lost


def test_a_bounce_counts_once_its_notification_is_there():
    told = Copy("one", 12.0, 1, "", "", ("m1@one.example",), "250", is_notice=True, told_about=(NEVER,))
    answered, events = [Answered(1, 10.0, ACKNOWLEDGED, (NEVER,))], [outcome(), ended(Ending.BOUNCED)]
    assert balance(books(answered=answered, copies=[told], events=events)).faults == []
    assert balance(books(answered=answered, copies=[], events=events)).lost


def test_a_notification_counts_without_its_line_in_the_journal_where_the_disk_was_full():
    told = Copy("one", 12.0, 1, "", "", ("m1@one.example",), "250", is_notice=True, told_about=(NEVER,))
    found = books(answered=[Answered(1, 10.0, ACKNOWLEDGED, (NEVER,))], copies=[told], events=[outcome()])
    assert balance(found).lost
    assert balance(replace(found, spells=[Spell("full", "disk", 11.0, 12.0)])).faults == []
    assert balance(replace(found, copies=[], spells=[Spell("full", "disk", 11.0, 12.0)])).lost


def test_a_250_without_a_record_in_the_journal_is_a_fault_unless_the_disk_was_full():
    assert balance(books(events=[])).unrecorded
    assert balance(books(events=[], spells=[Spell("full", "disk", 8.0, 9.0)])).faults == []


def twice(second_id: str = ID, first_answer: str = "250", **changes) -> list[str]:
    copies = [
        Copy("one", 9.9, 1, ID, RIGHT, (TAKEN,), first_answer),
        Copy("one", 20.0, 1, second_id, RIGHT, (TAKEN,), "250"),
    ]
    result = balance(books(copies=copies, **changes))
    assert result.duplicates.total() == 1
    return result.unexplained


def test_a_duplicate_without_a_reason_is_a_fault():
    assert twice()
    assert twice(second_id=OTHER_ID, events=[outcome(), outcome(OTHER_ID)])


def test_a_duplicate_is_explained_by_a_kill_a_cut_or_a_full_disk_after_the_first_copy():
    assert not twice(kills=[Kill(10.5, "delivery", 1)])
    assert not twice(first_answer="")
    assert not twice(spells=[Spell("closed", "one", 10.0, 11.0)])
    assert not twice(spells=[Spell("full", "disk", 9.0, 11.0)])
    assert twice(kills=[Kill(19.0, "delivery", 1)], spells=[Spell("closed", "two", 10.0, 11.0)])


def test_a_duplicate_is_explained_by_a_sender_that_heard_nothing():
    silence = Answered(1, 9.95, "", (TAKEN,))
    heard = Answered(1, 20.1, f"250 2.0.0 Message accepted ({OTHER_ID})", (TAKEN,))
    assert not twice(second_id=OTHER_ID, answered=[silence, heard], events=[outcome(OTHER_ID)])


def test_a_message_is_known_below_our_own_fields_and_nothing_else():
    content = octets(1, 7)
    top = (
        b"X-Ecluse-Id: "
        + ID.encode()
        + b"\r\nReceived: from a (b)\r\n\tby c;\r\n\tWed\r\nAuthentication-Results: c; none\r\n"
    )
    found = identify(top + content)
    assert (found.number, found.own_id, found.digest) == (7, ID, digest(content))
    assert identify(top + b"X-Other: field\r\n" + content).digest != digest(content)
    assert identify(top + content[:-1]).digest != digest(content)


def test_the_traffic_is_the_same_for_everybody_and_of_every_kind():
    letters = [letter(1, number) for number in range(300)]
    assert letters == [letter(1, number) for number in range(300)]
    locals_ = {recipient[:5] for one in letters for recipient in one.recipients}
    assert locals_ == {"taken", "slow0", "slow1", "never", HELD[:5]}
    assert {one.is_outbound for one in letters} == {True, False}
    sizes = [len(octets(1, number)) for number in range(60)]
    assert min(sizes) < 20_000
    assert max(sizes) > 300_000
