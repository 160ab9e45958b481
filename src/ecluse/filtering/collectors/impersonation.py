"""Whom the message pretends to come from, and what it asks for."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Iterable
from typing import Any

from ecluse.domain.history import DAY_S, Kind, Memory
from ecluse.domain.impersonation import ImpersonationFacts, NameOf
from ecluse.domain.person import MAX_CHARACTERS, name_key
from ecluse.filtering.body import Body
from ecluse.filtering.brand_names import brand_in, imitated_brand, resembles
from ecluse.filtering.collect import Subject
from ecluse.filtering.fraud_wording import themes_of
from ecluse.filtering.free_mail import is_free_mail
from ecluse.filtering.identities import registered
from ecluse.filtering.lookalikes import originals
from ecluse.wire.mime.addresses import Mailbox, parse_addresses
from ecluse.wire.mime.facts import a_labels
from ecluse.wire.mime.words import decode_words

MAX_FIELD_OCTETS = 16_384
MAX_AUTHORS = 3
MAX_RECIPIENTS = 50
MAX_DOMAINS = 20  # Of the client, for look-alikes.
# An imitated domain is one whose mail was good for some time.
KNOWN_AFTER_S = 14 * DAY_S
KNOWN_FROM = 3.0

# "Ann Lee (Direction)", "Ann Lee - One Ltd", "Ann Lee | One": what stands before may be the name.
_TITLE = re.compile(r"\s*(?:[(\[|<\u2013\u2014]|\s-\s)")
# A service says in whose name it writes: no pretence.
_ON_BEHALF = re.compile(r"\b(?:via|from|on behalf of|pour|de la part de)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})")


def impersonation(subject: Subject) -> ImpersonationFacts | Coroutine[Any, Any, ImpersonationFacts]:
    """From and Reply-To beside what we know of the client, and the themes of the text."""
    body = subject.body
    return _read_and_tell(subject) if body is None else _facts(subject, body)


async def _read_and_tell(subject: Subject) -> ImpersonationFacts:
    return _facts(subject, await subject.read())


def _facts(subject: Subject, body: Body) -> ImpersonationFacts:
    authors = _mailboxes(subject, b"from")[:MAX_AUTHORS]
    author = authors[0] if authors else Mailbox("", "", "")
    domain, reply = _registered(author), _reply_domain(subject, author)
    in_name = _domain_in_name(authors)
    foreign = [one for one in (domain, reply) if one and not _is_ours(subject, one) and not is_free_mail(one)]
    imitated = _imitated(subject, foreign)
    line = subject.section.first(b"subject")
    return ImpersonationFacts(
        author_domain=domain,
        name_of=_name_of(subject, authors),
        domain_in_name=in_name,
        is_ours_in_name=_is_ours(subject, in_name),
        is_author_ours=_is_ours(subject, a_labels(author.domain)),
        is_author_recipient=_key(author) in _recipients(subject),
        reply_domain=reply,
        is_reply_free=is_free_mail(reply) and not is_free_mail(domain),
        is_reply_new=bool(reply) and _is_new(subject, reply),
        imitated_domain=imitated,
        is_imitated_ours=bool(imitated) and _is_ours(subject, imitated),
        imitated_brand=next(filter(None, map(imitated_brand, foreign)), ""),
        brand_in_name=_brand_in_name(subject, authors),
        themes=themes_of(decode_words(line.value[:1_000]) if line else "", body.texts),
    )


def _mailboxes(subject: Subject, name: bytes) -> tuple[Mailbox, ...]:
    field = subject.section.first(name)
    return parse_addresses(field.value[:MAX_FIELD_OCTETS]).addresses if field else ()


def _key(mailbox: Mailbox) -> str:
    return f"{mailbox.local}@{a_labels(mailbox.domain)}".casefold()


def _registered(mailbox: Mailbox) -> str:
    return registered(a_labels(mailbox.domain))


def _recipients(subject: Subject) -> set[str]:
    return {served.recipient.address.key for served in subject.served[:MAX_RECIPIENTS]}


def _is_ours(subject: Subject, domain: str) -> bool:
    """Whether the domain, or the one it lies under, is served for the same client."""
    if not domain:
        return False
    names = {domain, registered(domain)}
    if any(served.policy.domain in names for served in subject.served[:MAX_RECIPIENTS]):
        return True
    policies = (subject.sources.policies.domain(name) for name in names)
    return any(policy is not None and policy.client == subject.incoming.client for policy in policies)


def _name_of(subject: Subject, authors: Iterable[Mailbox]) -> NameOf:
    """The worst of all authors; whoever writes from one of the client's own domains is another check's business."""
    found = {_borrowed(subject, author) for author in authors if author.name}
    return next((kind for kind in (NameOf.EXECUTIVE, NameOf.COLLEAGUE) if kind in found), NameOf.NOBODY)


def _borrowed(subject: Subject, author: Mailbox) -> NameOf:
    if _ON_BEHALF.search(author.name) or _is_ours(subject, a_labels(author.domain)):
        return NameOf.NOBODY
    shown = author.name[:MAX_CHARACTERS]
    for name in dict.fromkeys((shown, _TITLE.split(shown, maxsplit=1)[0])):
        key = name_key(name)
        person = subject.sources.policies.person(subject.incoming.client, key) if key else None
        if person is not None and _key(author) not in person.addresses:
            return NameOf.EXECUTIVE if person.is_executive else NameOf.COLLEAGUE
    return NameOf.NOBODY


def _domain_in_name(authors: Iterable[Mailbox]) -> str:
    """Mail programs show a display name alone: who writes an address into it shows that one."""
    for author in authors:
        found = _ADDRESS.search(author.name[:1_000])
        domain = registered(a_labels(found[1])) if found else ""
        if domain and domain != _registered(author):
            return domain
    return ""


def _brand_in_name(subject: Subject, authors: Iterable[Mailbox]) -> str:
    for author in authors:
        is_honest = _ON_BEHALF.search(author.name) or _is_ours(subject, a_labels(author.domain))
        found = "" if is_honest else brand_in(author.name[:MAX_CHARACTERS], _registered(author))
        if found:
            return found
    return ""


def _reply_domain(subject: Subject, author: Mailbox) -> str:
    domains = (_registered(mailbox) for mailbox in _mailboxes(subject, b"reply-to")[:MAX_AUTHORS])
    return next((domain for domain in domains if domain and domain != _registered(author)), "")


def _is_new(subject: Subject, domain: str) -> bool:
    counters = subject.sources.counters
    return counters is not None and counters.find(Kind.SENDER_DOMAIN, domain) is None


def _imitated(subject: Subject, domains: list[str]) -> str:
    """The domain of the client, or one whose mail has long been good, that one of these is taken for."""
    ours = tuple(dict.fromkeys(registered(served.policy.domain) for served in subject.served[:MAX_DOMAINS]))
    if any(resembles(ours, domain) or not set(ours).isdisjoint(originals(domain)) for domain in domains):
        return ours[0]
    return next(filter(None, (_imitated_sender(subject, domain) for domain in domains)), "")


def _imitated_sender(subject: Subject, domain: str) -> str:
    """A domain that has sent mail itself for as long is no imitation."""
    counters = subject.sources.counters
    if counters is None:
        return ""
    names = (domain, *originals(domain))
    memories = counters.find_each(Kind.SENDER_DOMAIN, names)
    found = next((name for name, memory in zip(names, memories, strict=True) if _is_old(subject, memory)), "")
    return "" if found == domain else found


def _is_old(subject: Subject, memory: Memory | None) -> bool:
    if memory is None:
        return False
    age_s = subject.incoming.received_at - memory.first_seen
    return age_s >= KNOWN_AFTER_S and memory.good >= KNOWN_FROM and memory.bad_share < 0.1
