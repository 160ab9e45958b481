"""Evidence, policies and messages that tests begin from; each changes the one thing it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecluse.domain.address import Address
from ecluse.domain.authentication import ArcFacts, AuthenticationFacts, DmarcFacts, SignatureFacts, SpfFacts
from ecluse.domain.content import MemoryContent
from ecluse.domain.dnsbl import Listing, ListingFacts, ListKind, Meaning
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.evidence import (
    ConnectionFacts,
    Evidence,
    HeaderFacts,
    HeloState,
    PartFacts,
    ReverseState,
    ScanFacts,
    ScanState,
    TraceFacts,
)
from ecluse.domain.incoming import Direction, Incoming
from ecluse.domain.mass import MassFacts, MassKind
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy

POLICY = Policy("Client", "client.example", ())
ANN = Recipient(Address("ann", "client.example"))
BOB = Recipient(Address("bob", "client.example"))

HEADERS = HeaderFacts(
    octets=200,
    counts={"from": 1, "to": 1, "date": 1, "subject": 1},
    from_domains=("sender.example",),
    from_is_ambiguous=False,
    has_date=True,
    malformed_lines=0,
)
PARTS = PartFacts(
    count=1,
    depth=1,
    suffixes=(),
    types=("text/plain",),
    defects=(),
    has_eicar=False,
    has_gtube=False,
    exceeds_limits=False,
)
CONNECTION = ConnectionFacts(
    reverse=ReverseState.CONFIRMED,
    names=("mail.sender.example",),
    confirmed_name="mail.sender.example",
    helo=HeloState.CONFIRMED,
    is_dynamic=False,
    is_tls=True,
    spoke_early=False,
)
HARMLESS = Evidence(
    trace=TraceFacts(received_count=1, own_count=0),
    headers=HEADERS,
    parts=PARTS,
    scan=ScanFacts(ScanState.CLEAN),
    lists=(),
    connection=CONNECTION,
    listings=ListingFacts(asked=("one", "two")),
    mass=MassFacts(MassKind.NONE),
    size=1_000,
)

MESSAGE = (
    b"From: Sam <sam@sender.example>\r\n"
    b"To: ann@client.example\r\n"
    b"Date: Mon, 01 Sep 2025 10:00:00 +0000\r\n"
    b"Subject: Minutes\r\n"
    b"\r\n"
    b"Hello Ann\r\n"
)


def with_headers(**changes: Any) -> Evidence:
    return replace(HARMLESS, headers=replace(HEADERS, **changes))


def with_parts(**changes: Any) -> Evidence:
    return replace(HARMLESS, parts=replace(PARTS, **changes))


def with_connection(**changes: Any) -> Evidence:
    return replace(HARMLESS, connection=replace(CONNECTION, **changes))


def listing(
    name: str, kind: ListKind, target: str = "192.0.2.10", weight: float = 2, meaning: Meaning = Meaning.BAD
) -> Listing:
    """Each list has a publisher of its own."""
    return Listing(name, name.title(), kind, target, "127.0.0.2", "spam", weight, meaning, 1_756_720_800.0)


def with_listings(*listings: Listing) -> Evidence:
    return replace(HARMLESS, listings=ListingFacts(listings))


def incoming(
    message: bytes = MESSAGE,
    *,
    recipients: tuple[Recipient, ...] = (ANN,),
    peer: Peer | None = None,
    direction: Direction = Direction.INBOUND,
    smtputf8: bool = False,
) -> Incoming:
    sender = Address("sam", "sender.example")
    return Incoming(
        "0190aabbccdd70008000000000000001",
        1_756_720_800.0,
        direction,
        "Client",
        peer or Peer("192.0.2.10", 25, "mail.sender.example", is_esmtp=True),
        Envelope(sender, recipients, smtputf8=smtputf8),
        MemoryContent(message),
    )


SIGNED = SignatureFacts("sender.example", "k1", "pass", algorithm="rsa-sha256", key_bits=2048)
AUTHENTICATION = AuthenticationFacts(
    spf=SpfFacts("pass", "sender.example", "mailfrom"),
    signatures=(SIGNED,),
    arc=ArcFacts("none"),
    dmarc=DmarcFacts("pass", "sender.example", "reject", "sender.example", is_spf_aligned=True, is_dkim_aligned=True),
)


def with_authentication(**changes: Any) -> Evidence:
    return replace(HARMLESS, authentication=replace(AUTHENTICATION, **changes))
