"""Every test here runs on both event loops that we support."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.policy import Route, Tls
from ecluse.mta.delivery.next_hop import NextHopLimits, NextHops


def pytest_asyncio_loop_factories(config, item):
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def envelope_to(*recipients, **more):
    """From ann@a.example to addresses at b.example."""
    names = recipients or ("bob",)
    return Envelope(Address("ann", "a.example"), tuple(Recipient(Address(name, "b.example")) for name in names), **more)


class Caller:
    """Hands messages to one receiver and counts the calls of `before_dot`."""

    def __init__(self, next_hops, route):
        self.next_hops = next_hops
        self.route = route
        self.dots = 0

    def before_dot(self):
        self.dots += 1

    async def send(self, content=b"Subject: x\r\n\r\nhello\r\n", envelope=None, patience_s=20.0):
        return await self.next_hops.transmit(
            self.route,
            envelope or envelope_to(),
            MemoryContent(content) if isinstance(content, bytes) else content,
            before_dot=self.before_dot,
            deadline=time.monotonic() + patience_s,
        )


@pytest.fixture
def calling():
    """`async with calling(receiver) as caller`; keywords are limits, `tls` and `tls_context`."""

    @asynccontextmanager
    async def calling(receiver, tls=Tls.NEVER, tls_context=None, host="127.0.0.1", **limits):
        next_hops = NextHops("gateway.test", limits=NextHopLimits(**limits), tls_context=tls_context)
        try:
            yield Caller(next_hops, Route(host, receiver.port, tls=tls))
        finally:
            await next_hops.close()

    return calling


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A PEM file with key and self-signed certificate for 127.0.0.1 and mx.test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.test")])
    names = [x509.DNSName("mx.test"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mx.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
