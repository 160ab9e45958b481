"""Which addresses of the journal clients' own servers have confirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.found_address import FoundAddress
from ecluse.mta.reports import found_addresses
from ecluse.mta.reports.found_addresses import AGAIN_AFTER_S, FoundAddresses

ANN = RecipientEvent("Ann@one.example", Ending.RELAYED, is_found=True)
EVENT = MessageEvent("019b", Stage.OUTCOME, 7.0, direction="inbound", client="One", recipients=(ANN,))
FOUND = FoundAddress("One", "ann@one.example", 7.0)


def of(**changes):
    return replace(EVENT, recipients=(replace(ANN, **changes),))


@pytest.mark.parametrize(
    ("event", "is_found"),
    [
        (EVENT, True),
        (of(fate=Ending.HELD), True),  # Whatever is thought of the message: its address is there.
        (of(fate=Ending.REFUSED), True),
        (of(fate=Ending.REJECTED_BY_NEXT_HOP), False),  # Said yes to its name, and no to the message.
        (of(is_found=False), False),
        (replace(EVENT, stage=Stage.INTENT), False),
        (replace(EVENT, stage=Stage.DELIVERY), False),
        (replace(EVENT, direction="outbound"), False),
        (replace(EVENT, client=""), False),
        (of(address="ann+news@one.example"), False),  # Any extension is taken.
        (of(address="bounce=ann@one.example"), False),
        (of(address='"ann"@one.example'), False),
        (of(address="\u00df" * 32 + "@one.example"), True),  # 64 octets; in small letters, too.
        (of(address="\u0390" * 32 + "@one.example"), False),  # In small letters it has three times as many.
        (of(address="ann"), False),
    ],
)
def test_the_rules(event, is_found):
    assert len(list(FoundAddresses().among([event]))) == is_found
    if event is EVENT:
        assert list(FoundAddresses().among([event])) == [FOUND]


def test_each_is_told_once_a_day_and_what_is_remembered_is_bounded(monkeypatch):
    reader = FoundAddresses()
    later = [replace(EVENT, at=7.0 + seconds) for seconds in (0, 60, AGAIN_AFTER_S - 1, AGAIN_AFTER_S)]
    assert [found.at for found in reader.among(later)] == [7.0, 7.0 + AGAIN_AFTER_S]
    monkeypatch.setattr(found_addresses, "MAX_REMEMBERED", 10)
    list(reader.among(of(address=f"u{number}@one.example") for number in range(20)))
    assert len(reader._told) == 10
