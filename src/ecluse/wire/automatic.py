"""Mail that no person has written, or that is for many: nobody answers it by a letter (RFC 3834 section 2)."""

from __future__ import annotations

import re

from ecluse.domain.address import Address
from ecluse.wire.mime.fields import HeaderSection

MAX_FIELD_OCTETS = 200
_FOR_MANY = frozenset({b"bulk", b"list", b"junk", b"auto_reply"})
_MARKS = frozenset({b"feedback-id", b"x-autoreply", b"x-autorespond", b"x-auto-response-suppress", b"x-loop"})
# Behind these stands a program, or a list (RFC 3834 section 2; RFC 2142).
_NOBODY = re.compile(
    r"(?:(?:mailer-daemon|postmaster|daemon|no-?reply|do-?not-?reply|ne-?pas-?repondre|bounces?|listserv|majordomo)"
    r"(?:[+._=-].*)?|(?:owner|bounces?)-.*|.*-(?:request|owner|bounces?))"
)


def is_automatic(section: HeaderSection, sender: Address | None) -> bool:
    """Whether it says so itself, by its fields or by whom it comes from; the null sender always does."""
    if sender is None or _NOBODY.fullmatch(sender.local.casefold()):
        return True
    names = frozenset(section.names)
    if names & _MARKS or any(name.startswith(b"list-") for name in names):
        return True
    is_submitted = b"auto-submitted" in names and _word(section, b"auto-submitted") != b"no"
    return is_submitted or _word(section, b"precedence") in _FOR_MANY


def _word(section: HeaderSection, name: bytes) -> bytes:
    field = section.first(name)
    return field.value[:MAX_FIELD_OCTETS].partition(b";")[0].strip().lower() if field else b""
