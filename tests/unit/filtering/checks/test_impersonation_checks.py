"""One pretence alone refuses nothing; what it is borrowed for makes it clear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.authentication import ArcFacts, DmarcFacts, SpfFacts
from ecluse.domain.evidence import HistoryFacts, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.impersonation import ImpersonationFacts, NameOf, Theme
from ecluse.domain.mass import MassFacts, MassKind
from ecluse.domain.verdict import Disposition
from ecluse.filtering.checks.address_in_name import address_in_name
from ecluse.filtering.checks.borrowed_name import borrowed_name
from ecluse.filtering.checks.brand_in_name import brand_in_name
from ecluse.filtering.checks.forged_as_ours import forged_as_ours
from ecluse.filtering.checks.imitated_domain import imitated_domain
from ecluse.filtering.checks.money_wording import money_wording
from ecluse.filtering.checks.reply_elsewhere import reply_elsewhere
from ecluse.filtering.checks.swindle import swindle
from ecluse.filtering.judge import judge
from ecluse.filtering.weights import score
from tests.unit.filtering.samples import ANN, HARMLESS, PARTS, POLICY, with_authentication

IMPERSONATION_CHECKS = (
    forged_as_ours,
    imitated_domain,
    borrowed_name,
    brand_in_name,
    address_in_name,
    reply_elsewhere,
    money_wording,
    swindle,
)

PROVEN = with_authentication()
FORGED = with_authentication(
    spf=SpfFacts("fail", "client.example", "mailfrom"), signatures=(), dmarc=DmarcFacts("fail", "client.example")
)
MONEY = (Theme.PAYMENT, Theme.URGENCY)


def stated(evidence=PROVEN, **facts):
    evidence = replace(evidence, impersonation=ImpersonationFacts("sender.example", **facts))
    return [finding for check in IMPERSONATION_CHECKS for finding in check(evidence, POLICY)]


def codes(evidence=PROVEN, **facts):
    return [finding.code for finding in stated(evidence, **facts)]


@pytest.mark.parametrize(
    ("facts", "finding"),
    [
        ({"name_of": NameOf.EXECUTIVE}, Finding("EXECUTIVE_NAME", "sender.example")),
        ({"name_of": NameOf.COLLEAGUE}, Finding("COLLEAGUE_NAME", "sender.example")),
        ({"domain_in_name": "bank.example"}, Finding("ADDRESS_IN_NAME", "bank.example")),
        (
            {"domain_in_name": "client.example", "is_ours_in_name": True},
            Finding("OUR_ADDRESS_IN_NAME", "client.example"),
        ),
        ({"reply_domain": "gmail.com", "is_reply_free": True}, Finding("REPLY_TO_FREE_MAIL", "gmail.com")),
        ({"reply_domain": "a.example", "is_reply_new": True}, Finding("REPLY_TO_STRANGER", "a.example")),
        ({"imitated_domain": "client.example", "is_imitated_ours": True}, Finding("IMITATES_US", "client.example")),
        ({"imitated_domain": "a.example"}, Finding("IMITATES_KNOWN", "a.example")),
        ({"imitated_brand": "PayPal"}, Finding("IMITATES_BRAND", "PayPal: sender.example")),
        ({"brand_in_name": "PayPal"}, Finding("BRAND_IN_NAME", "PayPal: sender.example")),
        ({"themes": MONEY}, Finding("MONEY_WORDING", "payment urgency")),
    ],
)
def test_each_pretence_is_stated_and_alone_refuses_nothing(facts, finding):
    findings = stated(**facts)
    assert findings == [finding]
    assert score(tuple(findings), POLICY) < POLICY.refuse_at / 2


@pytest.mark.parametrize(
    ("facts", "code"), [({}, "OWN_DOMAIN_FORGED"), ({"is_author_recipient": True}, "OWN_ADDRESS_FORGED")]
)
def test_our_own_domain_without_proof_is_stated(facts, code):
    assert codes(FORGED, is_author_ours=True, **facts) == [code]


@pytest.mark.parametrize(
    "evidence",
    [
        HARMLESS,  # Nothing was asked of the DNS.
        PROVEN,
        with_authentication(spf=SpfFacts("pass", "list.example", "mailfrom"), dmarc=DmarcFacts("fail")),
        replace(FORGED, authentication=replace(FORGED.authentication, spf=SpfFacts("temperror", "", "mailfrom"))),
        replace(FORGED, authentication=replace(FORGED.authentication, arc=ArcFacts("pass", sealers=("a.example",)))),
        replace(FORGED, authentication=replace(FORGED.authentication, dmarc=DmarcFacts("fail", policy="reject"))),
    ],
)
def test_our_own_domain_is_not_forged_where_something_proves_it_or_nothing_can_be_known(evidence):
    assert codes(evidence, is_author_ours=True) == []


@pytest.mark.parametrize(
    "facts", [{"name_of": NameOf.COLLEAGUE}, {"domain_in_name": "a.example"}, {"reply_domain": "a.example", "is_reply_new": True}, {"themes": MONEY}]
)  # fmt: skip
@pytest.mark.parametrize(
    "service",
    [{"mass": MassFacts(MassKind.NEWSLETTER)}, {"parts": replace(PARTS, types=("text/plain", "text/calendar"))}],
)
def test_a_proven_service_may_write_in_peoples_names(facts, service):
    assert codes(replace(PROVEN, **service), **facts) == []
    assert codes(replace(FORGED, **service), **facts) != []


def test_who_pretends_to_be_a_service_is_believed_half():
    assert codes(replace(PROVEN, mass=MassFacts(MassKind.DISCUSSION)), name_of=NameOf.EXECUTIVE) == ["COLLEAGUE_NAME"]


def test_a_proven_correspondent_may_bear_any_name():
    facts = {"name_of": NameOf.EXECUTIVE, "themes": MONEY, "reply_domain": "gmail.com", "is_reply_free": True}
    known = HistoryFacts("sender.example", is_correspondent=True)
    assert codes(replace(PROVEN, history=known), **facts) == []
    assert codes(replace(FORGED, history=known), **facts) != []


@pytest.mark.parametrize("themes", [(), (Theme.PAYMENT,), (Theme.URGENCY,), (Theme.PAYMENT, Theme.GIFT_CARD)])
def test_money_alone_and_pressure_alone_are_usual(themes):
    assert codes(themes=themes) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"name_of": NameOf.EXECUTIVE, "themes": (Theme.GIFT_CARD, Theme.URGENCY)},
        {"imitated_domain": "client.example", "is_imitated_ours": True, "themes": (Theme.BANK_DETAILS, Theme.URGENCY)},
        {"name_of": NameOf.EXECUTIVE, "themes": (Theme.ERRAND,), "reply_domain": "gmail.com", "is_reply_free": True},
    ],
)
def test_a_borrowed_identity_that_presses_for_money_is_refused_releasably(facts):
    verdict = judge(tuple(stated(**facts)), POLICY, ANN)
    assert (verdict.disposition, verdict.category) == (Disposition.REFUSE, "Q")


@pytest.mark.parametrize(
    "facts",
    [
        {"name_of": NameOf.EXECUTIVE, "themes": (Theme.URGENCY,)},
        {"name_of": NameOf.EXECUTIVE, "themes": (Theme.ERRAND,)},
        {"name_of": NameOf.COLLEAGUE, "themes": (Theme.PAYMENT, Theme.URGENCY)},
        {"imitated_domain": "a.example", "themes": MONEY, "reply_domain": "gmail.com", "is_reply_free": True},
    ],
)
def test_what_may_be_a_colleague_in_haste_is_not_refused(facts):
    assert judge(tuple(stated(**facts)), POLICY, ANN).disposition is Disposition.DELIVER


def test_facts_that_could_not_be_had_state_nothing():
    evidence = replace(PROVEN, impersonation=Unknown("no answer"))
    assert [finding for check in IMPERSONATION_CHECKS for finding in check(evidence, POLICY)] == []


def test_a_mailing_list_may_be_named_after_a_product():
    evidence = replace(PROVEN, mass=MassFacts(MassKind.DISCUSSION))
    assert codes(evidence, brand_in_name="GitHub") == []
    assert codes(replace(PROVEN, mass=MassFacts(MassKind.NEWSLETTER)), brand_in_name="GitHub") == ["BRAND_IN_NAME"]
