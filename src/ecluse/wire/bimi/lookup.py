"""Where the picture of an authenticated domain lies (BIMI, draft-brand-indicators-for-message-identification)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ecluse.domain.dns import Lookup
from ecluse.wire.dmarc.evaluate import DmarcOutcome
from ecluse.wire.dmarc.record import DmarcPolicy

MAX_OCTETS = 4_096

_VERSION = re.compile(rb"v[ \t]*=[ \t]*BIMI1[ \t]*(?:;|\Z)")
_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\Z", re.IGNORECASE)
_PLACE = re.compile(r"https://[!-~]+\Z", re.IGNORECASE)


class BimiOutcome(StrEnum):
    """What the look-up comes to."""

    PASS = "pass"  # noqa: S105 - a result, no password.
    NONE = "none"
    FAIL = "fail"
    SKIPPED = "skipped"
    TEMPERROR = "temperror"


@dataclass(frozen=True, slots=True)
class BimiResult:
    """The outcome, and the picture's address where there is one."""

    outcome: BimiOutcome
    location: str | None = None  # An https URL.
    authority: str | None = None  # The https URL of the certificate that vouches for the picture; not looked at here.
    domain: str | None = None  # Where the record was found.


async def find_picture(
    from_domain: str,
    selector: str,
    dmarc: tuple[DmarcOutcome, DmarcPolicy | None, str],
    lookup: Lookup,
    *,
    is_dkim_missing: bool = False,
) -> BimiResult:
    """Look for the record of the author's domain, then for that of `dmarc`'s third, the policy domain.

    `dmarc` is outcome, policy and policy domain: without a pass under quarantine or reject nothing is asked; neither
    when `is_dkim_missing`, which says that an aligned signature was wanted and is not there.
    """
    outcome, policy, organisation = dmarc
    enforced = policy in (DmarcPolicy.QUARANTINE, DmarcPolicy.REJECT)
    if outcome is not DmarcOutcome.PASS or not enforced or is_dkim_missing:
        return BimiResult(BimiOutcome.SKIPPED)
    if not _SELECTOR.match(selector):
        return BimiResult(BimiOutcome.FAIL)
    for domain in dict.fromkeys((from_domain, organisation)):
        answer = await lookup(f"{selector}._bimi.{domain}", "TXT")
        if answer.is_temporary:
            return BimiResult(BimiOutcome.TEMPERROR)
        records = [record for record in answer.octets if _VERSION.match(record) and len(record) <= MAX_OCTETS]
        if records:
            return _result(records, domain)
    return BimiResult(BimiOutcome.NONE)


def _result(records: list[bytes], domain: str) -> BimiResult:
    if len(records) > 1:
        return BimiResult(BimiOutcome.FAIL, domain=domain)
    tags = dict(_tag(piece) for piece in reversed(records[0].decode("latin-1").split(";")))
    location, authority = tags.get("l", ""), tags.get("a", "")
    if not location and not authority:
        # The domain says so itself: no picture here.
        return BimiResult(BimiOutcome.SKIPPED, domain=domain)
    if any(place and not _PLACE.match(place) for place in (location, authority)):
        return BimiResult(BimiOutcome.FAIL, domain=domain)
    return BimiResult(BimiOutcome.PASS, location or None, authority or None, domain)


def _tag(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return name.strip().lower(), value.strip()
