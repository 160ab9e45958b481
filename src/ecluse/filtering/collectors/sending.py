"""Whom an outbound message is for, from where it came, and what it shares with others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from ecluse.domain.account import Account
from ecluse.domain.content import Content
from ecluse.domain.history import DAY_S, Kind, Memory
from ecluse.domain.sending import SendingFacts
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Subject
from ecluse.filtering.emission import CLIENT_LEARNING_DAYS, LEARNING_DAYS
from ecluse.filtering.identities import (
    account_link_name,
    correspondent_name,
    network_of,
    pair_name,
    registered,
    sender_place_name,
)
from ecluse.filtering.likeness import likeness, likeness_alone
from ecluse.filtering.link_reading import LinkReading
from ecluse.filtering.mail_program import program_of
from ecluse.filtering.sending_habits import Hours, Programs
from ecluse.ports.counters import Counters
from ecluse.wire.mime.fields import HeaderSection

MAX_RECIPIENTS = 1_000
MAX_LINKS = 10
FRESH_S = 3_600.0  # Whoever was written to for the first time within the last hour is still new.


def sending(subject: Subject) -> SendingFacts | Coroutine[Any, Any, SendingFacts]:
    """Also where nothing is remembered of anybody: near-identical messages are counted in any case."""
    if subject.body is None:
        return _large(subject)
    return _facts(subject, likeness(subject.section, subject.body, subject.files(subject.body)))


def unfiltered(subject: Subject) -> SendingFacts | Coroutine[Any, Any, SendingFacts]:
    """Where filtering is off: near-identical messages are counted all the same, and nothing else is read for it."""
    content = subject.incoming.content
    if content.size > ON_THE_SPOT_OCTETS:
        return _unfiltered_large(content, subject.section)
    return SendingFacts(likeness_alone(content, subject.section))


async def _unfiltered_large(content: Content, section: HeaderSection) -> SendingFacts:
    return SendingFacts(await asyncio.to_thread(likeness_alone, content, section))


async def _large(subject: Subject) -> SendingFacts:
    body = await subject.read()
    names = await asyncio.to_thread(likeness, subject.section, body, subject.files(body))
    if subject.sources.counters is not None:
        await subject.read_links()
    return _facts(subject, names)


def _facts(subject: Subject, names: tuple[str, ...]) -> SendingFacts:
    counters, account = subject.sources.counters, subject.incoming.account
    if counters is None or account is None:
        return SendingFacts(names)
    found = subject.links or LinkReading()
    now = subject.incoming.received_at
    people = tuple(served.recipient.address.key for served in subject.served[:MAX_RECIPIENTS])
    fresh = _fresh(subject, counters, account, now)
    places = _places(subject)
    links = _foreign(subject, found.domains)
    own, of_client = counters.find_each(Kind.ACCOUNT, (account.key, account.client))
    days, client_days = _days(own, now), _days(of_client, now)
    program, hours = program_of(subject.section), Hours.of(counters, account, now)
    programs = Programs.of(counters, account, program, now)
    return SendingFacts(
        likeness=names,
        fresh=fresh,
        known=len(people) - len(fresh),
        places=places,
        new_places=_new_places(counters, account.key, places, now),
        is_new_to_client=bool(_new_places(counters, account.client, places[:1], now)),
        links=links,
        new_links=_new(counters, Kind.ACCOUNT_LINK, {one: account_link_name(account, one) for one in links}, now),
        program=program,
        is_program_own=programs.is_own,
        is_program_new=programs.is_new(days, client_days, hours.days),
        is_hour_odd=hours.is_odd(now),
        days_known=days,
        client_days_known=client_days,
        is_newcomer=days < LEARNING_DAYS or client_days < CLIENT_LEARNING_DAYS,
    )


def _fresh(subject: Subject, counters: Counters, account: Account, now: float) -> tuple[str, ...]:
    """The recipients to whom nobody of the client has written before, and who have not written to the account."""
    recipients = [served.recipient.address for served in subject.served[:MAX_RECIPIENTS]]
    written = counters.find_each(Kind.CORRESPONDENT, [correspondent_name(account.client, one) for one in recipients])
    heard = counters.find_each(Kind.PAIR, [pair_name(one, account.name) for one in recipients])
    return tuple(
        one.key
        for one, to, of in zip(recipients, written, heard, strict=True)
        if of is None and (to is None or now - to.first_seen < FRESH_S)
    )


def _places(subject: Subject) -> tuple[str, ...]:
    ip = subject.incoming.peer.ip
    network = network_of(ip)
    if not network:
        return ()
    places = subject.sources.places
    country = places.find(ip).country if places is not None else ""
    return (network, country) if country else (network,)


def _foreign(subject: Subject, domains: Iterable[str]) -> tuple[str, ...]:
    """Without the client's own, to which every signature links."""
    policies, client = subject.sources.policies, subject.incoming.client
    names = dict.fromkeys(filter(None, map(registered, domains)))
    owners = ((name, policies.domain(name)) for name in names)
    return tuple(name for name, policy in owners if policy is None or policy.client != client)[:MAX_LINKS]


def _new_places(counters: Counters, owner: str, places: tuple[str, ...], now: float) -> tuple[str, ...]:
    return _new(counters, Kind.ACCOUNT_PLACE, {one: sender_place_name(owner, one) for one in places}, now)


def _new(counters: Counters, kind: Kind, names: dict[str, str], now: float) -> tuple[str, ...]:
    memories = counters.find_each(kind, tuple(names.values()))
    return tuple(one for one, memory in zip(names, memories, strict=True) if _days(memory, now) < 1)


def _days(memory: Memory | None, now: float) -> float:
    return max(0.0, now - memory.first_seen) / DAY_S if memory else 0.0
