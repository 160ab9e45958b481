"""What one method found, as the field tells it (RFC 8601 sections 2.2 and 2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ecluse.wire.arc.chain import ChainResult
from ecluse.wire.dkim.result import SignatureResult
from ecluse.wire.dmarc.evaluate import DmarcResult
from ecluse.wire.spf.check import SpfResult


class Property(NamedTuple):
    """What was looked at: `smtp.mailfrom=ann@example.com`."""

    place: str  # "smtp", "header", "body" or "policy".
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MethodResult:
    """The result of one method for one thing."""

    method: str  # "spf"
    outcome: str  # "pass"
    properties: tuple[Property, ...] = ()
    reason: str = ""
    comment: str = ""


def from_spf(result: SpfResult, mail_from: str, helo: str) -> MethodResult:
    """Section 2.7.2: the identity that was checked."""
    is_helo = result.identity == "helo"
    checked = Property("smtp", "helo", helo) if is_helo else Property("smtp", "mailfrom", mail_from)
    return MethodResult("spf", result.outcome, (checked,), result.reason)


def from_dkim(result: SignatureResult) -> MethodResult:
    """Section 2.7.1, with what tells two signatures of one domain apart (RFC 6008, RFC 8601 section 2.7.1)."""
    facts = (
        ("d", result.domain),
        ("s", result.selector),
        ("a", result.algorithm),
        ("i", result.identity),
        ("b", result.start),
    )
    properties = tuple(Property("header", name, value) for name, value in facts if value)
    return MethodResult("dkim", result.result, properties, result.reason)


def from_arc(result: ChainResult, ip: str) -> MethodResult:
    """RFC 8617 section 10.1: who handed us the chain, and how far back the message is the same."""
    properties = [Property("smtp", "remote-ip", ip)]
    if result.oldest_pass:
        properties.append(Property("header", "oldest-pass", str(result.oldest_pass)))
    return MethodResult("arc", result.cv, tuple(properties), result.reason)


def from_dmarc(result: DmarcResult) -> MethodResult:
    """RFC 9989 section 10: the author's domain; in the comment the policy, and what it asks for with this message."""
    properties = (Property("header", "from", result.from_domain),) if result.from_domain else ()
    comment = f"p={result.policy} dis={result.disposition}" if result.policy is not None else ""
    return MethodResult("dmarc", result.outcome, properties, result.reason, comment)
