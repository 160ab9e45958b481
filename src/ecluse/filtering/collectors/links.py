"""Where the message leads, and which of its names are made to be taken for others."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from ecluse.domain.links import LinkFacts, LookAlikeFact, Role
from ecluse.filtering.collect import Subject
from ecluse.filtering.link_reading import LinkReading, with_files
from ecluse.wire.mime.addresses import parse_addresses
from ecluse.wire.mime.facts import a_labels, author_domains
from ecluse.wire.names.brands import BRANDS, Brand
from ecluse.wire.names.lookalikes import LookAlike, LookAlikes
from ecluse.wire.names.registrable import registrable_domain

MAX_LOOK_ALIKES = 10
MAX_AUTHORS = 10
MAX_PROTECTED = 200
MAX_RECIPIENTS = 50
_MAX_FIELD_OCTETS = 16_384


def links(subject: Subject) -> LinkFacts | Coroutine[Any, Any, LinkFacts]:
    """The links of texts, pages, files and QR codes; no link is ever followed."""
    body = subject.body
    has_files = subject.sources.files is not None and (body is None or bool(subject.files(body).parts))
    found = None if has_files else subject.links
    return _read_and_tell(subject) if found is None else _facts(subject, found)


async def _read_and_tell(subject: Subject) -> LinkFacts:
    found, opened = await subject.read_links(), await subject.opened()
    return _facts(subject, with_files(found, opened.urls, opened.qr_texts))


def _facts(subject: Subject, found: LinkReading) -> LinkFacts:
    look_alikes = (
        *_look_alikes(_authors(subject), Role.AUTHOR, _protected(subject)),
        *_look_alikes(found.hosts, Role.LINK, (*_protected(subject), *_own(subject))),
    )
    unique = tuple(dict.fromkeys(look_alikes))[:MAX_LOOK_ALIKES]
    return LinkFacts(found.count, found.domains, tuple(sorted(found.flags)), unique)


def _authors(subject: Subject) -> tuple[str, ...]:
    """The domains that the reader is shown as the sender's, and the one that his answer goes to."""
    reply = subject.section.first(b"reply-to")
    answered = parse_addresses(reply.value[:_MAX_FIELD_OCTETS]).addresses if reply else ()
    return (*author_domains(subject.section), *(a_labels(one.domain) for one in answered))[:MAX_AUTHORS]


def _protected(subject: Subject) -> tuple[str, ...]:
    names = (name for served in subject.served[:MAX_RECIPIENTS] for name in served.policy.protected_names)
    return tuple(dict.fromkeys(names))[:MAX_PROTECTED]


def _own(subject: Subject) -> tuple[str, ...]:
    """The client's domains; authors in their likeness, and in that of brands, are `collectors/impersonation.py`'s."""
    domains = (served.policy.domain for served in subject.served[:MAX_RECIPIENTS])
    return tuple(dict.fromkeys(domain for domain in domains if "." in domain))


def _look_alikes(hosts: Iterable[str], role: Role, protected: tuple[str, ...]) -> Iterator[LookAlikeFact]:
    for host in hosts:
        own = _own_one(protected, host)
        if own is not None:
            yield _fact(host, own, role, is_protected=True)
        elif role is Role.LINK and (found := _shipped_one(host)) is not None and not _is_protected(host, protected):
            yield _fact(host, found, role, is_protected=False)


def _fact(host: str, found: LookAlike, role: Role, *, is_protected: bool) -> LookAlikeFact:
    domain = registrable_domain(host) or host
    return LookAlikeFact(domain, found.brand.name, str(found.likeness), role, is_protected)


def _is_protected(host: str, protected: tuple[str, ...]) -> bool:
    """The client's own name may look like a brand's: it is honest all the same."""
    return any(host == name or host.endswith(f".{name}") for name in protected)


@lru_cache(256)
def _of_names(names: tuple[str, ...]) -> LookAlikes:
    return LookAlikes(Brand(name, (name,)) for name in names)


@lru_cache(8_192)
def _own_one(protected: tuple[str, ...], host: str) -> LookAlike | None:
    return _of_names(protected).of(host) if protected else None


@lru_cache(8_192)
def _shipped_one(host: str) -> LookAlike | None:
    return _shipped().of(host)


@cache
def _shipped() -> LookAlikes:
    return LookAlikes(BRANDS)
