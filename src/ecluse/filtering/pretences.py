"""What a message pretends, seen beside who really sent it."""

from __future__ import annotations

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.impersonation import ImpersonationFacts, NameOf
from ecluse.domain.mass import MassKind
from ecluse.filtering.identities import authenticated_domains, is_proven, proven_author


def pretences(evidence: Evidence) -> ImpersonationFacts:
    """The facts, or none where they could not be had, or where the client's users write to this proven sender."""
    facts, history = evidence.impersonation, evidence.history
    if isinstance(facts, Unknown):
        return ImpersonationFacts()
    if isinstance(history, Unknown) or not history.is_correspondent:
        return facts
    return ImpersonationFacts() if is_proven(evidence, history.sender_domain) else facts


def is_on_behalf(evidence: Evidence) -> bool:
    """Whether a proven service writes in people's names: invitations, shared files, news, mailing lists."""
    parts, mass = evidence.parts, evidence.mass
    is_invitation = not isinstance(parts, Unknown) and "text/calendar" in parts.types
    is_mass = not isinstance(mass, Unknown) and mass.kind is not MassKind.NONE
    return (is_invitation or is_mass) and bool(proven_author(evidence))


def borrowed_name(evidence: Evidence) -> NameOf:
    """Whose name a stranger bears. Who pretends to be a service is believed half: an executive counts as a colleague."""
    found = pretences(evidence).name_of
    if not is_on_behalf(evidence):
        return found
    return NameOf.COLLEAGUE if found is NameOf.EXECUTIVE else NameOf.NOBODY


def is_forged_as_ours(evidence: Evidence) -> bool:
    """Whether the author's domain is the client's own, and nothing proves it.

    What a list or another proven sender brings back is none of it; nor is what DNS trouble leaves open, nor a domain
    whose own policy says "reject", which counts for more than this.
    """
    facts, proof = pretences(evidence), evidence.authentication
    if not facts.is_author_ours or isinstance(proof, Unknown) or authenticated_domains(evidence):
        return False
    is_open = "temperror" in {proof.spf.result, proof.dmarc.result}
    return not is_open and proof.arc.result != "pass" and proof.dmarc.policy != "reject"
