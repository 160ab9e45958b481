"""What the connection tells about the sending server."""

from __future__ import annotations

from collections.abc import Coroutine
from ipaddress import ip_address
from typing import Any

from ecluse.domain.dns import DnsStatus
from ecluse.domain.evidence import NOT_ASKED, ConnectionFacts, HeloState, Unknown
from ecluse.domain.peer import Peer
from ecluse.filtering.collect import Subject
from ecluse.filtering.dynamic_names import looks_dynamic
from ecluse.filtering.peer_lookups import PeerAnswers, settled
from ecluse.filtering.reverse import leads_to
from ecluse.ports.resolver import Resolver

_LITERAL_TAG = "ipv6:"  # RFC 5321 section 4.1.3.


def connection(subject: Subject) -> Unknown | Coroutine[Any, Any, ConnectionFacts]:
    """Reverse DNS, greeting, encryption; asked as far as possible when the peer connected."""
    sources, resolver = subject.sources, subject.resolver
    if resolver is None or sources.peers is None:
        return NOT_ASKED
    answers = sources.peers.start(subject.incoming.peer)
    if answers is None:
        return NOT_ASKED
    return _facts(subject.incoming.peer, answers, sources.hostname, resolver)


async def _facts(peer: Peer, answers: PeerAnswers, hostname: str, resolver: Resolver) -> ConnectionFacts:
    # The first of them is under way since the peer connected.
    helo, reverse = await _helo(peer, hostname, resolver), await settled(answers.reverse)
    names = (*reverse.names, peer.helo) if peer.helo else reverse.names
    return ConnectionFacts(
        reverse=reverse.state,
        names=reverse.names,
        confirmed_name=reverse.confirmed_name,
        helo=helo,
        is_dynamic=any(looks_dynamic(name, peer.ip) for name in names),
        is_tls=bool(peer.tls),
        spoke_early=peer.spoke_early,
        place=answers.place,
    )


async def _helo(peer: Peer, hostname: str, resolver: Resolver) -> HeloState:
    name = peer.helo.lower().removesuffix(".")
    if name.startswith("["):
        return HeloState.LITERAL if _literal(name) == _plain(peer.ip) else HeloState.FALSE_LITERAL
    if name == hostname.lower().removesuffix("."):
        return HeloState.OURS
    # The top label of a name in the public DNS is no number (RFC 3696 section 2).
    if "." not in name or name.rpartition(".")[2].isdigit():
        return HeloState.NO_NAME
    lead = await leads_to(name, peer.ip, resolver)
    if lead is None:
        return HeloState.UNKNOWN
    return HeloState.CONFIRMED if lead else await _where(name, resolver)


async def _where(name: str, resolver: Resolver) -> HeloState:
    """Where a name leads that does not lead to the peer."""
    states = {(await resolver.ask(name, kind)).status for kind in ("A", "AAAA")}
    if DnsStatus.OK in states:
        return HeloState.ELSEWHERE
    if states <= {DnsStatus.NXDOMAIN, DnsStatus.NO_DATA, DnsStatus.BAD_NAME}:
        return HeloState.NOWHERE
    return HeloState.UNKNOWN


def _literal(text: str) -> str:
    """The address in a literal; "" for none."""
    return _plain(text.removeprefix("[").removesuffix("]").removeprefix(_LITERAL_TAG)) if text.endswith("]") else ""


def _plain(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
