from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.authentication import ArcFacts, DmarcFacts, SpfFacts
from ecluse.domain.campaign import CampaignFacts, Spread
from ecluse.domain.dnsbl import ListKind, Meaning
from ecluse.domain.evidence import (
    NOT_ASKED,
    Evidence,
    FileFacts,
    HeloState,
    ListedFileFacts,
    ListHit,
    ReverseState,
    ScanFacts,
    ScanState,
    TraceFacts,
    Unknown,
)
from ecluse.domain.finding import Finding
from ecluse.domain.mass import MassFacts, MassKind
from ecluse.domain.opened import RuleMatch, Severity
from ecluse.domain.place import Place
from ecluse.filtering.checks.absent_content import absent_content
from ecluse.filtering.checks.ambiguous_author import ambiguous_author
from ecluse.filtering.checks.ambiguous_mime import ambiguous_mime
from ecluse.filtering.checks.banned_names import banned_names
from ecluse.filtering.checks.beyond_limits import beyond_limits
from ecluse.filtering.checks.campaign import campaign
from ecluse.filtering.checks.corrupted import corrupted
from ecluse.filtering.checks.dkim_failed import dkim_failed
from ecluse.filtering.checks.dmarc_failed import dmarc_failed
from ecluse.filtering.checks.duplicate_headers import duplicate_headers
from ecluse.filtering.checks.dynamic_name import dynamic_name
from ecluse.filtering.checks.early_talker import early_talker
from ecluse.filtering.checks.eicar import eicar
from ecluse.filtering.checks.false_helo import false_helo
from ecluse.filtering.checks.feedback_mail import feedback_mail
from ecluse.filtering.checks.gtube import gtube
from ecluse.filtering.checks.helo_is_ours import helo_is_ours
from ecluse.filtering.checks.helo_nowhere import helo_nowhere
from ecluse.filtering.checks.infected import infected
from ecluse.filtering.checks.learned import learned
from ecluse.filtering.checks.listed import listed
from ecluse.filtering.checks.listed_domain import listed_domain
from ecluse.filtering.checks.listed_file import listed_file
from ecluse.filtering.checks.listed_ip import listed_ip
from ecluse.filtering.checks.listed_link import listed_link
from ecluse.filtering.checks.listed_name_server import listed_name_server
from ecluse.filtering.checks.mail_loop import mail_loop
from ecluse.filtering.checks.malformed_header import malformed_header
from ecluse.filtering.checks.malformed_mime import FAULTS, malformed_mime
from ecluse.filtering.checks.mass_mail import mass_mail
from ecluse.filtering.checks.no_date import no_date
from ecluse.filtering.checks.no_from import no_from
from ecluse.filtering.checks.odd_charset import odd_charset
from ecluse.filtering.checks.origin import origin
from ecluse.filtering.checks.policy_listed_ip import policy_listed_ip
from ecluse.filtering.checks.reverse_name import reverse_name
from ecluse.filtering.checks.rules import rules
from ecluse.filtering.checks.sending_rule import sending_rule
from ecluse.filtering.checks.several_from import several_from
from ecluse.filtering.checks.spf_failed import spf_failed
from ecluse.filtering.checks.too_large import MAX_MESSAGE_BYTES, too_large
from ecluse.filtering.checks.unread import unread
from ecluse.filtering.checks.unscanned import unscanned
from ecluse.filtering.checks.well_listed_ip import well_listed_ip
from ecluse.filtering.inbound import CHECKS
from ecluse.filtering.outbound import CHECKS as OUTBOUND_CHECKS
from ecluse.wire.mime.defects import HIDING, Defect
from tests.unit.filtering.checks.test_file_checks import FILE_CHECKS
from tests.unit.filtering.checks.test_history_checks import HISTORY_CHECKS
from tests.unit.filtering.checks.test_impersonation_checks import IMPERSONATION_CHECKS
from tests.unit.filtering.checks.test_link_checks import LINK_CHECKS
from tests.unit.filtering.samples import (
    HARMLESS,
    HEADERS,
    POLICY,
    SIGNED,
    listing,
    with_authentication,
    with_connection,
    with_headers,
    with_listings,
    with_parts,
)

IP, LINK, NAME_SERVER = ListKind.IP, ListKind.BODY_DOMAIN, ListKind.NAME_SERVER
HELO, SENDER = ListKind.HELO, ListKind.SENDER_DOMAIN

FORGED = DmarcFacts("fail", "bank.example", "reject", "bank.example")
SEALED = ArcFacts("pass", sealers=("google.com",), vouched=("mail.bank.example",))

# One row per fact: what shows it, and what is stated.
FACTS = [
    (spf_failed, with_authentication(spf=SpfFacts("fail", "a.example", "mailfrom")), "SPF_FAIL", "a.example"),
    (spf_failed, with_authentication(spf=SpfFacts("softfail", "a.example", "mailfrom")), "SPF_SOFTFAIL", "a.example"),
    (dkim_failed, with_authentication(signatures=(replace(SIGNED, result="fail"),)), "DKIM_FAIL", "sender.example"),
    (dkim_failed, with_authentication(signatures=(replace(SIGNED, has_unsigned_body=True),)), "DKIM_UNSIGNED_BODY", ""),
    (dmarc_failed, with_authentication(dmarc=FORGED), "DMARC_REJECT", "bank.example"),
    (dmarc_failed, with_authentication(dmarc=replace(FORGED, policy="quarantine")), "DMARC_QUARANTINE", "bank.example"),
    (dmarc_failed, with_authentication(dmarc=replace(FORGED, policy="none")), "DMARC_FAIL", "bank.example"),
    (
        dmarc_failed,
        with_authentication(dmarc=FORGED, arc=SEALED),
        "ARC_OVERRIDE",
        "bank.example, sealed by google.com",
    ),
    (no_from, with_headers(counts={"to": 1}), "NO_FROM", ""),
    (several_from, with_headers(counts={"from": 3}), "SEVERAL_FROM", "3"),
    (ambiguous_author, with_headers(from_is_ambiguous=True), "AMBIGUOUS_AUTHOR", ""),
    (no_date, with_headers(has_date=False), "NO_DATE", ""),
    (malformed_header, with_headers(malformed_lines=2), "MALFORMED_HEADER", "2 lines"),
    (duplicate_headers, with_headers(counts={"from": 2, "to": 2, "subject": 9}), "DUPLICATE_HEADERS", "subject to"),
    (mass_mail, replace(HARMLESS, mass=MassFacts(MassKind.NEWSLETTER, "mailjet")), "MASS_MAIL", "mailjet"),
    (mass_mail, replace(HARMLESS, mass=MassFacts(MassKind.DISCUSSION)), "MAILING_LIST", ""),
    (mail_loop, replace(HARMLESS, trace=TraceFacts(9, own_count=6)), "MAIL_LOOP", "6 Received fields of ours"),
    (mail_loop, replace(HARMLESS, trace=TraceFacts(51, own_count=0)), "MAIL_LOOP", "51 Received fields"),
    (too_large, replace(HARMLESS, size=MAX_MESSAGE_BYTES + 1), "MESSAGE_TOO_LARGE", "52428801 octets"),
    (gtube, with_parts(has_gtube=True), "GTUBE", ""),
    (eicar, with_parts(has_eicar=True), "EICAR", ""),
    (banned_names, with_parts(suffixes=("txt", "js", "exe")), "BANNED_NAME", "exe js"),
    (malformed_mime, with_parts(defects=("no-parts", "bad-type")), "MALFORMED_MIME", "bad-type no-parts"),
    (ambiguous_mime, with_parts(defects=("conflicting-types",)), "AMBIGUOUS_MIME", "conflicting-types"),
    (absent_content, with_parts(defects=("partial-message",)), "PARTIAL_MESSAGE", ""),
    (absent_content, with_parts(defects=("external-body",)), "EXTERNAL_BODY", ""),
    (odd_charset, with_parts(defects=("odd-charset",)), "ODD_CHARSET", ""),
    (beyond_limits, with_parts(exceeds_limits=True, count=9, depth=4), "BEYOND_LIMITS", "9 parts, 4 deep"),
    (early_talker, replace(HARMLESS, spoke_early=True), "EARLY_TALKER", ""),
    (origin, with_connection(place=Place("FR", 64_500)), "ORIGIN", "FR AS64500"),
    (origin, with_connection(place=Place("", 64_500)), "ORIGIN", "AS64500"),
    (
        infected,
        replace(HARMLESS, scan=ScanFacts(ScanState.INFECTED, "Worm.A", "ClamAV 1/2")),
        "VIRUS",
        "Worm.A by ClamAV 1/2",
    ),
    (unscanned, replace(HARMLESS, scan=Unknown("no answer in 60 s")), "UNSCANNED_UNAVAILABLE", "no answer in 60 s"),
    (unscanned, replace(HARMLESS, scan=ScanFacts(ScanState.UNAVAILABLE)), "UNSCANNED_UNAVAILABLE", ""),
    (
        unscanned,
        replace(HARMLESS, scan=ScanFacts(ScanState.TOO_LARGE, "Heuristics.Limits.Exceeded.MaxFileSize")),
        "UNSCANNED_TOO_LARGE",
        "Heuristics.Limits.Exceeded.MaxFileSize",
    ),
    (unread, replace(HARMLESS, parts=Unknown("RecursionError")), "UNREAD", "parts: RecursionError"),
    (listed_ip, with_listings(listing("one", IP)), "LISTED_IP", "one"),
    (listed_ip, with_listings(listing("one", IP), listing("two", IP)), "WIDELY_LISTED_IP", "one two"),
    (policy_listed_ip, with_listings(listing("one", IP, meaning=Meaning.POLICY)), "POLICY_LISTED_IP", "one"),
    (well_listed_ip, with_listings(listing("one", IP, meaning=Meaning.GOOD)), "WELL_LISTED_IP", "one"),
    (listed_domain, with_listings(listing("one", HELO)), "LISTED_DOMAIN", "one"),
    (listed_domain, with_listings(listing("one", HELO), listing("two", SENDER)), "WIDELY_LISTED_DOMAIN", "one two"),
    (
        campaign,
        replace(HARMLESS, campaign=CampaignFacts(("t0a",), ("t0a",), Spread(20.0, 9.0, 6.0, 12.0))),
        "SUSPICIOUS_CAMPAIGN",
        "20 messages, 9 networks, 6 domains",
    ),
    (
        rules,
        replace(
            HARMLESS, files=FileFacts(rules=(RuleMatch("a_b", Severity.SEVERE), RuleMatch("local.c", Severity.SEVERE)))
        ),
        "RULE_SEVERE",
        "a_b local.c",
    ),
    (rules, replace(HARMLESS, files=FileFacts(rules=(RuleMatch("d", Severity.SUSPICIOUS),))), "RULE_SUSPICIOUS", "d"),
    (rules, replace(HARMLESS, files=FileFacts(rules=(RuleMatch("e", Severity.NOTICE),))), "RULE_NOTICE", "e"),
    (
        listed_file,
        replace(HARMLESS, listed_files=ListedFileFacts(("droppers", "kits"))),
        "KNOWN_BAD_FILE",
        "droppers kits",
    ),
    (listed_link, with_listings(listing("one", LINK)), "LISTED_LINK", "one"),
    (listed_link, with_listings(listing("one", LINK), listing("two", LINK)), "WIDELY_LISTED_LINK", "one two"),
    (listed_name_server, with_listings(listing("one", NAME_SERVER)), "LISTED_NAME_SERVER", "one"),
    (corrupted, with_listings(*(listing(name, IP) for name in "abc")), "CORRUPTED", "192.0.2.10"),
    (reverse_name, with_connection(reverse=ReverseState.NONE), "NO_REVERSE_NAME", ""),
    (
        reverse_name,
        with_connection(reverse=ReverseState.UNCONFIRMED, names=("a.example", "b.example")),
        "UNCONFIRMED_REVERSE_NAME",
        "a.example b.example",
    ),
    (dynamic_name, with_connection(is_dynamic=True), "DYNAMIC_NAME", ""),
    (helo_is_ours, with_connection(helo=HeloState.OURS), "HELO_IS_OURS", ""),
    (false_helo, with_connection(helo=HeloState.NO_NAME), "FALSE_HELO", "no-name"),
    (false_helo, with_connection(helo=HeloState.FALSE_LITERAL), "FALSE_HELO", "false-literal"),
    (helo_nowhere, with_connection(helo=HeloState.NOWHERE), "HELO_NOWHERE", ""),
]


@pytest.mark.parametrize(("check", "evidence", "code", "detail"), FACTS)
def test_a_fact_is_stated_with_what_people_need_to_know(check, evidence, code, detail):
    assert list(check(evidence, POLICY)) == [Finding(code, detail)]


@pytest.mark.parametrize("check", CHECKS)
def test_a_harmless_message_is_not_spoken_against(check):
    assert list(check(HARMLESS, POLICY)) == []


@pytest.mark.parametrize("check", CHECKS)
def test_a_fact_that_nobody_asked_for_is_no_finding(check):
    assert list(check(Evidence(), POLICY)) == []


def test_every_check_of_the_tables_is_tried_here():
    elsewhere = {listed, learned, feedback_mail, *HISTORY_CHECKS, *IMPERSONATION_CHECKS, *LINK_CHECKS, *FILE_CHECKS}
    assert {row[0] for row in FACTS} | elsewhere == set(CHECKS)
    assert set(OUTBOUND_CHECKS) - {sending_rule} <= set(CHECKS)  # See test_sending_rules.


@pytest.mark.parametrize("name", ["trace", "headers", "parts", "lists", "files"])
def test_every_fact_that_could_not_be_had_is_stated(name):
    evidence = replace(HARMLESS, **{name: Unknown("ValueError")})
    assert list(unread(evidence, POLICY)) == [Finding("UNREAD", f"{name}: ValueError")]
    assert list(unread(replace(HARMLESS, **{name: NOT_ASKED}), POLICY)) == []


def test_every_defect_that_the_walk_of_parts_can_name_has_one_check_that_states_it():
    elsewhere = {
        *(Defect.MALFORMED_HEADER, Defect.EXCEEDS_LIMITS),  # `malformed_header` and `beyond_limits` state them.
        *(Defect.PARTIAL_MESSAGE, Defect.EXTERNAL_BODY),  # `absent_content`
        Defect.ODD_CHARSET,  # `odd_charset`
    }
    assert set(Defect) - elsewhere == HIDING | FAULTS
    assert not HIDING & FAULTS


def test_several_from_fields_are_one_finding_not_two():
    assert not list(ambiguous_author(with_headers(from_is_ambiguous=True, counts={"from": 2}), POLICY))


def test_where_no_scanner_is_configured_nothing_was_promised():
    assert not list(unscanned(replace(HARMLESS, scan=ScanFacts(ScanState.NOT_CONFIGURED)), POLICY))


def test_the_largest_message_and_the_longest_trace_that_are_allowed_are_allowed():
    assert not list(too_large(replace(HARMLESS, size=MAX_MESSAGE_BYTES), POLICY))
    assert not list(mail_loop(replace(HARMLESS, trace=TraceFacts(50, own_count=5)), POLICY))


def test_only_suffixes_that_the_policy_names_are_told():
    policy = replace(POLICY, banned_suffixes=frozenset({"zip"}))
    assert list(banned_names(with_parts(suffixes=("exe", "zip")), policy)) == [Finding("BANNED_NAME", "zip")]


@pytest.mark.parametrize(
    ("hit", "code", "detail"),
    [
        (ListHit("user", "allow", "sam@sender.example", "ann@client.example"), "USER_ALLOW", "by its address"),
        (ListHit("user", "block", "*.example", "ann@client.example"), "USER_BLOCK", "by *.example"),
        (ListHit("client", "allow", "sam@sender.example"), "CLIENT_ALLOW_ADDRESS", "by its address"),
        (ListHit("client", "allow", "192.0.2.0/24"), "CLIENT_ALLOW", "by 192.0.2.0/24"),
        (ListHit("client", "block", "sam@sender.example"), "CLIENT_BLOCK_ADDRESS", "by its address"),
        (ListHit("client", "block", "sender.example"), "CLIENT_BLOCK", "by sender.example"),
    ],
)
def test_a_list_entry_is_stated_for_whom_it_holds_and_never_shows_an_address(hit, code, detail):
    evidence = replace(HARMLESS, lists=(hit,))
    assert list(listed(evidence, POLICY)) == [Finding(code, detail, hit.recipient)]


@pytest.mark.parametrize(
    ("hit", "code"),
    [
        (ListHit("client", "allow", "sam@sender.example"), "ALLOW_FORGED"),
        (ListHit("client", "allow", "*.example"), "ALLOW_FORGED"),
        (ListHit("user", "allow", "sender.example", "ann@client.example"), "ALLOW_FORGED"),
        (ListHit("client", "allow", "192.0.2.10"), "CLIENT_ALLOW"),
        (ListHit("client", "allow", "2001:db8::/48"), "CLIENT_ALLOW"),
        (ListHit("client", "block", "sender.example"), "CLIENT_BLOCK"),
    ],
)
def test_nobody_gets_in_under_a_name_that_is_proven_not_to_be_his(hit, code):
    disowned = SpfFacts("fail", "sender.example", "mailfrom")
    evidence = with_authentication(spf=disowned, signatures=(), dmarc=DmarcFacts("none", "sender.example"))
    assert [finding.code for finding in listed(replace(evidence, lists=(hit,)), POLICY)] == [code]


def test_entries_that_overrule_each_other_are_all_stated():
    hits = (ListHit("client", "block", "sender.example"), ListHit("client", "allow", "sam@sender.example"))
    assert [finding.code for finding in listed(replace(HARMLESS, lists=hits), POLICY)] == [
        "CLIENT_BLOCK",
        "CLIENT_ALLOW_ADDRESS",
    ]


@pytest.mark.parametrize("state", [HeloState.UNKNOWN, HeloState.ELSEWHERE, HeloState.LITERAL])
def test_a_greeting_that_honest_servers_use_is_held_against_nobody(state):
    evidence = with_connection(helo=state)
    assert not [finding for check in (helo_is_ours, false_helo, helo_nowhere) for finding in check(evidence, POLICY)]


def test_what_the_dns_did_not_say_is_held_against_nobody():
    assert not list(reverse_name(with_connection(reverse=ReverseState.UNKNOWN), POLICY))


@pytest.mark.parametrize("check", [listed_ip, listed_domain, listed_link, listed_name_server, policy_listed_ip])
def test_a_listing_of_less_than_a_point_is_no_finding(check):
    everything = [
        listing("one", kind, weight=0.5, meaning=meaning)
        for kind in ListKind
        for meaning in (Meaning.BAD, Meaning.POLICY)
    ]
    assert not list(check(with_listings(*everything), POLICY))


@pytest.mark.parametrize(
    "arc",
    [
        replace(SEALED, sealers=("google.com", "stranger.example")),
        replace(SEALED, sealers=("stranger.example", "google.com")),
        replace(SEALED, sealers=()),
        replace(SEALED, result="fail"),
        replace(SEALED, vouched=()),
        replace(SEALED, vouched=("attack.example",)),
    ],
    ids=["newest-stranger", "oldest-stranger", "nobody", "broken", "forged-on-arrival", "another-author"],
)
def test_a_seal_that_does_not_vouch_for_the_author_changes_nothing(arc):
    evidence = with_authentication(dmarc=FORGED, arc=arc)
    assert [finding.code for finding in dmarc_failed(evidence, POLICY)] == ["DMARC_REJECT"]


def test_whom_a_client_does_not_trust_cannot_override():
    evidence = with_authentication(dmarc=FORGED, arc=SEALED)
    policy = replace(POLICY, trusted_sealers=frozenset())
    assert [finding.code for finding in dmarc_failed(evidence, policy)] == ["DMARC_REJECT"]


def test_an_authenticated_mailing_list_speaks_for_a_broken_author():
    evidence = replace(with_authentication(dmarc=FORGED), headers=replace(HEADERS, counts={"from": 1, "list-id": 1}))
    assert [finding.code for finding in dmarc_failed(evidence, POLICY)] == ["DMARC_REJECT", "LIST_FORWARD"]


def test_a_list_that_nobody_vouches_for_does_not():
    nobody = with_authentication(dmarc=FORGED, spf=SpfFacts("none", "", "mailfrom"), signatures=())
    evidence = replace(nobody, headers=replace(HEADERS, counts={"from": 1, "list-id": 1}))
    assert [finding.code for finding in dmarc_failed(evidence, POLICY)] == ["DMARC_REJECT"]


@pytest.mark.parametrize(
    ("start", "result", "stated"), [("abcd", "pass", True), ("abcd", "fail", False), ("other", "pass", False)]
)
def test_one_click_counts_only_where_a_valid_signature_covers_it(start, result, stated):
    evidence = replace(
        with_authentication(signatures=(replace(SIGNED, start=start, result=result),)),
        mass=MassFacts(MassKind.NEWSLETTER, "", "letters.example", ("abcd",)),
    )
    assert (Finding("ONE_CLICK", "letters.example") in mass_mail(evidence, POLICY)) == stated
