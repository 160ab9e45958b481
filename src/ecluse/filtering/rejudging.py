"""What a verdict would have been under another policy, from what the journal has kept; pure but for the lists.

Judged anew are weights, thresholds, lists and all that the judge chooses by. What checks and collectors read of a policy
went into the findings; where such a setting differs, the verdicts that it may touch are unknown: `UNREPEATABLE`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.event import EvidenceEvent, MessageEvent, RecipientEvent
from ecluse.domain.evidence import NOT_ASKED, Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy
from ecluse.domain.verdict import Category, Disposition, Verdict
from ecluse.filtering.checks import learned, listed
from ecluse.filtering.examine import examine
from ecluse.filtering.judge import judge
from ecluse.filtering.meanings import MEANINGS
from ecluse.ports.policies import Policies

_LISTED = frozenset(listed.CODES.values())
_LEARNED = "LEARNED_"
_GREYLIST = "GREYLIST_"


@dataclass(frozen=True, slots=True)
class Change:
    """Two policies and the verdict under the later."""

    before: Policy
    after: Policy
    verdict: Verdict

    @property
    def is_refused_for_good(self) -> bool:
        """Further findings could not change it."""
        return self.verdict.disposition is Disposition.REFUSE and self.verdict.category is Category.PERMANENT

    @property
    def codes(self) -> frozenset[str]:
        """What was found."""
        return frozenset(finding.code for finding in self.verdict.findings)


def _more_suffixes(change: Change) -> bool:
    return bool(change.after.banned_suffixes - change.before.banned_suffixes) and not change.is_refused_for_good


def _greylisting(change: Change) -> bool:
    is_new = change.after.greylists and not change.before.greylists
    return is_new and change.after.greylist_at <= change.verdict.score < change.after.refuse_at


def _sealers(change: Change) -> bool:
    differ = change.after.trusted_sealers != change.before.trusted_sealers
    return differ and any(code.startswith(("DMARC", "ARC")) for code in change.codes)


def _protected_names(change: Change) -> bool:
    return change.after.protected_names != change.before.protected_names and not change.is_refused_for_good


# What cannot be known, and whether it may touch this verdict.
UNREPEATABLE: tuple[tuple[str, Callable[[Change], bool]], ...] = (
    ("names of files are not kept: more banned suffixes", _more_suffixes),
    ("who would have come again is not known: greylisting", _greylisting),
    ("seals are not kept: other trusted sealers", _sealers),
    ("names in the message are not kept: other protected names", _protected_names),
)


def rejudge(event: MessageEvent, one: RecipientEvent, before: Policies, after: Policies) -> Verdict | Unknown:
    """The verdict for a recipient of a journalled outcome under the policies `after`; `before` is what applied then."""
    address = _address(one.address)
    policy, applied = after.domain(address.domain), before.domain(address.domain)
    if event.evidence is None:
        return Unknown("no evidence is kept: judged by an older release")
    if policy is None:
        return Unknown("the domain is not in that policy")
    if applied is None:
        return Unknown("the domain is not in the policy that is published now")
    kept = tuple(_finding(text, one.address) for text in one.findings)
    if any(finding.code not in MEANINGS for finding in kept):
        return Unknown("a finding of another release")
    evidence = _evidence(event, event.evidence, address, policy, after)
    if any(finding.code == "ALLOW_FORGED" for finding in kept):
        evidence = _without_forged(evidence)
    anew = examine(evidence, policy, (listed.listed, learned.learned))
    findings = (*filter(None, (_under(policy, finding) for finding in kept)), *anew)
    verdict = judge(findings, policy, Recipient(address))
    change = Change(applied, policy, verdict)
    reason = next((reason for reason, touches in UNREPEATABLE if touches(change)), "")
    return Unknown(reason) if reason else verdict


def _evidence(
    event: MessageEvent, kept: EvidenceEvent, recipient: Address, policy: Policy, policies: Policies
) -> Evidence:
    """What is stated anew: the lists as that policy has them, and the classifier's opinion as it was."""
    sender = _address(event.sender) if event.sender else None
    hits = policies.list_hits(policy, recipient, sender, event.ip)
    return Evidence(lists=hits, learned=kept.learned or NOT_ASKED)


def _without_forged(evidence: Evidence) -> Evidence:
    """The sender's domain disowned the message: no name lets it in, whatever the lists are."""
    hits = () if isinstance(evidence.lists, Unknown) else evidence.lists
    return replace(evidence, lists=tuple(hit for hit in hits if hit.kind == "block" or listed.is_network(hit.entry)))


def _under(policy: Policy, finding: Finding) -> Finding | None:
    """A kept finding as that policy would state it; None where it would not, or where it is stated anew."""
    if finding.code in _LISTED or finding.code.startswith(_LEARNED):
        return None
    if finding.code == "BANNED_NAME":
        still = sorted(policy.banned_suffixes.intersection(finding.detail.split()))
        return Finding(finding.code, " ".join(still)) if still else None
    if finding.code.startswith(_GREYLIST) and not policy.greylists:
        return None
    return finding


def _finding(text: str, recipient: str) -> Finding:
    code, _, detail = text.partition(": ")
    return Finding(code, detail, recipient)


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(local, domain)
