"""Weighs findings under a policy into the verdict for one recipient; pure.

The rules in their order are the table `RULES`; the first that decides is obeyed, except that what would be refused is never
held: its sender hears of it at once, and nobody has to look at it (design 1). Viruses come first and hold for everybody: for
a recipient's own allow list, for a filter that is switched off, for postmaster@ (9-5, market 2.6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecluse.domain.envelope import Recipient
from ecluse.domain.finding import Finding
from ecluse.domain.mass import MassAction
from ecluse.domain.policy import Policy, Unscannable
from ecluse.domain.sending_rule import RuleAction, SendingRule
from ecluse.domain.verdict import Category, Disposition, Verdict
from ecluse.filtering import greylisting
from ecluse.filtering.weights import score

# A recipient knows better than his client, a person better than a domain, and blocking is safer than allowing:
# so the first of these that was found decides, except that one allowed address opens a blocked domain.
LIST_ORDER = (
    "USER_ALLOW",
    "USER_BLOCK",
    "CLIENT_BLOCK_ADDRESS",
    "CLIENT_ALLOW_ADDRESS",
    "CLIENT_BLOCK",
    "CLIENT_ALLOW",
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule decides; score and findings are the case's."""

    disposition: Disposition
    category: Category = Category.NONE
    reason: str = ""
    is_tagged: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One recipient's side of a message."""

    found: dict[str, Finding]  # By code; the first of each.
    score: float
    policy: Policy
    recipient: Recipient


def judge(findings: tuple[Finding, ...], policy: Policy, recipient: Recipient) -> Verdict:
    """What becomes of the message for this recipient; the reason names no rule that would teach a spammer."""
    key = recipient.address.key
    mine = tuple(finding for finding in findings if finding.recipient in {"", key})
    case = Case({finding.code: finding for finding in reversed(mine)}, score(mine, policy), policy, recipient)
    ruling = _obeyed(case)
    return Verdict(ruling.disposition, ruling.category, case.score, ruling.reason, mine, ruling.is_tagged)


def _obeyed(case: Case) -> Ruling:
    """The first ruling; one that holds gives way where the message would be refused without it."""
    rulings = (ruling for rule in RULES if (ruling := rule(case)))
    first = next(rulings, _DELIVER)
    if first.disposition is not Disposition.HOLD:
        return first
    otherwise = next((ruling for ruling in rulings if ruling.disposition is not Disposition.HOLD), first)
    return otherwise if otherwise.disposition is Disposition.REFUSE else first


def strictest(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The one that does the message the most harm; the first of equals. Raises ValueError without any."""
    return max(verdicts, key=lambda verdict: _SEVERITY[verdict.disposition])


def infected(case: Case) -> Ruling | None:
    """A virus is refused for good, for everybody."""
    return _refuse("A virus was found in this message.") if {"VIRUS", "EICAR"} & case.found.keys() else None


def known_bad(case: Case) -> Ruling | None:
    """The provider's own word that a file is malware: as good as a scanner's, so no allow list outweighs it."""
    return _refuse("A file in this message is known to be harmful.") if "KNOWN_BAD_FILE" in case.found else None


def unscanned_for_now(case: Case) -> Ruling | None:
    """The scanner is down: that heals, so the sender keeps the message (design 7)."""
    if "UNSCANNED_UNAVAILABLE" not in case.found:
        return None
    return _defer("The virus scanner does not answer at the moment; please try again later.")


def unscannable(case: Case) -> Ruling | None:
    """Beyond the scanner's limits: that never heals, so the client has chosen what happens."""
    if "UNSCANNED_TOO_LARGE" not in case.found:
        return None
    return _by_choice(case.policy.unscannable, "This message holds more than our virus scanner can look into.")


def looping(case: Case) -> Ruling | None:
    """A loop ends here."""
    return _refuse("This message runs in a circle between servers.") if "MAIL_LOOP" in case.found else None


def bare_newlines(case: Case) -> Ruling | None:
    """SMTP smuggling hides in them (RFC 5321 section 2.3.8); reception refuses them before any judgement."""
    return _refuse("Lines of this message end in a bare CR or LF.") if "BARE_NEWLINES" in case.found else None


def too_large(case: Case) -> Ruling | None:
    """The service's own limit."""
    return _refuse("This message is larger than 50 MB.") if "MESSAGE_TOO_LARGE" in case.found else None


def unfiltered(case: Case) -> Ruling | None:
    """A filter that is switched off (1-2c), and the domain's postmaster (RFC 5321 section 4.5.1)."""
    address, policy = case.recipient.address, case.policy
    is_postmaster = address.local.casefold() == "postmaster" and address.domain in {"", policy.domain}
    return _NOT_FILTERED if (is_postmaster and policy.spares_postmaster) or not policy.filters(address.key) else None


def unread(case: Case) -> Ruling | None:
    """Our own fault never refuses a message, and what we could not read is not clean (design 1.4)."""
    if "UNREAD" not in case.found:
        return None
    return _defer("This message could not be checked at the moment; please try again later.")


def banned_names(case: Case) -> Ruling | None:
    """Dangerous files are refused whoever sends them: an allow list skips the spam filter only (market 2.4, 2.6)."""
    finding = case.found.get("BANNED_NAME")
    if finding is None:
        return None
    suffixes = ", ".join(f".{suffix}" for suffix in finding.detail.split())
    return _refuse(f"Files of this type are not accepted here: {suffixes}.")


def refused_by_rule(case: Case) -> Ruling | None:
    """What the sender's own client does not let out."""
    rule = _sending_rule(case, RuleAction.REFUSE)
    return _refuse(rule.reason) if rule else None


def beyond_limits(case: Case) -> Ruling | None:
    """Parts that nobody looked at are unscannable content."""
    if "BEYOND_LIMITS" not in case.found:
        return None
    return _by_choice(case.policy.unscannable, "This message has more parts than we can look into.")


def bomb(case: Case) -> Ruling | None:
    """Made to do harm, whoever sends it."""
    return _refuse("A file in this message unpacks to far more than it is.") if "BOMB" in case.found else None


def poison(case: Case) -> Ruling | None:
    """Kept, so that somebody can see what ends our helpers; its sender may be honest (design 7)."""
    if "POISON" not in case.found:
        return None
    return Ruling(Disposition.HOLD, Category.QUARANTINE, "A file in this message cannot be looked into.")


def unopenable(case: Case) -> Ruling | None:
    """Files that nobody could look into are unscannable content."""
    if "UNOPENABLE_FILE" not in case.found:
        return None
    return _by_choice(case.policy.unscannable, "A file in this message cannot be looked into.")


def held_by_rule(case: Case) -> Ruling | None:
    """What the sender's client wants to see first."""
    rule = _sending_rule(case, RuleAction.HOLD)
    return Ruling(Disposition.HOLD, Category.QUARANTINE, rule.reason) if rule else None


def encrypted(case: Case) -> Ruling | None:
    """The client has chosen what happens."""
    if "ENCRYPTED_FILE" not in case.found:
        return None
    return _by_choice(case.policy.encrypted, "A file in this message is encrypted.")


def listed(case: Case) -> Ruling | None:
    """The lists, in `LIST_ORDER`."""
    first = next((code for code in LIST_ORDER if code in case.found), "")
    if first == "USER_ALLOW":
        return _NOT_FILTERED
    if first.startswith("CLIENT_ALLOW"):
        return _DELIVER
    return _refuse("The recipient does not accept mail from this sender.") if first else None


def feedback(case: Case) -> Ruling | None:
    """It carries spam because it is told to: refused as such, nobody could ever report any."""
    return _NOT_FILTERED if "FEEDBACK_MAIL" in case.found else None


def spam(case: Case) -> Ruling | None:
    """The sum of everything."""
    if case.score < case.policy.refuse_at:
        return None
    return Ruling(Disposition.REFUSE, Category.QUARANTINE, "This message was judged to be spam.")


def unclear(case: Case) -> Ruling | None:
    """Greylisting: a message that might be spam is told to come again, unless its proven sender is known well."""
    if not {"GREYLIST_NEW", "GREYLIST_EARLY"} & case.found.keys() or case.score < case.policy.greylist_at:
        return None
    is_known = {"CORRESPONDENT", "KNOWN_PAIR", "KNOWN_DOMAIN"} & case.found.keys()
    return None if is_known else _defer(greylisting.REASON)


def mass_mail(case: Case) -> Ruling | None:
    """Class M: what its recipient wants, else what his client wants. Last, since it is no spam for being many."""
    if "MASS_MAIL" not in case.found:
        return None
    policy = case.policy
    return _MASS[policy.mass_mail_of.get(case.recipient.address.key, policy.mass_mail)]


Rule = Callable[[Case], Ruling | None]

RULES: tuple[Rule, ...] = (
    infected,
    known_bad,
    unscanned_for_now,
    unscannable,
    looping,
    bare_newlines,
    too_large,
    unfiltered,
    unread,
    banned_names,
    refused_by_rule,
    beyond_limits,
    bomb,
    poison,
    unopenable,
    listed,
    feedback,
    spam,
    held_by_rule,
    encrypted,
    unclear,
    mass_mail,
)

_DELIVER = Ruling(Disposition.DELIVER)
_NOT_FILTERED = Ruling(Disposition.DELIVER, Category.NOT_FILTERED)
_MASS = {
    MassAction.DELIVER: Ruling(Disposition.DELIVER, Category.MASS),
    MassAction.TAG: Ruling(Disposition.DELIVER, Category.MASS, is_tagged=True),
    MassAction.DIGEST: Ruling(Disposition.HOLD, Category.MASS, "A newsletter, kept for the digest."),
    MassAction.REFUSE: Ruling(Disposition.REFUSE, Category.MASS, "The recipient does not accept mass mailings."),
}
_SEVERITY = {Disposition.DELIVER: 0, Disposition.HOLD: 1, Disposition.DEFER: 2, Disposition.REFUSE: 3}


def _refuse(reason: str) -> Ruling:
    return Ruling(Disposition.REFUSE, Category.PERMANENT, reason)


def _defer(reason: str) -> Ruling:
    return Ruling(Disposition.DEFER, Category.NONE, reason)


def _sending_rule(case: Case, action: RuleAction) -> SendingRule | None:
    """The one that was found, if it says so; a policy of later may have it no more, or otherwise."""
    finding = case.found.get("SENDING_RULE")
    if finding is None:
        return None
    return next((one for one in case.policy.sending_rules if (one.name, one.action) == (finding.detail, action)), None)


def _by_choice(choice: Unscannable, reason: str) -> Ruling | None:
    if choice is Unscannable.DELIVER:
        return None
    if choice is Unscannable.HOLD:
        return Ruling(Disposition.HOLD, Category.QUARANTINE, reason)
    return _refuse(reason)
