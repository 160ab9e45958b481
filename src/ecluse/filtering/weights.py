"""What each finding weighs unless a client's policy says otherwise, and what it means in words."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum

from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Meaning:
    """One finding code."""

    weight: float  # Added to the score; `Policy.refuse_at` is 15 by default.
    text: str  # For people: one line.
    word: str = ""  # The family of reasons it belongs to, for programs; "" for mere information.
    fr: str = ""  # The line in French.


# A weight of 0 is either mere information or decided by a rule of the judge, whatever the score.
MEANINGS = {
    "VIRUS": Meaning(100, "The scanner found a virus.", "virus"),
    "EICAR": Meaning(100, "A part is the file that tests virus scanners.", "virus"),
    "GTUBE": Meaning(100, "A text holds the line that tests spam filters.", "spam"),
    "UNSCANNED_UNAVAILABLE": Meaning(0, "The virus scanner did not answer; a later attempt may be scanned."),
    "UNSCANNED_TOO_LARGE": Meaning(0, "Larger or deeper than the virus scanner looks.", "unscannable"),
    "BANNED_NAME": Meaning(0, "A file has a suffix that the policy bans.", "blocked-name"),
    "BEYOND_LIMITS": Meaning(0, "More or deeper parts than we look at.", "limit"),
    "MESSAGE_TOO_LARGE": Meaning(0, "Larger than the service takes.", "limit"),
    "MAIL_LOOP": Meaning(0, "The message went through us before, or through too many servers.", "malformed"),
    "BARE_NEWLINES": Meaning(0, "Lines end in a bare CR or LF: SMTP refuses that.", "malformed"),
    "UNREAD": Meaning(0, "A fault of ours: we could not look at the message."),
    "USER_ALLOW": Meaning(0, "The sender is on the recipient's own allow list."),
    "USER_BLOCK": Meaning(0, "The sender is on the recipient's own block list.", "spam"),
    "CLIENT_ALLOW_ADDRESS": Meaning(0, "The sender's address is on the client's allow list."),
    "CLIENT_ALLOW": Meaning(0, "The sender's domain or server is on the client's allow list."),
    "CLIENT_BLOCK_ADDRESS": Meaning(0, "The sender's address is on the client's block list.", "spam"),
    "CLIENT_BLOCK": Meaning(0, "The sender's domain or server is on the client's block list.", "spam"),
    # In 26,147 ham messages of three corpora not one has several: RFC 5322 section 3.6 allows one.
    "SEVERAL_FROM": Meaning(15, "Several From fields: each reader shows another author.", "spoof"),
    "AMBIGUOUS_MIME": Meaning(8, "The MIME structure shows different parts to different readers.", "malformed"),
    "AMBIGUOUS_AUTHOR": Meaning(6, "The From field shows different authors to different readers.", "spoof"),
    # Alone no policy of the author's domain refuses (RFC 9989 section 5.4); with a failed SPF it does, releasably.
    "DMARC_REJECT": Meaning(12, "The author's domain wants such mail rejected.", "spoof"),
    "DMARC_QUARANTINE": Meaning(6, "The author's domain wants such mail set apart.", "spoof"),
    "DMARC_FAIL": Meaning(1, "The author's domain does not stand behind the message.", "auth-fail"),
    "LIST_FORWARD": Meaning(-6, "It came by a mailing list that is authenticated itself."),
    "ARC_OVERRIDE": Meaning(0, "A forwarder that the client trusts saw the author authenticated."),
    "SPF_FAIL": Meaning(3, "The sender's domain disowns the sending server.", "auth-fail"),
    "SPF_SOFTFAIL": Meaning(1, "The sender's domain doubts the sending server.", "auth-fail"),
    "DKIM_FAIL": Meaning(0.5, "No DKIM signature fits.", "auth-fail"),
    "DKIM_UNSIGNED_BODY": Meaning(3, "The signature leaves a part of the body open.", "auth-fail"),
    "NO_FROM": Meaning(4, "No From field.", "malformed"),
    "EARLY_TALKER": Meaning(4, "The sending server spoke before it was greeted.", "spam"),
    "MALFORMED_HEADER": Meaning(3, "Lines of the header section are no fields.", "malformed"),
    "DUPLICATE_HEADERS": Meaning(3, "A field that may stand once stands there several times.", "malformed"),
    "MALFORMED_MIME": Meaning(2, "The MIME structure breaks its grammar.", "malformed"),
    # All listings together stay below `refuse_at`, and those of one list far below it: lists make mistakes (1-5).
    "WIDELY_LISTED_IP": Meaning(5, "Several DNS lists name the sending server.", "spam"),
    "LISTED_IP": Meaning(2.5, "A DNS list names the sending server.", "spam"),
    "POLICY_LISTED_IP": Meaning(1.5, "A DNS list says that the sending address should send no mail directly.", "spam"),
    "WIDELY_LISTED_LINK": Meaning(4, "Several DNS lists name a domain that the message links to.", "spam"),
    "LISTED_LINK": Meaning(2, "A DNS list names a domain that the message links to.", "spam"),
    "WIDELY_LISTED_DOMAIN": Meaning(3, "Several DNS lists name a domain of the sender.", "spam"),
    "LISTED_DOMAIN": Meaning(1.5, "A DNS list names a domain of the sender.", "spam"),
    "LISTED_NAME_SERVER": Meaning(
        1, "A DNS list names the name servers of a domain that the message links to.", "spam"
    ),
    "WELL_LISTED_IP": Meaning(-2, "A DNS list knows the sending server as a good one."),
    "CORRUPTED": Meaning(0, "Three publishers of DNS lists or more name the sender or a linked domain (1-8)."),
    "HELO_IS_OURS": Meaning(4, "The sending server greeted us with our own name.", "spam"),
    "FALSE_HELO": Meaning(2, "The sending server greeted us with no name or with a false address.", "spam"),
    "HELO_NOWHERE": Meaning(1, "The name in the sending server's greeting does not exist."),
    "NO_REVERSE_NAME": Meaning(2, "The sending address has no name.", "spam"),
    "UNCONFIRMED_REVERSE_NAME": Meaning(1, "The sending address calls itself by a name that is not its own."),
    "DYNAMIC_NAME": Meaning(1.5, "The sending server's name looks like a subscriber's line.", "spam"),
    # History speaks both ways, and below what the message itself shows: a mailbox may be stolen, a network cleaned.
    "CORRESPONDENT": Meaning(-4, "The client's users have written to this sender."),
    "KNOWN_PAIR": Meaning(-2, "This sender has written good mail to this recipient for some time."),
    "KNOWN_DOMAIN": Meaning(-0.5, "The author's domain has sent good mail here for some time."),
    "BAD_DOMAIN": Meaning(2.5, "Most mail of the sender's domain was refused or held.", "spam"),
    "BAD_NETWORK": Meaning(2, "Most mail of the sending server's network was refused or held.", "spam"),
    "FIRST_CONTACT": Meaning(0, "This sender, as far as proven, has never written to this recipient."),
    "GREYLIST_NEW": Meaning(0, "Greylisting has not met this sender: it defers where the score is unclear."),
    "GREYLIST_EARLY": Meaning(0, "The message came again too soon after greylisting."),
    "GREYLIST_BACK": Meaning(0, "The message came again in time after greylisting."),
    "NO_DATE": Meaning(1, "No Date that can be read."),
    "BULK": Meaning(0, "Mass mailing by its own account."),
}


def score(findings: tuple[Finding, ...], policy: Policy) -> float:
    """The sum of the weights, the client's before ours; a code counts once, however often it was found."""
    codes = dict.fromkeys(finding.code for finding in findings)
    return fsum(policy.weights.get(code, MEANINGS[code].weight) for code in codes)


def words(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The families of reasons that the findings belong to, each once, in the findings' order."""
    return tuple(dict.fromkeys(word for finding in findings if (word := MEANINGS[finding.code].word)))
