"""Our own addresses that outbound mail leaves from: that they are here, and that the world knows them by their names."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from ecluse.domain.dns import Answer
from ecluse.domain.public_address import is_public_address
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.fresh_names import FreshNames
from ecluse.entrypoints.source_tables import SourceTable

SUBJECT = "outbound sources"


def outbound_sources(patient: Patient) -> Iterator[Diagnosis]:
    """Where there are any: each is an address of this machine, and its name leads to it and back."""
    names = FreshNames(patient.settings)
    for source in dict.fromkeys(patient.settings.outbound.sources.tables):
        if problem := _unusable(source.address):
            advice = f"give {source.address} to this machine, or take it out: mail that should leave from it waits"
            yield fail(SUBJECT, f"{source.address} cannot be used here: {problem}", advice)
        elif is_public_address(source.address):
            yield named(source, names.look_up)
        else:
            yield ok(SUBJECT, f"{source.address}: not a public address, so its name was not looked up")


def _unusable(address: str) -> str:
    """Why no connection can leave from it; "" where one can."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as plug:
            plug.bind((address, 0))
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""


def named(source: SourceTable, look_up: Callable[[str, str], Answer]) -> Diagnosis:
    """What the DNS says of it."""
    forward = look_up(source.hostname, "AAAA" if ":" in source.address else "A")
    back = look_up(ip_address(source.address).reverse_pointer, "PTR")
    found = f"{source.address} as {source.hostname}"
    if forward.is_temporary or back.is_temporary:
        return warn(SUBJECT, f"{found}: the DNS gives no answer", "see the name servers")
    if missing := tuple(_missing(source, forward, back)):
        advice = "set both records: many receivers refuse mail from an address without them"
        return warn(SUBJECT, f"{found}: {' and '.join(missing)}", advice)
    return ok(SUBJECT, f"{found}, there and back")


def _missing(source: SourceTable, forward: Answer, back: Answer) -> Iterator[str]:
    if source.address not in forward.texts:
        yield f"the name does not lead to it ({', '.join(forward.texts[:4]) or 'nowhere'})"
    if source.hostname not in back.texts:
        yield f"its PTR record does not name it ({', '.join(back.texts[:4]) or 'none'})"
