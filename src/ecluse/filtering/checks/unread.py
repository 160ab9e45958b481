"""We could not look at the message ourselves."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import NOT_ASKED, Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.opened import Trouble
from ecluse.domain.policy import Policy


def unread(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """A fault of ours, so it may delay a message but never refuse it (design 1.4)."""
    ours = (
        ("trace", evidence.trace),
        ("headers", evidence.headers),
        ("parts", evidence.parts),
        ("lists", evidence.lists),
        ("files", evidence.files),
        ("listed_files", evidence.listed_files),
        ("sending_rules", evidence.sending_rules),
    )
    for name, facts in ours:
        if isinstance(facts, Unknown) and facts != NOT_ASKED:
            yield Finding("UNREAD", f"{name}: {facts.reason}")
    if not isinstance(evidence.files, Unknown) and Trouble.BUSY in evidence.files.troubles:
        yield Finding("UNREAD", "files: no helper was free to open them")
