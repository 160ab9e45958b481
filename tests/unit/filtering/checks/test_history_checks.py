"""History speaks both ways, and only of what is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.authentication import DmarcFacts, SpfFacts
from ecluse.domain.evidence import Acquaintance, GreylistEntry, GreylistFacts, GreylistState, HistoryFacts, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.history import Kind
from ecluse.filtering.checks.bad_domain import bad_domain
from ecluse.filtering.checks.bad_network import bad_network
from ecluse.filtering.checks.correspondent import correspondent
from ecluse.filtering.checks.first_contact import first_contact
from ecluse.filtering.checks.greylist import greylist
from ecluse.filtering.checks.known_domain import known_domain
from ecluse.filtering.checks.known_pair import known_pair
from tests.unit.filtering.samples import HARMLESS, POLICY, with_authentication

HISTORY_CHECKS = (correspondent, known_pair, known_domain, bad_domain, bad_network, first_contact, greylist)

PROVEN = with_authentication()
FORGED = with_authentication(
    spf=SpfFacts("fail", "sender.example", "mailfrom"), signatures=(), dmarc=DmarcFacts("fail", "sender.example")
)
PAIR = Acquaintance(Kind.PAIR, "", 30.0, 5.0, 0.0, "ann@client.example")
DOMAIN = Acquaintance(Kind.SENDER_DOMAIN, "sender.example", 30.0, 20.0, 0.0)
BAD = Acquaintance(Kind.SENDER_DOMAIN, "sender.example", 3.0, 1.0, 9.0)
NETWORK = Acquaintance(Kind.NETWORK, "192.0.2.0/24", 3.0, 2.0, 38.0)


def stated(check, evidence, *known, **facts):
    history = HistoryFacts("sender.example", known, **facts)
    return list(check(replace(evidence, history=history), POLICY))


def test_a_correspondent_is_one_if_proven():
    assert stated(correspondent, PROVEN, is_correspondent=True) == [Finding("CORRESPONDENT")]
    assert stated(correspondent, PROVEN) == []
    assert stated(correspondent, FORGED, is_correspondent=True) == []
    assert stated(correspondent, HARMLESS, is_correspondent=True) == []


def test_a_known_pair_is_stated_for_its_recipient():
    assert stated(known_pair, PROVEN, PAIR) == [Finding("KNOWN_PAIR", "5 messages in 30 days", "ann@client.example")]


@pytest.mark.parametrize("evidence", [FORGED, HARMLESS])
def test_nobody_gains_by_forging_a_known_sender(evidence):
    assert stated(known_pair, evidence, PAIR) == []
    assert stated(known_domain, evidence, DOMAIN) == []


@pytest.mark.parametrize("change", [{"age_days": 6.9}, {"good": 2.9}, {"bad": 2.0}])
def test_a_pair_is_known_after_days_and_messages_that_were_good(change):
    assert stated(known_pair, PROVEN, replace(PAIR, **change)) == []


@pytest.mark.parametrize("kind", [Kind.SENDER_DOMAIN, Kind.DKIM_DOMAIN])
def test_the_authors_domain_may_be_known(kind):
    assert stated(known_domain, PROVEN, replace(DOMAIN, kind=kind), replace(DOMAIN, kind=kind)) == [
        Finding("KNOWN_DOMAIN", "sender.example: 20 messages in 30 days")
    ]


@pytest.mark.parametrize("change", [{"age_days": 13.0}, {"good": 9.0}, {"bad": 5.0}, {"name": "mailer.example"}])
def test_another_domain_or_a_short_or_mixed_history_is_none(change):
    assert stated(known_domain, PROVEN, replace(DOMAIN, **change)) == []


def test_a_domain_answers_for_what_is_proven():
    assert stated(bad_domain, PROVEN, BAD, BAD) == [Finding("BAD_DOMAIN", "sender.example: 9 of 10 messages")]
    assert stated(bad_domain, FORGED, BAD) == []


def test_without_proof_it_answers_for_what_its_name_sent_from_the_same_network():
    unproven = replace(BAD, kind=Kind.UNPROVEN_SENDER)
    assert stated(bad_domain, FORGED, unproven) == [Finding("BAD_DOMAIN", "sender.example: 9 of 10 messages")]
    assert stated(bad_domain, PROVEN, unproven) == []


@pytest.mark.parametrize("change", [{"good": 0.0, "bad": 4.9}, {"good": 5.0}])
def test_few_bad_messages_or_a_mixed_lot_make_no_bad_domain(change):
    assert stated(bad_domain, PROVEN, replace(BAD, **change)) == []


def test_a_network_is_bad_if_nearly_all_of_much_was():
    assert stated(bad_network, HARMLESS, NETWORK) == [Finding("BAD_NETWORK", "192.0.2.0/24: 38 of 40 messages")]
    assert stated(bad_network, HARMLESS, replace(NETWORK, good=0.0, bad=19.0)) == []
    assert stated(bad_network, HARMLESS, replace(NETWORK, good=20.0)) == []


def test_a_first_contact_is_stated_for_each_stranger():
    strangers = ("ann@client.example", "bob@client.example")
    assert stated(first_contact, PROVEN, strangers=strangers) == [
        Finding("FIRST_CONTACT", recipient=recipient) for recipient in strangers
    ]
    assert stated(first_contact, PROVEN, strangers=strangers, is_correspondent=True) == []
    # Whoever forges a correspondent is still a stranger.
    assert len(stated(first_contact, FORGED, strangers=strangers, is_correspondent=True)) == 2


@pytest.mark.parametrize("check", HISTORY_CHECKS)
def test_a_memory_out_of_reach_is_held_against_nobody(check):
    unknown = Unknown("memories: down")
    assert list(check(replace(PROVEN, history=unknown, greylist=unknown), POLICY)) == []


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        (GreylistState.NEW, ["GREYLIST_NEW"]),
        (GreylistState.EARLY, ["GREYLIST_EARLY"]),
        (GreylistState.BACK, ["GREYLIST_BACK"]),
        (GreylistState.PASSED, []),
    ],
)
def test_where_greylisting_stands_is_stated_for_each_recipient(state, codes):
    facts = GreylistFacts((GreylistEntry("ann@client.example", "", state),))
    found = list(greylist(replace(HARMLESS, greylist=facts), POLICY))
    assert [(one.code, one.recipient) for one in found] == [(code, "ann@client.example") for code in codes]
