from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.finding import Finding
from ecluse.domain.mass import MassAction
from ecluse.domain.policy import Unscannable
from ecluse.domain.verdict import Category, Disposition
from ecluse.filtering.judge import LIST_ORDER, judge, strictest
from ecluse.filtering.meanings import MEANINGS
from tests.unit.filtering.samples import ANN, BOB, POLICY

OFF = replace(POLICY, is_filtered=False)
POSTMASTER = Recipient(Address("PostMaster", "client.example"))


def outcome(*codes: str, policy=POLICY, recipient=ANN):
    verdict = judge(tuple(Finding(code) for code in codes), policy, recipient)
    return verdict.disposition, verdict.category


DELIVERED = (Disposition.DELIVER, Category.NONE)
NOT_FILTERED = (Disposition.DELIVER, Category.NOT_FILTERED)
REFUSED = (Disposition.REFUSE, Category.PERMANENT)
QUARANTINED = (Disposition.REFUSE, Category.QUARANTINE)
DEFERRED = (Disposition.DEFER, Category.NONE)


def test_a_message_without_findings_is_delivered():
    verdict = judge((), POLICY, ANN)
    assert (verdict.disposition, verdict.category, verdict.score, verdict.reason) == (*DELIVERED, 0.0, "")


@pytest.mark.parametrize("code", ["VIRUS", "EICAR", "KNOWN_BAD_FILE"])
@pytest.mark.parametrize("policy", [POLICY, OFF])
@pytest.mark.parametrize("recipient", [ANN, POSTMASTER])
@pytest.mark.parametrize("also", ["MASS_MAIL", "USER_ALLOW", "CLIENT_ALLOW_ADDRESS", "UNSCANNED_UNAVAILABLE"])
def test_a_virus_is_refused_for_good_whoever_wants_it(code, policy, recipient, also):
    assert outcome(code, also, policy=policy, recipient=recipient) == REFUSED


@pytest.mark.parametrize("policy", [POLICY, OFF])
@pytest.mark.parametrize("recipient", [ANN, POSTMASTER])
@pytest.mark.parametrize("also", ["USER_ALLOW", "USER_BLOCK", "GTUBE", "BANNED_NAME"])
def test_what_no_scanner_has_seen_yet_stays_with_its_sender(policy, recipient, also):
    assert outcome("UNSCANNED_UNAVAILABLE", also, policy=policy, recipient=recipient) == DEFERRED


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Unscannable.REFUSE, REFUSED),
        (Unscannable.HOLD, (Disposition.HOLD, Category.QUARANTINE)),
        (Unscannable.DELIVER, DELIVERED),
    ],
)
@pytest.mark.parametrize("code", ["UNSCANNED_TOO_LARGE", "BEYOND_LIMITS", "UNOPENABLE_FILE"])
def test_the_client_chooses_what_becomes_of_the_unscannable(choice, expected, code):
    assert outcome(code, policy=replace(POLICY, unscannable=choice)) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Unscannable.REFUSE, REFUSED),
        (Unscannable.HOLD, (Disposition.HOLD, Category.QUARANTINE)),
        (Unscannable.DELIVER, DELIVERED),
    ],
)
def test_the_client_chooses_what_becomes_of_encrypted_files(choice, expected):
    assert outcome("ENCRYPTED_FILE", policy=replace(POLICY, encrypted=choice)) == expected


def test_encrypted_files_are_held_unless_their_sender_is_allowed_or_they_are_spam():
    assert outcome("ENCRYPTED_FILE")[0] is Disposition.HOLD
    assert outcome("ENCRYPTED_FILE", "CLIENT_ALLOW") == DELIVERED
    assert outcome("ENCRYPTED_FILE", "GTUBE") == QUARANTINED


@pytest.mark.parametrize("also", ["CLIENT_ALLOW", "USER_ALLOW", "ENCRYPTED_FILE"])
def test_bombs_are_refused_and_poison_is_held_whoever_sends_them(also):
    assert outcome("BOMB", also) == REFUSED
    assert outcome("POISON", also) == (Disposition.HOLD, Category.QUARANTINE)


HELD = (Disposition.HOLD, Category.QUARANTINE)
NO_MASS = replace(POLICY, unscannable=Unscannable.HOLD, mass_mail=MassAction.REFUSE)
NOTHING_SEALED = replace(NO_MASS, encrypted=Unscannable.REFUSE)


@pytest.mark.parametrize("held", ["UNSCANNED_TOO_LARGE", "BEYOND_LIMITS", "UNOPENABLE_FILE", "POISON"])
@pytest.mark.parametrize(
    ("also", "policy", "expected"),
    [
        ((), NO_MASS, HELD),
        (("GTUBE",), NO_MASS, QUARANTINED),
        (("USER_BLOCK",), NO_MASS, REFUSED),
        (("MASS_MAIL",), NO_MASS, (Disposition.REFUSE, Category.MASS)),
        (("ENCRYPTED_FILE",), NOTHING_SEALED, REFUSED),
        (("ENCRYPTED_FILE", "MASS_MAIL"), NO_MASS, (Disposition.REFUSE, Category.MASS)),
        # Whoever is allowed would not be refused as spam; and what is put off may still come to be looked at.
        (("FEEDBACK_MAIL", "GTUBE"), NO_MASS, HELD),
        (("GREYLIST_NEW", "HIDDEN_MACROS"), NO_MASS, HELD),
    ],
)
def test_what_would_be_refused_is_not_held(held, also, policy, expected):
    assert outcome(held, *also, policy=policy) == expected


def test_unscannable_mail_that_a_client_lets_through_is_still_filtered():
    policy = replace(POLICY, unscannable=Unscannable.DELIVER)
    assert outcome("UNSCANNED_TOO_LARGE", "GTUBE", policy=policy) == QUARANTINED


@pytest.mark.parametrize(("policy", "recipient"), [(OFF, ANN), (POLICY, POSTMASTER)])
@pytest.mark.parametrize("code", ["GTUBE", "BANNED_NAME", "USER_BLOCK", "CLIENT_BLOCK", "BEYOND_LIMITS", "UNREAD"])
def test_without_a_filter_only_viruses_are_stopped(policy, recipient, code):
    assert outcome(code, policy=policy, recipient=recipient) == NOT_FILTERED


def test_the_postmaster_of_another_domain_is_a_recipient_like_all_others():
    assert outcome("GTUBE", recipient=Recipient(Address("postmaster", "elsewhere.example"))) == QUARANTINED


def test_a_recipients_own_allow_list_skips_the_spam_filter_and_the_block_lists():
    assert outcome("USER_ALLOW", "GTUBE", "USER_BLOCK", "CLIENT_BLOCK_ADDRESS") == NOT_FILTERED


def test_a_recipients_own_allow_list_does_not_open_the_door_to_dangerous_files():
    assert outcome("USER_ALLOW", "BANNED_NAME") == REFUSED


@pytest.mark.parametrize("code", ["CLIENT_ALLOW", "CLIENT_ALLOW_ADDRESS"])
def test_mail_that_the_client_allows_is_delivered_without_the_letter_of_the_recipients_own_list(code):
    assert outcome(code, "GTUBE") == DELIVERED


@pytest.mark.parametrize("code", ["USER_BLOCK", "CLIENT_BLOCK", "CLIENT_BLOCK_ADDRESS"])
def test_blocked_senders_are_refused_for_good(code):
    assert outcome(code) == REFUSED


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (("USER_BLOCK", "CLIENT_ALLOW_ADDRESS"), REFUSED),
        (("CLIENT_BLOCK", "CLIENT_ALLOW"), REFUSED),
        (("CLIENT_BLOCK", "CLIENT_ALLOW_ADDRESS"), DELIVERED),
        (("CLIENT_BLOCK_ADDRESS", "CLIENT_ALLOW_ADDRESS"), REFUSED),
        (("CLIENT_BLOCK_ADDRESS", "CLIENT_ALLOW"), REFUSED),
    ],
)
def test_where_lists_disagree_their_order_decides(found, expected):
    assert outcome(*found) == expected


def test_another_recipients_list_says_nothing_about_this_one():
    findings = (Finding("USER_BLOCK", "", ANN.address.key),)
    assert judge(findings, POLICY, ANN).disposition is Disposition.REFUSE
    verdict = judge(findings, POLICY, BOB)
    assert (verdict.disposition, verdict.findings) == (Disposition.DELIVER, ())


def test_the_score_refuses_from_the_threshold_on_and_may_be_released():
    at, below = ({"NO_DATE": weight} for weight in (15.0, 14.9))
    assert outcome("NO_DATE", policy=replace(POLICY, weights=at)) == QUARANTINED
    assert outcome("NO_DATE", policy=replace(POLICY, weights=below)) == DELIVERED


def test_no_two_oddities_of_honest_scripts_are_spam_together():
    assert outcome("NO_FROM", "NO_DATE", "MALFORMED_MIME", "MAILING_LIST") == DELIVERED


def test_a_banned_name_tells_the_sender_which_suffix_it_was():
    verdict = judge((Finding("BANNED_NAME", "exe js"),), POLICY, ANN)
    assert verdict.reason == "Files of this type are not accepted here: .exe, .js."


@pytest.mark.parametrize("code", ["MAIL_LOOP", "BARE_NEWLINES", "MESSAGE_TOO_LARGE"])
@pytest.mark.parametrize("policy", [POLICY, OFF])
def test_what_smtp_itself_forbids_is_refused_with_or_without_a_filter(code, policy):
    assert outcome(code, policy=policy) == REFUSED


def test_a_fault_of_ours_delays_a_message_and_never_refuses_it():
    assert outcome("UNREAD", "USER_BLOCK", "GTUBE") == DEFERRED


def test_the_strictest_verdict_is_the_one_that_harms_most():
    verdicts = tuple(judge((Finding(code),), POLICY, ANN) for code in ("MASS_MAIL", "UNREAD", "VIRUS", "GTUBE"))
    assert strictest(verdicts) is verdicts[2]


def test_every_list_code_has_its_place_in_the_order():
    assert set(LIST_ORDER) == {code for code in MEANINGS if code.startswith(("USER_", "CLIENT_"))}


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(sorted(MEANINGS)), max_size=6), st.sampled_from([POLICY, OFF]))
def test_every_verdict_but_delivery_gives_a_reason_in_one_sentence_of_plain_ascii(codes, policy):
    verdict = judge(tuple(Finding(code) for code in codes), policy, ANN)
    if verdict.disposition is Disposition.DELIVER:
        assert verdict.reason == ""
    else:
        assert verdict.reason.isascii()
        assert verdict.reason.endswith(".")
        assert "\n" not in verdict.reason
        assert not set(MEANINGS) & set(verdict.reason.split())


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (MassAction.DELIVER, (Disposition.DELIVER, Category.MASS)),
        (MassAction.TAG, (Disposition.DELIVER, Category.MASS)),
        (MassAction.DIGEST, (Disposition.HOLD, Category.MASS)),
        (MassAction.REFUSE, (Disposition.REFUSE, Category.MASS)),
    ],
)
def test_a_newsletter_meets_what_the_client_wants_or_the_recipient_instead(action, expected):
    of_client = replace(POLICY, mass_mail=action)
    of_user = replace(POLICY, mass_mail_of={ANN.address.key: action})
    assert outcome("MASS_MAIL", policy=of_client) == expected
    assert outcome("MASS_MAIL", policy=of_user) == expected
    assert outcome("MASS_MAIL", policy=of_user, recipient=BOB) == (Disposition.DELIVER, Category.MASS)
    assert outcome("MAILING_LIST", policy=of_client) == DELIVERED
    assert judge((Finding("MASS_MAIL"),), of_client, ANN).is_tagged == (action is MassAction.TAG)


def test_a_newsletter_is_spam_virus_or_allowed_before_it_is_a_newsletter():
    policy = replace(POLICY, mass_mail=MassAction.REFUSE)
    assert outcome("MASS_MAIL", "GTUBE", policy=policy) == QUARANTINED
    assert outcome("MASS_MAIL", "VIRUS", policy=policy) == REFUSED
    assert outcome("MASS_MAIL", "USER_ALLOW", policy=policy) == NOT_FILTERED
    assert outcome("MASS_MAIL", "CLIENT_ALLOW", policy=policy) == DELIVERED


# --- What the author's domain asks for (RFC 9989 section 5.4)

# Every code by which authentication speaks against a message, all at once.
UNAUTHENTICATED = ("DMARC_REJECT", "SPF_FAIL", "DKIM_FAIL", "DKIM_UNSIGNED_BODY", "AMBIGUOUS_AUTHOR", "SEVERAL_FROM")


def test_a_policy_of_rejection_alone_refuses_nothing():
    assert outcome("DMARC_REJECT") == DELIVERED
    assert outcome("DMARC_QUARANTINE", "DKIM_FAIL", "SPF_SOFTFAIL") == DELIVERED


@settings(deadline=None)
@given(codes=st.sets(st.sampled_from(UNAUTHENTICATED)), weight=st.floats(-100, 1_000))
def test_whatever_authentication_says_and_a_client_weighs_nothing_is_refused_for_good(codes, weight):
    policy = replace(POLICY, weights=dict.fromkeys(UNAUTHENTICATED, weight))
    assert outcome(*codes, policy=policy) in {DELIVERED, QUARANTINED}


def test_a_seal_that_is_trusted_weighs_nothing_by_itself():
    assert outcome("ARC_OVERRIDE", "SPF_FAIL") == DELIVERED
    assert outcome("ARC_OVERRIDE", "GTUBE") == QUARANTINED
