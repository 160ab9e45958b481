"""Whether the certificates that a server shows are those its TLSA records name (RFC 7671 section 5, RFC 7672 section 3)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID

from ecluse.wire.dane.tlsa import CERTIFICATE, END_ENTITY, EXACT, SHA256, TRUST_ANCHOR, Tlsa

MAX_CERTIFICATES = 10  # Of one chain.
MAX_RECORDS = 32  # Of one server.

NO_FIT = "no TLSA record fits the certificate"
EXPIRED = "a certificate has expired, or does not hold yet"
WRONG_NAME = "hostname mismatch: the certificate names other servers"
BROKEN_CHAIN = "the certificates do not lead to the one that a TLSA record names"

# What a certificate may insist on, and we look at or may pass over; anything else critical is beyond us.
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)


def misfit(records: Sequence[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: datetime) -> str:
    """Why none of the usable records is met; "" where one is.

    `chain` has the certificates in DER, the server's own first; `names` are those that it may go by.
    """
    try:
        certificates = [x509.load_der_x509_certificate(octets) for octets in chain[:MAX_CERTIFICATES]]
        return _misfit(records[:MAX_RECORDS], certificates, names, now) if certificates else NO_FIT
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as problem:
        return f"a certificate cannot be read: {type(problem).__name__}"


def _misfit(records: Sequence[Tlsa], certificates: list[x509.Certificate], names: Sequence[str], now: datetime) -> str:
    # The key itself is named: neither names nor dates in its certificate count (RFC 7671 section 5.1).
    if any(each.usage == END_ENTITY and _names(each, certificates[0]) for each in records):
        return ""
    said = NO_FIT
    for record in (each for each in records if each.usage == TRUST_ANCHOR):
        for path in _paths(record, certificates):
            said = _trouble_on(path, names, now)
            if not said:
                return ""
    return said


def _paths(record: Tlsa, certificates: list[x509.Certificate]) -> list[list[x509.Certificate]]:
    """From the server's certificate to each that the record names, which the server need not send if it stands there."""
    found = [certificates[: depth + 1] for depth in range(1, len(certificates)) if _names(record, certificates[depth])]
    if record.selector == CERTIFICATE and record.matching == EXACT and not found:
        anchor = x509.load_der_x509_certificate(record.data)
        found = [[*certificates[: depth + 1], anchor] for depth in range(len(certificates))]
    return found


def _names(record: Tlsa, certificate: x509.Certificate) -> bool:
    octets = (
        certificate.public_bytes(Encoding.DER)
        if record.selector == CERTIFICATE
        else certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    if record.matching == EXACT:
        return octets == record.data
    digest = hashlib.sha256 if record.matching == SHA256 else hashlib.sha512
    return digest(octets).digest() == record.data


def _trouble_on(path: list[x509.Certificate], names: Sequence[str], now: datetime) -> str:
    if not all(_was_issued_by(lower, upper, depth) for depth, (lower, upper) in enumerate(itertools.pairwise(path))):
        return BROKEN_CHAIN
    if not all(_holds(each, now) for each in path):
        return EXPIRED
    return "" if _is_for(path[0], names) else WRONG_NAME


def _was_issued_by(lower: x509.Certificate, upper: x509.Certificate, between: int) -> bool:
    """`between`: how many issuers stand below `upper`."""
    try:
        lower.verify_directly_issued_by(upper)
        constraints = upper.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    if not constraints.ca or (constraints.path_length is not None and constraints.path_length < between):
        return False
    return _may_sign(upper) and all(
        not each.critical or each.oid in _UNDERSTOOD for one in (lower, upper) for each in one.extensions
    )


def _may_sign(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def _holds(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _is_for(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    shown = {name.lower().removesuffix(".") for name in alternatives.get_values_for_type(x509.DNSName)}
    # A wildcard stands for one whole label, the first (RFC 7672 section 3.2.3).
    return any(name in shown or f"*.{name.partition('.')[2]}" in shown for name in names)
