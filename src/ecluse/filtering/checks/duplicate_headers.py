"""A field that may stand once stands there several times."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

# RFC 5322 section 3.6 and RFC 2045 section 3. From has a check of its own.
SINGULAR = (
    "bcc",
    "cc",
    "content-disposition",
    "content-transfer-encoding",
    "content-type",
    "date",
    "in-reply-to",
    "message-id",
    "mime-version",
    "references",
    "reply-to",
    "sender",
    "subject",
    "to",
)


def duplicate_headers(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Some readers take the first, some the last: a signature or a filter may have seen the other one."""
    if isinstance(evidence.headers, Unknown):
        return
    doubled = [name for name in SINGULAR if evidence.headers.counts.get(name, 0) > 1]
    if doubled:
        yield Finding("DUPLICATE_HEADERS", " ".join(doubled))
