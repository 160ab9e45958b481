"""What a day's messages come to in aggregate reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.authentication import DmarcFacts, SpfFacts
from ecluse.domain.event import DmarcEvent, Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.evidence import Evidence
from ecluse.domain.published_tags import read_tags, written_tags
from ecluse.mta.reports import dmarc_tally as module
from ecluse.mta.reports.dmarc_tally import DmarcTally
from ecluse.mta.reports.witness import dmarc_event
from ecluse.wire.reports.aggregate import DkimResult, Override, SpfResult
from tests.unit.filtering.samples import SIGNED, with_authentication

FORGED = DmarcEvent(
    "bank.example", "bank.example", "p=reject adkim=s", "reject", spf=("attack.example", "pass"), dkim=()
)
PASSED = replace(FORGED, is_dkim_aligned=True, spf=("bank.example", "fail"), dkim=(("bank.example", "k1", "pass"),))


def event(dmarc=FORGED, fate=Ending.RELAYED, *findings, stage=Stage.OUTCOME, ip="203.0.113.9"):
    bob = RecipientEvent("bob@one.example", fate, findings=findings)
    return MessageEvent("0190", stage, 1.0, ip=ip, sender="Ceo@Attack.example", recipients=(bob,), dmarc=dmarc)


def rows_of(*events):
    tally = DmarcTally()
    for one in events:
        tally.add(one)
    return [(policy, rows) for policy, rows in tally.policies()]


def row_of(*arguments, **more):
    [(_, [row])] = rows_of(event(*arguments, **more))
    return row


def test_equal_messages_are_one_row():
    [(policy, rows)] = rows_of(event(), event(), event(PASSED), event(ip="203.0.113.10"))
    assert (policy.domain, policy.p, policy.adkim, policy.sp, policy.discovery_method) == (
        "bank.example", "reject", "s", "", "treewalk",
    )  # fmt: skip
    assert [(row.source_ip, row.count, row.dkim, row.spf) for row in rows] == [
        ("203.0.113.9", 2, "fail", "fail"),
        ("203.0.113.10", 1, "fail", "fail"),
        ("203.0.113.9", 1, "pass", "fail"),
    ]


def test_a_row_names_what_was_checked():
    row = row_of(PASSED)
    assert (row.header_from, row.envelope_from, row.disposition) == ("bank.example", "attack.example", "pass")
    assert row.dkim_results == (DkimResult("bank.example", "k1", "pass"),)
    assert row.spf_results == (SpfResult("bank.example", "fail"),)
    assert row_of(replace(PASSED, spf=None)).spf_results == ()


@pytest.mark.parametrize(
    ("fate", "findings", "disposition", "override"),
    [
        (Ending.REFUSED, ("DMARC_REJECT: bank.example", "SPF_FAIL"), "reject", None),
        (Ending.HELD, ("DMARC_REJECT: bank.example",), "quarantine", "local_policy"),
        (Ending.RELAYED, ("DMARC_REJECT: bank.example",), "none", "local_policy"),
        (Ending.SPOOLED, ("DMARC_REJECT: bank.example", "LIST_FORWARD"), "none", "mailing_list"),
        (Ending.RELAYED, ("ARC_OVERRIDE: bank.example",), "none", "trusted_forwarder"),
        (Ending.REFUSED, ("ARC_OVERRIDE: bank.example", "VIRUS"), "none", "trusted_forwarder"),
    ],
)
def test_what_became_of_a_forgery_is_told_with_its_reason(fate, findings, disposition, override):
    row = row_of(FORGED, fate, *findings)
    assert row.disposition == disposition
    assert row.overrides == ((Override(override),) if override else ())


def test_a_policy_in_test_is_told_as_one():
    tested = replace(FORGED, record="p=quarantine t=y", policy="none")
    assert row_of(tested, Ending.RELAYED, "DMARC_FAIL").overrides == (Override("policy_test_mode"),)


def test_mail_that_was_put_off_or_only_announced_counts_when_it_is_answered():
    assert rows_of(event(fate=Ending.DEFERRED), event(stage=Stage.INTENT), event(None)) == []


def test_each_record_of_a_domain_has_its_own_report():
    changed = replace(FORGED, record="p=none", policy="none")
    assert [policy.p for policy, _ in rows_of(event(), event(changed))] == ["none", "reject"]


def test_who_sends_most_is_told_first():
    other = replace(FORGED, from_domain="z.example", policy_domain="z.example")
    assert [policy.domain for policy, _ in rows_of(event(), event(other), event(other))] == [
        "z.example",
        "bank.example",
    ]


def test_forgers_cannot_fill_our_memory(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    tally = DmarcTally()
    for number in (1, 2, 3, 4, 1):
        tally.add(event(ip=f"203.0.113.{number}"))
    assert tally.untold == 2
    assert [sum(row.count for row in rows) for _, rows in tally.policies()] == [3]


# --- What the journal keeps for it


def test_a_message_is_witnessed_with_its_record():
    dmarc = DmarcFacts("fail", "a.bank.example", "reject", "bank.example", record="p=reject")
    weak = replace(SIGNED, result="fail")
    evidence = with_authentication(dmarc=dmarc, signatures=(weak, SIGNED, replace(SIGNED, selector="")))
    assert dmarc_event(evidence) == DmarcEvent(
        "a.bank.example",
        "bank.example",
        "p=reject",
        "reject",
        spf=("sender.example", "pass"),
        dkim=(("sender.example", "k1", "pass"), ("sender.example", "k1", "fail")),
    )


@pytest.mark.parametrize("result", ["none", "temperror", "permerror"])
def test_what_neither_passed_nor_failed_is_not_told(result):
    assert dmarc_event(with_authentication(dmarc=DmarcFacts(result, "a.example", record="p=reject"))) is None


def test_without_a_record_or_evidence_nothing_is_told():
    assert dmarc_event(with_authentication(dmarc=DmarcFacts("pass", "a.example"))) is None
    assert dmarc_event(Evidence()) is None


def test_of_a_bounce_only_the_greeting_was_checked_and_that_is_not_told():
    spf = SpfFacts("pass", "mail.a.example", "helo")
    dmarc = DmarcFacts("pass", "a.example", record="p=reject")
    assert dmarc_event(with_authentication(dmarc=dmarc, spf=spf)).spf is None


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({"v": "DMARC1", "t": "y", "p": "Reject", "rua": "mailto:a@b"}, "p=reject t=y"),
        ({"p": "none", "fo": "1:d:s"}, "p=none fo=1:d:s"),
        ({"p": "x" * 17, "sp": "a b", "np": "<none>", "aspf": "", "adkim": "é"}, ""),
        ({}, ""),
    ],
)
def test_tags_are_kept_in_one_order_and_only_what_can_be_meant(tags, text):
    assert written_tags(tags) == text
    assert written_tags(read_tags(text)) == text
