"""What a verdict would have been under another policy, from what the journal has kept; pure but for the lists.

Judged anew are weights, thresholds, lists and all that the judge chooses by. What checks and collectors read of a policy
went into the findings; where such a setting differs, the verdicts that it may touch are unknown: `UNREPEATABLE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.event import EvidenceEvent, MessageEvent, RecipientEvent
from ecluse.domain.evidence import NOT_ASKED, Evidence, ListHit, Unknown
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

# Why a verdict may be unknown.
NO_EVIDENCE = "no evidence is kept: judged by an older release"
NO_POLICY = "the domain is not in that policy"
NOT_PUBLISHED = "the domain is not in the policy that is published now"
OTHER_RELEASE = "a finding of another release"
MORE_SUFFIXES = "names of files are not kept: more banned suffixes"
GREYLISTING = "who would have come again is not known: greylisting"
SEALERS = "seals are not kept: other trusted sealers"
PROTECTED_NAMES = "names in the message are not kept: other protected names"


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
    (MORE_SUFFIXES, _more_suffixes),
    (GREYLISTING, _greylisting),
    (SEALERS, _sealers),
    (PROTECTED_NAMES, _protected_names),
)


def rejudge(event: MessageEvent, one: RecipientEvent, before: Policies, after: Policies) -> Verdict | Unknown:
    """The verdict for a recipient of a journalled outcome under the policies `after`; `before` is what applied then."""
    address = Address.of(one.address)
    policy, applied = after.domain(address.domain), before.domain(address.domain)
    sender = Address.of(event.sender) if event.sender else None
    hits = () if policy is None else after.list_hits(policy, address, sender, event.ip)
    return _rejudged(event, one, applied, policy, hits)


def rejudge_wishes(
    event: MessageEvent, one: RecipientEvent, applied: Policy | None, policy: Policy | None
) -> Verdict | Unknown:
    """The same for another policy of that domain alone; the lists are those of then."""
    return _rejudged(event, one, applied, policy, None)


def _rejudged(
    event: MessageEvent,
    one: RecipientEvent,
    applied: Policy | None,
    policy: Policy | None,
    hits: tuple[ListHit, ...] | None,
) -> Verdict | Unknown:
    """`hits` None: the findings of then say who is listed."""
    if event.evidence is None:
        return Unknown(NO_EVIDENCE)
    if policy is None:
        return Unknown(NO_POLICY)
    if applied is None:
        return Unknown(NOT_PUBLISHED)
    kept = tuple(_finding(text, one.address) for text in one.findings)
    if any(finding.code not in MEANINGS for finding in kept):
        return Unknown(OTHER_RELEASE)
    findings = (*_kept(kept, policy, keeps_lists=hits is None), *_anew(event.evidence, kept, policy, hits or ()))
    verdict = judge(findings, policy, Recipient(Address.of(one.address)))
    change = Change(applied, policy, verdict)
    reason = next((reason for reason, touches in UNREPEATABLE if touches(change)), "")
    return Unknown(reason) if reason else verdict


def _anew(
    kept: EvidenceEvent, findings: tuple[Finding, ...], policy: Policy, hits: tuple[ListHit, ...]
) -> tuple[Finding, ...]:
    """What is stated anew: the lists as that policy has them, and the classifier's opinion as it was."""
    evidence = Evidence(lists=hits, learned=kept.learned or NOT_ASKED)
    if any(finding.code == "ALLOW_FORGED" for finding in findings):
        evidence = _without_forged(evidence)
    return examine(evidence, policy, (listed.listed, learned.learned))


def _kept(findings: tuple[Finding, ...], policy: Policy, *, keeps_lists: bool) -> Iterator[Finding]:
    """Those that are not stated anew, as that policy would state them."""
    for finding in findings:
        if finding.code.startswith(_LEARNED) or (finding.code in _LISTED and not keeps_lists):
            continue
        restated = _under(policy, finding)
        if restated is not None:
            yield restated


def _without_forged(evidence: Evidence) -> Evidence:
    """The sender's domain disowned the message: no name lets it in, whatever the lists are."""
    hits = () if isinstance(evidence.lists, Unknown) else evidence.lists
    return replace(evidence, lists=tuple(hit for hit in hits if hit.kind == "block" or listed.is_network(hit.entry)))


def _under(policy: Policy, finding: Finding) -> Finding | None:
    """A kept finding as that policy would state it; None where it would not."""
    if finding.code == "BANNED_NAME":
        still = sorted(policy.banned_suffixes.intersection(finding.detail.split()))
        return Finding(finding.code, " ".join(still)) if still else None
    if finding.code.startswith(_GREYLIST) and not policy.greylists:
        return None
    return finding


def _finding(text: str, recipient: str) -> Finding:
    code, _, detail = text.partition(": ")
    return Finding(code, detail, recipient)
