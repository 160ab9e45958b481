"""What we found out about the sender's authenticity, for the client's own programs (RFC 8601)."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.authentication import AuthenticationFacts, DmarcFacts, SignatureFacts
from ecluse.domain.evidence import Unknown
from ecluse.filtering.changes.departure import Departure
from ecluse.wire.authres.results import MethodResult, Property
from ecluse.wire.authres.write import write


def authentication_results(departure: Departure) -> bytes:
    """Every method with its result; nothing tried is spelt "none" (RFC 8601 section 2.2)."""
    facts = departure.evidence.authentication
    found = () if isinstance(facts, Unknown) else tuple(results(departure, facts))
    return write(departure.hostname, found)


def results(departure: Departure, facts: AuthenticationFacts) -> Iterator[MethodResult]:
    """Of each method, as the field and our ARC seal have them."""
    incoming = departure.incoming
    is_helo = facts.spf.identity == "helo"
    checked = ("helo", incoming.peer.helo) if is_helo else ("mailfrom", incoming.envelope.sender_text)
    yield MethodResult("spf", facts.spf.result, (Property("smtp", *checked),), facts.spf.reason)
    for signature in facts.signatures:
        yield _dkim(signature)
    if facts.arc.result != "none":
        yield MethodResult(
            "arc", facts.arc.result, (Property("smtp", "remote-ip", incoming.peer.ip),), facts.arc.reason
        )
    yield _dmarc(facts.dmarc)


def _dkim(signature: SignatureFacts) -> MethodResult:
    facts = (
        ("d", signature.domain),
        ("s", signature.selector),
        ("a", signature.algorithm),
        ("b", signature.start),
    )
    properties = tuple(Property("header", name, value) for name, value in facts if value)
    return MethodResult("dkim", signature.result, properties, signature.reason)


def _dmarc(facts: DmarcFacts) -> MethodResult:
    properties = (Property("header", "from", facts.from_domain),) if facts.from_domain else ()
    comment = f"p={facts.policy}" if facts.policy else ""
    return MethodResult("dmarc", facts.result, properties, facts.reason, comment)
