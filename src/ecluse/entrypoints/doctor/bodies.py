"""The object store that held bodies go to."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import EcluseError
from ecluse.domain.ids import new_id
from ecluse.entrypoints.body_store import body_store
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok

SUBJECT = "store of held bodies"
MEND = "start it, or mend [bodies]; until then bodies wait on the node's disk, and what has left it cannot be released"
OCTETS = b"ecluse doctor\r\n"


def bodies(patient: Patient) -> Iterator[Diagnosis]:
    """It takes, gives back and removes, as we shall ask of it."""
    store = body_store(patient.settings)
    if store is None:
        return
    began, name = time.perf_counter(), new_id()
    try:
        store.keep(name, MemoryContent(OCTETS))
        found = b"".join(store.read(name))
        store.remove([name])
    except EcluseError as problem:
        yield fail(SUBJECT, str(problem), MEND)
        return
    if found != OCTETS:
        yield fail(
            SUBJECT, "it gives back other octets than it was given", "use another store: held mail would be lost"
        )
        return
    yield ok(SUBJECT, f"it takes, gives back and removes in {(time.perf_counter() - began) * 1_000:.0f} ms")
