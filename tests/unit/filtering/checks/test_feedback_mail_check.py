"""Whose mail to the feedback address is let pass, spam and all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.authentication import ArcFacts, AuthenticationFacts, DmarcFacts, SpfFacts
from ecluse.domain.envelope import Recipient
from ecluse.domain.evidence import NOT_ASKED, Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.impersonation import ImpersonationFacts
from ecluse.domain.verdict import Disposition
from ecluse.filtering.checks.feedback_mail import feedback_mail
from ecluse.filtering.judge import judge
from tests.unit.filtering.samples import POLICY

ADDRESS = "spam@one.example"
CLIENT = replace(POLICY, spam_reports_to=frozenset({ADDRESS}))
OURS = ImpersonationFacts(author_domain="one.example", is_author_ours=True)


def evidence(spf_domain="one.example", author=OURS, from_domain="one.example"):
    spf = SpfFacts("pass", spf_domain, "mailfrom")
    facts = AuthenticationFacts(spf, (), ArcFacts("none"), DmarcFacts("pass", from_domain, is_spf_aligned=True))
    return Evidence(authentication=facts, impersonation=author)


def test_a_proven_user_of_the_client_brings_feedback():
    assert list(feedback_mail(evidence(), CLIENT)) == [Finding("FEEDBACK_MAIL", recipient=ADDRESS)]
    assert list(feedback_mail(evidence(), POLICY)) == []


@pytest.mark.parametrize(
    "facts",
    [
        Evidence(),
        evidence(author=NOT_ASKED),
        evidence(author=ImpersonationFacts(author_domain="one.example")),
        evidence(spf_domain="other.one.example"),  # Aligned for DMARC, and perhaps another customer's.
        evidence(from_domain=""),
    ],
)
def test_nobody_else_does(facts):
    assert list(feedback_mail(facts, CLIENT)) == []


def verdict(*codes, local="spam"):
    findings = (Finding("FEEDBACK_MAIL", recipient=ADDRESS), *map(Finding, codes))
    return judge(findings, CLIENT, Recipient(Address(local, "one.example"))).disposition


def test_feedback_may_carry_spam_but_no_virus_and_only_to_that_address():
    assert verdict("GTUBE") is Disposition.DELIVER
    assert verdict("GTUBE", "VIRUS") is Disposition.REFUSE
    assert verdict("GTUBE", local="ann") is Disposition.REFUSE
