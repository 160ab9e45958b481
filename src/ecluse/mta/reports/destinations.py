"""Who wants the report about a domain, and may have it (RFC 9990, RFC 7489 section 7.1, RFC 8460 section 3)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import unquote

from ecluse.domain.address import Address
from ecluse.ports.resolver import Resolver
from ecluse.wire.dmarc.record import DmarcSyntax, is_dmarc, parse_dmarc
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.reports.consent import Consent, consent, host_of, question

MAX_DESTINATIONS = 5  # Of one report.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_TLSRPT = re.compile(rb"\s*v\s*=\s*TLSRPTv1\s*;")
_HTTPS = re.compile(r"https://[!-~]{1,1000}", re.IGNORECASE)
MAX_LOCAL = 64  # RFC 5321 section 4.5.3.1.1.


async def destinations(policy_domain: str, resolver: Resolver) -> tuple[Address, ...]:
    """The addresses that the domain names today and whose hosts agree; those that do not answer get nothing."""
    uris = await _wanted(policy_domain, resolver)
    allowed = await asyncio.gather(*(_allowed(policy_domain, uri, resolver) for uri in uris))
    found = (_address(uri) for each in allowed for uri in each)
    return tuple(dict.fromkeys(address for address in found if address))[:MAX_DESTINATIONS]


@dataclass(frozen=True, slots=True)
class TlsDestinations:
    """Where a domain wants its TLS reports."""

    addresses: tuple[Address, ...] = ()
    urls: tuple[str, ...] = ()  # https:, to be posted to.


async def tls_destinations(domain: str, resolver: Resolver) -> TlsDestinations:
    """As the domain names them today (RFC 8460 section 3); none where there is not exactly one record."""
    answer = await resolver.ask(f"_smtp._tls.{domain}", "TXT")
    records = [record for record in answer.octets if _TLSRPT.match(record)]
    if len(records) != 1:
        return TlsDestinations()
    fields = (field.partition("=") for field in records[0].decode("latin-1").split(";"))
    rua = next((value for name, _, value in fields if name.strip().lower() == "rua"), "")
    uris = [uri.strip() for uri in rua.split(",")][:MAX_DESTINATIONS]
    addresses = (address for uri in uris if host_of(uri) and (address := _address(uri)))
    return TlsDestinations(tuple(dict.fromkeys(addresses)), tuple(filter(_HTTPS.fullmatch, dict.fromkeys(uris))))


async def _wanted(policy_domain: str, resolver: Resolver) -> tuple[str, ...]:
    """The mailto URIs of rua=; none where there is not exactly one record any more (RFC 9989 section 4.10)."""
    answer = await resolver.ask(f"_dmarc.{policy_domain}", "TXT")
    records = [record for record in answer.octets if is_dmarc(record)]
    if len(records) != 1:
        return ()
    try:
        tags = parse_dmarc(records[0]).tags
    except DmarcSyntax:
        return ()
    uris = (uri.strip() for uri in tags.get("rua", "").split(","))
    return tuple(uri for uri in uris if host_of(uri))[:MAX_DESTINATIONS]


async def _allowed(policy_domain: str, uri: str, resolver: Resolver) -> tuple[str, ...]:
    """The URI, or those that its host wants in its place."""
    host = host_of(uri) or ""
    own = registrable_domain(policy_domain) or policy_domain
    if own == (registrable_domain(host) or host):
        return (uri,)
    name = question(policy_domain, host)
    if name is None:
        return ()
    found = consent(await resolver.ask(name, "TXT"), host)
    return (found.uris or (uri,)) if found.consent is Consent.GIVEN else ()


def _address(uri: str) -> Address | None:
    """Only what no command or header could misread: the URI is a stranger's."""
    host = host_of(uri)
    path = unquote(uri.partition(":")[2].partition("?")[0])
    local = path.rpartition("@")[0]
    return Address(local, host) if host and len(local) <= MAX_LOCAL and _LOCAL.fullmatch(local) else None
