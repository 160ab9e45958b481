"""The TXT record that says whether a domain has a policy, and which one it has now (RFC 8461 section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VERSION = b"v=STSv1"
_FIELD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[!-:<>-~]{1,1000}")
_ID = re.compile(rb"id=([A-Za-z0-9]{1,32})")
_MAX_OCTETS = 4_096


def policy_id(records: Iterable[bytes]) -> str:
    """The id of the policy; "" where the domain has none: no record, or more than one, or none that can be read."""
    ours = [record for record in records if record.startswith(_VERSION)]
    if len(ours) != 1 or len(ours[0]) > _MAX_OCTETS:
        return ""
    version, *fields = (part.strip(b" \t") for part in ours[0].split(b";"))
    fields = fields[:-1] if fields and not fields[-1] else fields
    if version != _VERSION or not all(map(_FIELD.fullmatch, fields)):
        return ""
    found = next((match for match in map(_ID.fullmatch, fields) if match), None)
    return found[1].decode("ascii") if found else ""
