"""A file could not be looked into, or not to its end."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.opened import Trouble
from ecluse.domain.policy import Policy

_NEVER_HEALS = (Trouble.CRASHED, Trouble.TOO_SLOW, Trouble.TOO_BIG)
# Flags of a file (`opening/flags.py`): somebody with other programs, or more memory, may open what we could not.
_OTHERS_MAY = (
    ("limit", "beyond our limits"),
    ("unopenable", "no reader for its kind"),
    ("unopened", "no reader for its method, or a fault of ours"),
)


def unopenable(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """What nobody has seen is not clean (design 1.4). A broken archive is none of these: its readers see no more."""
    facts = evidence.files
    if isinstance(facts, Unknown):
        return
    reasons = [str(trouble) for trouble in _NEVER_HEALS if trouble in facts.troubles]
    reasons += [reason for flag, reason in _OTHERS_MAY if flag in facts.flags]
    # Out of time because nobody was free is another matter, and heals: see `unread`.
    if facts.left_out and Trouble.BUSY not in facts.troubles:
        reasons.append(f"{facts.left_out} left out")
    if reasons:
        yield Finding("UNOPENABLE_FILE", ", ".join(reasons))
