"""The databases of countries and networks."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ecluse.adapters.maxmind.places import open_file
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, ok, warn
from ecluse.entrypoints.terminal import span

OLD_AFTER_S = 90 * 86_400.0  # Networks change hands: publishers renew their files weekly or monthly.


def address_databases(patient: Patient) -> Iterator[Diagnosis]:
    """Each that is configured can be read, knows what it is there for, and is not out of date."""
    chosen = patient.settings.connection
    for subject, path in (("country database", chosen.country_database), ("ASN database", chosen.asn_database)):
        if path is None:
            continue
        try:
            with open_file(path) as reader:
                made, kind = reader.metadata().build_epoch, reader.metadata().database_type
        except Impossible as problem:
            yield warn(subject, str(problem), "put a file in MaxMind's format there; until then its facts are unknown")
            continue
        age = time.time() - made
        if age > OLD_AFTER_S:
            yield warn(subject, f"{path}: made {span(age)} ago", "fetch a newer one from its publisher")
        else:
            yield ok(subject, f"{path}: {kind}, made {span(max(age, 0.0))} ago")
