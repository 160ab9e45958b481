"""The keys that sign our own letters."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.errors import Impossible
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, ok, warn
from ecluse.entrypoints.fresh_names import FreshNames
from ecluse.entrypoints.letter_signing import KeyFound, keys_found
from ecluse.wire.dkim.publishing import Standing

SUBJECT = "signed letters"


def signing(patient: Patient) -> Iterator[Diagnosis]:
    """Where letters are sent: there are keys, and the DNS has them."""
    if patient.settings.web.mail_through is None:
        return
    try:
        found = keys_found(patient.settings, FreshNames(patient.settings).look_up)
    except (Impossible, OSError) as problem:
        yield warn(
            SUBJECT, f"a key cannot be read: {type(problem).__name__}", "see to control/signing; run it as the user"
        )
        return
    if not found:
        yield warn(
            SUBJECT, "digests and links go out unsigned", "run `ecluse admin signing-keys`, publish what it shows"
        )
    yield from map(_of, found)


def _of(found: KeyFound) -> Diagnosis:
    name = found.record.name
    if found.standing is Standing.PUBLISHED:
        return ok(SUBJECT, f"{name} is in the DNS")
    if found.standing is Standing.UNKNOWN:
        return warn(SUBJECT, f"{name}: the DNS gives no answer", "see the name servers")
    is_missing = found.standing is Standing.MISSING
    what = "is not in the DNS" if is_missing else "has another key in the DNS"
    return warn(SUBJECT, f"{name} {what}: it signs nothing", f"publish: {found.record.zone_line}")
