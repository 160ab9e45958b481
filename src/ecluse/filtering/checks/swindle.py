"""Somebody pretends to be of the house and wants something: the fraud known as that of the president."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.impersonation import MONEY, ImpersonationFacts, NameOf, Theme
from ecluse.domain.policy import Policy
from ecluse.filtering.pretences import borrowed_name, is_forged_as_ours, is_on_behalf, pretences

_WANTS = MONEY | {Theme.ERRAND, Theme.SECRECY}


def swindle(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Of two signs that mean little each the pair is clear: a borrowed identity, and what it is borrowed for."""
    facts = pretences(evidence)
    if _pretends(evidence, facts) and _wants(facts):
        yield Finding("SWINDLE", " ".join(facts.themes))


def _pretends(evidence: Evidence, facts: ImpersonationFacts) -> bool:
    is_shown = facts.is_ours_in_name and not is_on_behalf(evidence)
    is_borrowed = borrowed_name(evidence) is not NameOf.NOBODY
    return is_borrowed or is_shown or facts.is_imitated_ours or is_forged_as_ours(evidence)


def _wants(facts: ImpersonationFacts) -> bool:
    return facts.is_reply_free or not _WANTS.isdisjoint(facts.themes)
