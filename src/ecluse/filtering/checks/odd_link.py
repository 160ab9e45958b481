"""Links and forms of a kind that honest mail does not need."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.links import LinkFlag
from ecluse.domain.policy import Policy

CODES = {
    LinkFlag.CREDENTIALS: "LINK_CREDENTIALS",
    LinkFlag.ADDRESS: "LINK_ADDRESS",
    LinkFlag.ODD_PORT: "LINK_ODD_PORT",
    LinkFlag.SCRIPT: "LINK_SCRIPT",
    LinkFlag.DATA: "LINK_DATA",
    LinkFlag.FILE: "LINK_PROGRAM",
    LinkFlag.DISGUISED: "LINK_DISGUISED",
    LinkFlag.HIDDEN: "LINK_HIDDEN",
    LinkFlag.SHORTENED: "LINK_SHORTENED",
    LinkFlag.REDIRECTED: "LINK_REDIRECTED",
    LinkFlag.PASSWORD: "PASSWORD_FORM",
}


def odd_link(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Each kind by itself: newsletters and careless authors use some, no one uses many."""
    if not isinstance(evidence.links, Unknown):
        yield from (Finding(CODES[flag]) for flag in evidence.links.flags if flag in CODES)
