"""The counter server that the nodes of an installation share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from ecluse.adapters.counters.keys import read_salt
from ecluse.adapters.valkey.sightings import known_salt
from ecluse.domain.errors import Unavailable
from ecluse.entrypoints.counter_server import counter_server
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.paths import DataPaths

PATIENCE_S = 3.0
SUBJECT = "counter server"
MEND = "start it, or mend counters.server; until then each node counts by itself"


def counters(patient: Patient) -> Iterator[Diagnosis]:
    """It answers, and this node salts as the others do."""
    server = counter_server(patient.settings)
    if server is None:
        return
    try:
        own = read_salt(DataPaths(patient.settings.data_dir).salt)
        began = time.perf_counter()
        agreed = asyncio.run(known_salt(server, PATIENCE_S))
    except (Unavailable, OSError) as problem:
        yield fail(SUBJECT, str(problem), MEND)
        return
    if None not in (own, agreed) and agreed != own:
        yield warn(SUBJECT, "what other nodes remember cannot be read here: their salt is another", "restart the node")
        return
    yield ok(SUBJECT, f"it answers in {(time.perf_counter() - began) * 1_000:.0f} ms")
