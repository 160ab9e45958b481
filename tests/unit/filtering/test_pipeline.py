from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.evidence import FileFacts
from ecluse.domain.links import LinkFacts, LookAlikeFact, Role
from ecluse.filtering import inbound, outbound
from ecluse.filtering.examine import examine
from ecluse.filtering.judge import RULES
from ecluse.filtering.pipeline import rows
from tests.unit.filtering.samples import HARMLESS, POLICY


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


def test_what_files_do_and_where_links_lead_counts_on_the_way_out_too():
    """Antivirus in both directions (9-5): a client's machine that was taken over sends what others sent to it."""
    files = FileFacts(count=1, flags=("macros", "auto-macros", "suspicious-macros"))
    look_alike = LookAlikeFact("xn--pple-43d.example", "apple", "shape", Role.LINK, is_protected=False)
    evidence = replace(HARMLESS, files=files, links=LinkFacts(1, (), (), (look_alike,)))
    findings = examine(evidence, POLICY, outbound.CHECKS)
    assert {"MACRO_DROPPER", "LOOKALIKE_BRAND"} <= {finding.code for finding in findings}


def test_every_check_of_files_that_runs_inbound_runs_outbound():
    assert {check for check in inbound.CHECKS if "file" in check.__name__} <= set(outbound.CHECKS)
    assert {"scan", "files", "listed_files", "links"} <= {collector.name for collector in outbound.COLLECTORS}
