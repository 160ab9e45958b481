"""Two servers for each client (9-6)."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, warn

SUBJECT = "service levels"


def exchanges(patient: Patient) -> Iterator[Diagnosis]:
    """Where the console runs: with one name in `[web] exchanges` no client is given two, and nobody's availability is watched."""
    settings = patient.settings
    names = {str(each).casefold() for each in settings.web.exchanges}
    if settings.control.database and len(names) == 1:
        yield warn(
            SUBJECT,
            "one host in [web] exchanges: availability is watched for no client (9-6)",
            "name a second server there, and in your clients' MX records",
        )
