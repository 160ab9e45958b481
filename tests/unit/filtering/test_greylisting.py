from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.authentication import DmarcFacts, SpfFacts
from ecluse.domain.evidence import GreylistEntry, GreylistFacts, GreylistState, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.history import GREYLIST_KEPT_S, GREYLIST_WAITS_S, Memory
from ecluse.domain.verdict import Disposition
from ecluse.filtering.greylisting import (
    MIN_WAIT_S,
    REASON,
    fingerprint_of,
    is_greylisted,
    message_name,
    standing,
    state_of,
)
from ecluse.filtering.judge import judge
from tests.unit.filtering.samples import ANN, HARMLESS, MESSAGE, POLICY, incoming, with_authentication

AT = 1_764_000_000.0
GREYLISTING = replace(POLICY, greylists=True, weights={"NO_FROM": 6.0, "NO_DATE": 5.9, "GTUBE": 15.0})
NEW, EARLY, BACK, PASSED = GreylistState


@pytest.mark.parametrize(
    ("memory", "later_s", "state"),
    [
        (None, 0.0, NEW),
        (Memory(AT, AT, 0.0, 0.0), 0.0, EARLY),
        (Memory(AT, AT, 0.0, 0.0), MIN_WAIT_S - 1, EARLY),
        (Memory(AT, AT, 0.0, 0.0), MIN_WAIT_S, BACK),
        (Memory(AT, AT, 0.0, 0.0), GREYLIST_WAITS_S, BACK),
        (Memory(AT, AT, 0.0, 0.0), GREYLIST_WAITS_S + 1, NEW),
        (Memory(AT, AT, 1.0, 0.0), 0.0, PASSED),
        (Memory(AT, AT, 1.0, 0.0), GREYLIST_KEPT_S, PASSED),
        (Memory(AT, AT, 1.0, 0.0), GREYLIST_KEPT_S + 1, NEW),
    ],
)
def test_a_message_passes_if_it_comes_again_between_five_minutes_and_four_days(memory, later_s, state):
    assert state_of(memory, AT + later_s) is state


NOBODY = with_authentication(
    spf=SpfFacts("none", "sender.example", "mailfrom"), signatures=(), dmarc=DmarcFacts("none", "sender.example")
)
FACTS = GreylistFacts(
    (
        GreylistEntry("ann", "mailer.example", EARLY),
        GreylistEntry("ann", "sender.example", BACK),
        GreylistEntry("ann", "", NEW),
    )
)


@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (with_authentication(), BACK),
        (with_authentication(spf=SpfFacts("pass", "mailer.example", "mailfrom")), BACK),
        (with_authentication(dmarc=DmarcFacts("fail"), spf=SpfFacts("pass", "mailer.example", "mailfrom"), signatures=()), EARLY),
        (NOBODY, NEW),
        (HARMLESS, NEW),
    ],
)  # fmt: skip
def test_the_proven_domain_counts_the_authors_first_and_else_envelope_and_body(evidence, state):
    assert [entry.state for entry in standing(replace(evidence, greylist=FACTS))] == [state]


def test_a_memory_out_of_reach_greylists_nobody():
    assert standing(replace(HARMLESS, greylist=Unknown("down"))) == ()


def test_a_message_is_the_same_whatever_its_trace_says():
    def fingerprint(message):
        head = message.index(b"\r\n\r\n") + 4
        return fingerprint_of(incoming(message), head)

    again = b"Received: from b by c\r\n" + MESSAGE
    assert fingerprint(MESSAGE) == fingerprint(again)
    assert fingerprint(MESSAGE) != fingerprint(MESSAGE + b"!")
    long = MESSAGE + b"x" * 100_000
    assert fingerprint(long) != fingerprint(long + b"y")
    assert message_name(incoming(), "ann", "1") != message_name(incoming(), "bob", "1")


# -- the judge


@pytest.mark.parametrize(
    ("codes", "disposition"),
    [
        (("GREYLIST_NEW", "NO_FROM"), Disposition.DEFER),
        (("GREYLIST_EARLY", "NO_FROM"), Disposition.DEFER),
        (("GREYLIST_BACK", "NO_FROM"), Disposition.DELIVER),
        (("NO_FROM",), Disposition.DELIVER),
        (("GREYLIST_NEW", "NO_DATE"), Disposition.DELIVER),
        (("GREYLIST_NEW",), Disposition.DELIVER),
        (("GREYLIST_NEW", "GTUBE"), Disposition.REFUSE),
        (("GREYLIST_NEW", "NO_FROM", "NO_DATE", "KNOWN_DOMAIN"), Disposition.DELIVER),
        (("GREYLIST_NEW", "NO_FROM", "NO_DATE", "KNOWN_PAIR"), Disposition.DELIVER),
        (("GREYLIST_NEW", "NO_FROM", "NO_DATE", "CORRESPONDENT"), Disposition.DELIVER),
        (("GREYLIST_NEW", "NO_FROM", "USER_ALLOW"), Disposition.DELIVER),
        (("GREYLIST_NEW", "NO_FROM", "VIRUS"), Disposition.REFUSE),
    ],
)
def test_only_unclear_mail_of_strangers_is_told_to_come_again(codes, disposition):
    verdict = judge(tuple(Finding(code) for code in codes), GREYLISTING, ANN)
    assert verdict.disposition is disposition
    assert is_greylisted(verdict) is (disposition is Disposition.DEFER)
    assert (verdict.reason == REASON) is (disposition is Disposition.DEFER)


def test_another_reason_to_defer_is_not_greylisting():
    verdict = judge((Finding("UNSCANNED_UNAVAILABLE"), Finding("GREYLIST_NEW")), GREYLISTING, ANN)
    assert verdict.disposition is Disposition.DEFER
    assert not is_greylisted(verdict)


def test_where_mail_is_unclear_is_the_clients_to_say():
    findings = (Finding("GREYLIST_NEW"), Finding("NO_DATE"))
    assert is_greylisted(judge(findings, replace(GREYLISTING, greylist_at=5.0), ANN))


def test_the_finding_for_one_recipient_defers_nobody_else():
    finding = Finding("GREYLIST_NEW", recipient="bob@client.example")
    assert judge((finding, Finding("NO_FROM")), GREYLISTING, ANN).disposition is Disposition.DELIVER
