"""The certificate of STARTTLS: from when to when it is valid."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from ecluse.entrypoints.doctor.diagnosis import Diagnosis, Patient, fail, ok, warn

DAY_S = 86_400
WARN_BEFORE_S = 21 * DAY_S  # Automatic renewal happens 30 days before the end: something has failed by then.

_SEQUENCE, _INTEGER, _UTC_TIME, _VERSION = 0x30, 0x02, 0x17, 0xA0


def certificate(patient: Patient) -> Iterator[Diagnosis]:
    """Its dates; that certificate and key fit was seen when the settings were read."""
    path = patient.settings.tls.certificate
    if path is None:
        yield warn("certificate", "none is configured", "set tls.certificate and tls.key: without them no STARTTLS")
        return
    try:
        begins, ends = validity(ssl.PEM_cert_to_DER_cert(_first(path.read_text("ascii", "replace"))))
    except (OSError, ValueError) as problem:
        yield fail("certificate", f"{path}: {problem}", "give us a PEM file that begins with our certificate")
        return
    now = time.time()
    found = f"{path}: valid from {_day(begins)} to {_day(ends)}"
    if now < begins:
        yield fail("certificate", found, "it is not valid yet: look at the clock, or wait")
    elif now >= ends:
        yield fail("certificate", found, "renew it: it has expired")
    elif ends - now < WARN_BEFORE_S:
        yield warn("certificate", found, "renew it soon, then send the node SIGHUP")
    else:
        yield ok("certificate", found)


def validity(der: bytes) -> tuple[float, float]:
    """Both ends of a certificate's validity, UTC seconds since the epoch (RFC 5280 section 4.1). Raises `ValueError`."""
    _, certificate_body, _ = _element(der, 0)
    _, body, _ = _element(certificate_body, 0)
    tag, _, at = _element(body, 0)
    if tag == _VERSION:
        tag, _, at = _element(body, at)
    if tag != _INTEGER:
        raise ValueError("no X.509 certificate")
    for _ in ("signature", "issuer"):
        _, _, at = _element(body, at)
    tag, dates, _ = _element(body, at)
    if tag != _SEQUENCE:
        raise ValueError("no X.509 certificate")
    first_tag, first, at = _element(dates, 0)
    second_tag, second, _ = _element(dates, at)
    return _moment(first_tag, first), _moment(second_tag, second)


def _first(pem: str) -> str:
    """The first certificate of a file that holds a chain, and perhaps the key."""
    start = pem.find(ssl.PEM_HEADER)
    end = pem.find(ssl.PEM_FOOTER, start)
    if start < 0 or end < 0:
        raise ValueError("no PEM certificate")
    return pem[start : end + len(ssl.PEM_FOOTER)]


def _element(octets: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag and content of the DER element at `at`, and where the next one begins (X.690 section 8.1)."""
    if at + 2 > len(octets):
        raise ValueError("no X.509 certificate")
    tag, length, start = octets[at], octets[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(octets[start : start + size], "big"), start + size
    if start + length > len(octets):
        raise ValueError("no X.509 certificate")
    return tag, octets[start : start + length], start + length


def _moment(tag: int, octets: bytes) -> float:
    """RFC 5280 section 4.1.2.5: two digits of a UTCTime's year from 50 on are of the last century."""
    text = octets.decode("ascii", "replace")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
