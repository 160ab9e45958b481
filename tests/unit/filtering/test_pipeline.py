from __future__ import annotations

import pytest

from ecluse.filtering import inbound, outbound
from ecluse.filtering.judge import RULES
from ecluse.filtering.pipeline import rows


@pytest.mark.parametrize("table", [inbound, outbound])
def test_the_order_that_people_read_is_the_order_that_runs(table):
    steps = list(rows(table.PIPELINE))
    names = [row.name for row in steps]
    assert names == [
        *(collector.name for collector in table.COLLECTORS),
        *(check.__name__ for check in table.CHECKS),
        *(rule.__name__ for rule in RULES),
        *(change.__name__ for change in table.CHANGES),
    ]


@pytest.mark.parametrize("table", [inbound, outbound])
def test_every_step_says_in_one_sentence_what_it_does(table):
    for row in rows(table.PIPELINE):
        assert row.promise.endswith("."), row


def test_only_other_machines_and_the_reading_of_large_messages_are_waited_for():
    waited_for = [row.name for row in rows(inbound.PIPELINE) if row.deadline_s]
    assert waited_for == [
        "scan",
        "listed_files",
        "files",
        "authentication",
        "connection",
        "listings",
        "parts",
        "links",
        "texts",
        "mass",
        "learned",
        "impersonation",
        "campaign",
    ]
