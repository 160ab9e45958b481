"""Mail from one to many: newsletters and mailing lists (RFC 2369, RFC 2919, RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MassKind(StrEnum):
    """What kind of mass mail a message is, by its own account."""

    NONE = ""
    NEWSLETTER = "newsletter"  # One writes, many read: class M.
    DISCUSSION = "discussion"  # Many write to each other by a mailing list: mail of people.


class MassAction(StrEnum):
    """What a client or a user wants done with class M; never anything because of its score."""

    DELIVER = "deliver"
    TAG = "tag"  # Delivered with a header field that mail programs can sort by.
    DIGEST = "digest"  # Held, and told in the digest.
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class MassFacts:
    """What the fields of mass mail say. The URL of unsubscribing names its reader, so it stays in the message."""

    kind: MassKind
    service: str = ""  # Who sent it on the author's behalf, as mass_services.toml calls them.
    unsubscribe_domain: str = ""  # Registered domain of the https URL in List-Unsubscribe.
    # RFC 8058 section 4: how the b= of those signatures begins that cover both fields of one click (RFC 6008).
    one_click_signatures: tuple[str, ...] = ()
