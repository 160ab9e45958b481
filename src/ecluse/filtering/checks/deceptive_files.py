"""The message's files deceive who looks into them: their readers, or the people who see their names."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

# A finding, and the flags of a file (`opening/flags.py`) of which one must be there. Absolute names, links to the
# outside and octets around an archive are none: honest tools make them.
_SIGNS: tuple[tuple[str, frozenset[str]], ...] = (
    ("AMBIGUOUS_ARCHIVE", frozenset({"ambiguous", "overlapping"})),
    ("HIDDEN_MEMBER", frozenset({"hidden-member"})),
    ("BAD_MEMBER_NAME", frozenset({"traversal", "bidi-name", "control-name", "double-suffix", "padded-name"})),
    ("POLYGLOT_FILE", frozenset({"polyglot"})),
)


def deceptive_files(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Each sign once, whichever of the files it is about, with the flags that show it."""
    if isinstance(evidence.files, Unknown):
        return
    for code, flags in _SIGNS:
        if shown := flags.intersection(evidence.files.flags):
            yield Finding(code, " ".join(sorted(shown)))
