"""The doors for clients' outbound mail: that they can prove themselves, and that nobody else gets through."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.adapters.openssl.client_certificates import ask_for_any
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn
from ecluse.entrypoints.door_certificates import certificate_context
from ecluse.wire.shared_networks import service_at

SUBJECT = "outbound doors"


def outbound_doors(patient: Patient) -> Iterator[Diagnosis]:
    """Where there are any: a certificate, without which nobody can log in, and no network that is everybody's."""
    outbound = patient.settings.outbound
    if not (outbound.listen or outbound.listen_tls):
        return
    shared = [network for network in outbound.trusted_networks if service_at(network)]
    for network in shared:
        advice = "take it out: clients of that service need a connector with a token"
        yield fail(SUBJECT, f"trusted_networks has {network}, from which all of {service_at(network)} sends", advice)
    if patient.settings.tls.certificate is None:
        advice = "set tls.certificate and tls.key: without TLS only networks prove who sends"
        yield warn(SUBJECT, "nobody can log in", advice)
        return
    yield from _certificates(patient)
    if not shared:
        yield ok(SUBJECT, "logins inside TLS; whom nothing proves is told to log in")


def _certificates(patient: Patient) -> Iterator[Diagnosis]:
    try:
        context = certificate_context(patient.settings)
        if context is not None:
            ask_for_any(context)
    except (Impossible, OSError) as problem:
        yield warn(SUBJECT, f"client certificates are not asked for: {problem}", "give those clients a login instead")
