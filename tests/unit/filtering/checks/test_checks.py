from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.evidence import NOT_ASKED, Evidence, ListHit, ScanFacts, ScanState, Unknown
from ecluse.domain.finding import Finding
from ecluse.filtering.checks.ambiguous_author import ambiguous_author
from ecluse.filtering.checks.ambiguous_mime import ambiguous_mime
from ecluse.filtering.checks.banned_names import banned_names
from ecluse.filtering.checks.beyond_limits import beyond_limits
from ecluse.filtering.checks.bulk import bulk
from ecluse.filtering.checks.duplicate_headers import duplicate_headers
from ecluse.filtering.checks.early_talker import early_talker
from ecluse.filtering.checks.eicar import eicar
from ecluse.filtering.checks.gtube import gtube
from ecluse.filtering.checks.infected import infected
from ecluse.filtering.checks.listed import listed
from ecluse.filtering.checks.mail_loop import mail_loop
from ecluse.filtering.checks.malformed_header import malformed_header
from ecluse.filtering.checks.malformed_mime import FAULTS, malformed_mime
from ecluse.filtering.checks.no_date import no_date
from ecluse.filtering.checks.no_from import no_from
from ecluse.filtering.checks.several_from import several_from
from ecluse.filtering.checks.too_large import MAX_MESSAGE_BYTES, too_large
from ecluse.filtering.checks.unread import unread
from ecluse.filtering.checks.unscanned import unscanned
from ecluse.filtering.inbound import CHECKS
from ecluse.filtering.outbound import CHECKS as OUTBOUND_CHECKS
from ecluse.wire.mime.defects import HIDING, Defect
from tests.unit.filtering.samples import HARMLESS, HEADERS, POLICY, with_headers, with_parts

# One row per fact: what shows it, and what is stated.
FACTS = [
    (no_from, with_headers(counts={"to": 1}), "NO_FROM", ""),
    (several_from, with_headers(counts={"from": 3}), "SEVERAL_FROM", "3"),
    (ambiguous_author, with_headers(from_is_ambiguous=True), "AMBIGUOUS_AUTHOR", ""),
    (no_date, with_headers(has_date=False), "NO_DATE", ""),
    (malformed_header, with_headers(malformed_lines=2), "MALFORMED_HEADER", "2 lines"),
    (duplicate_headers, with_headers(counts={"from": 2, "to": 2, "subject": 9}), "DUPLICATE_HEADERS", "subject to"),
    (bulk, with_headers(is_bulk=True), "BULK", ""),
    (mail_loop, with_headers(has_own_trace=True), "MAIL_LOOP", "our own Received field"),
    (mail_loop, with_headers(received_count=51), "MAIL_LOOP", "51 Received fields"),
    (too_large, replace(HARMLESS, size=MAX_MESSAGE_BYTES + 1), "MESSAGE_TOO_LARGE", "52428801 octets"),
    (gtube, with_parts(has_gtube=True), "GTUBE", ""),
    (eicar, with_parts(has_eicar=True), "EICAR", ""),
    (banned_names, with_parts(suffixes=("txt", "js", "exe")), "BANNED_NAME", "exe js"),
    (malformed_mime, with_parts(defects=("no-parts", "bad-type")), "MALFORMED_MIME", "bad-type no-parts"),
    (ambiguous_mime, with_parts(defects=("conflicting-types",)), "AMBIGUOUS_MIME", "conflicting-types"),
    (beyond_limits, with_parts(exceeds_limits=True, count=9, depth=4), "BEYOND_LIMITS", "9 parts, 4 deep"),
    (early_talker, replace(HARMLESS, spoke_early=True), "EARLY_TALKER", ""),
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
    assert {row[0] for row in FACTS} | {listed} == set(CHECKS)
    assert set(OUTBOUND_CHECKS) <= set(CHECKS)


@pytest.mark.parametrize("name", ["headers", "parts", "lists"])
def test_every_fact_that_could_not_be_had_is_stated(name):
    evidence = replace(HARMLESS, **{name: Unknown("ValueError")})
    assert list(unread(evidence, POLICY)) == [Finding("UNREAD", f"{name}: ValueError")]
    assert list(unread(replace(HARMLESS, **{name: NOT_ASKED}), POLICY)) == []


def test_every_defect_that_the_walk_of_parts_can_name_has_one_check_that_states_it():
    elsewhere = {Defect.MALFORMED_HEADER, Defect.EXCEEDS_LIMITS}  # `malformed_header` and `beyond_limits` state them.
    assert set(Defect) - elsewhere == HIDING | FAULTS
    assert not HIDING & FAULTS


def test_several_from_fields_are_one_finding_not_two():
    assert not list(ambiguous_author(with_headers(from_is_ambiguous=True, counts={"from": 2}), POLICY))


def test_where_no_scanner_is_configured_nothing_was_promised():
    assert not list(unscanned(replace(HARMLESS, scan=ScanFacts(ScanState.NOT_CONFIGURED)), POLICY))


def test_the_largest_message_and_the_longest_trace_that_are_allowed_are_allowed():
    assert not list(too_large(replace(HARMLESS, size=MAX_MESSAGE_BYTES), POLICY))
    assert not list(mail_loop(replace(HARMLESS, headers=replace(HEADERS, received_count=50)), POLICY))


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


def test_entries_that_overrule_each_other_are_all_stated():
    hits = (ListHit("client", "block", "sender.example"), ListHit("client", "allow", "sam@sender.example"))
    assert [finding.code for finding in listed(replace(HARMLESS, lists=hits), POLICY)] == [
        "CLIENT_BLOCK",
        "CLIENT_ALLOW_ADDRESS",
    ]
