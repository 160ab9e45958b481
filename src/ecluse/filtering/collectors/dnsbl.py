"""What the DNS lists say about the sending server, the sender's domains and the linked ones."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from ecluse.domain.dnsbl import ListingFacts, ListKind
from ecluse.domain.evidence import NOT_ASKED, Unknown
from ecluse.filtering.collect import Subject
from ecluse.filtering.message_resolver import MessageResolver
from ecluse.filtering.panel import Panel
from ecluse.filtering.peer_lookups import PeerAnswers, settled
from ecluse.ports.resolver import Resolver
from ecluse.wire.mime.facts import author_domains
from ecluse.wire.names.registrable import registrable_domain

MAX_SENDER_DOMAINS = 5
MAX_LINKED_DOMAINS = 20
MAX_NAME_SERVERS = 4  # Of one domain; and the addresses of one server.

Targets = tuple[tuple[ListKind, str], ...]


def dnsbl(subject: Subject) -> Unknown | Coroutine[Any, Any, ListingFacts]:
    """The listings, frozen with the time of asking (1-8); the address was asked about when the peer connected."""
    sources = subject.sources
    if sources.resolver is None or sources.panel is None or sources.peers is None:
        return NOT_ASKED
    # Not the message's own share: how many links it has must not decide whether SPF and DMARC get their answers.
    resolver = MessageResolver(sources.resolver)
    return _facts(subject, sources.peers.start(subject.incoming.peer), sources.panel, resolver)


def linked_dnsbl(subject: Subject) -> Unknown | Coroutine[Any, Any, ListingFacts]:
    """Of a client's own mail the linked domains alone: who sends it is known."""
    sources = subject.sources
    if sources.resolver is None or sources.panel is None:
        return NOT_ASKED
    return _about_links(subject, sources.panel, MessageResolver(sources.resolver))


async def _about_links(subject: Subject, panel: Panel, resolver: Resolver) -> ListingFacts:
    return await panel.listings(await _linked(subject, panel), resolver)


async def _facts(subject: Subject, answers: PeerAnswers | None, panel: Panel, resolver: Resolver) -> ListingFacts:
    # What is asked about the peer is under way since it connected.
    about_domains = await _about_domains(subject, panel, resolver)
    about_peer = await settled(answers.listings) if answers else ListingFacts()
    return _merged(about_peer, about_domains)


async def _about_domains(subject: Subject, panel: Panel, resolver: Resolver) -> ListingFacts:
    targets = (*_senders(subject, panel), *await _linked(subject, panel))
    if panel.has(ListKind.NAME_SERVER):
        linked = [target for kind, target in targets if kind is ListKind.BODY_DOMAIN]
        servers = await asyncio.gather(*(_name_servers(domain, resolver) for domain in linked))
        targets += tuple((ListKind.NAME_SERVER, ip) for ips in servers for ip in ips)
    return await panel.listings(targets, resolver)


async def _name_servers(domain: str, resolver: Resolver) -> tuple[str, ...]:
    """The IPv4 addresses of a domain's name servers."""
    hosts = (await resolver.ask(domain, "NS")).texts[:MAX_NAME_SERVERS]
    answers = await asyncio.gather(*(resolver.ask(host, "A") for host in hosts))
    return tuple(ip for answer in answers for ip in answer.texts[:MAX_NAME_SERVERS])


def _senders(subject: Subject, panel: Panel) -> Iterator[tuple[ListKind, str]]:
    if panel.has(ListKind.HELO) and (helo := _domain(subject.incoming.peer.helo)):
        yield ListKind.HELO, helo
    if panel.has(ListKind.SENDER_DOMAIN):
        for domain in _sender_domains(subject):
            yield ListKind.SENDER_DOMAIN, domain


async def _linked(subject: Subject, panel: Panel) -> Targets:
    """The domains that the texts lead to, by their redirects too."""
    if not (panel.has(ListKind.BODY_DOMAIN) or panel.has(ListKind.NAME_SERVER)):
        return ()
    found = await subject.read_links()
    return tuple((ListKind.BODY_DOMAIN, domain) for domain in found.domains[:MAX_LINKED_DOMAINS])


def _sender_domains(subject: Subject) -> tuple[str, ...]:
    sender = subject.incoming.envelope.sender
    authors = author_domains(subject.section)
    names = (*((sender.domain,) if sender else ()), *authors)
    return tuple(dict.fromkeys(domain for name in names if (domain := _domain(name))))[:MAX_SENDER_DOMAINS]


def _domain(name: str) -> str:
    """The registered domain of a name; "" for literals and what is no name."""
    is_name = not name.startswith("[") and not name.rpartition(".")[2].isdigit()
    return (registrable_domain(name) or "") if is_name else ""


def _merged(one: ListingFacts, other: ListingFacts) -> ListingFacts:
    silent = dict.fromkeys((*one.silent, *other.silent))
    asked = tuple(name for name in dict.fromkeys((*one.asked, *other.asked)) if name not in silent)
    return ListingFacts((*one.listings, *other.listings), asked, tuple(silent))
