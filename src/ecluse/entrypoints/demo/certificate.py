"""A certificate of the demonstration's own: without TLS no secret is heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ecluse.control.secret_file import write_once

VALID = timedelta(days=30)


def write_certificate(file: Path, name: str) -> None:
    """Put a fresh key, and a certificate for `name` that nobody vouches for, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    owner = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(owner, owner, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now - VALID).not_valid_after(now + VALID).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_once(file, private + certificate.public_bytes(pem))
