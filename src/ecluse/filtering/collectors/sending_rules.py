"""Which of its client's rules an outbound message meets, by its addresses and its words."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ecluse.domain.sending_rule import SendingRuleFacts
from ecluse.filtering.body import Body
from ecluse.filtering.collect import Subject
from ecluse.filtering.sending_rules import Outgoing, met_by, searchable
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.words import decode_words

MAX_CHARACTERS = 262_144  # Of subject, texts and files together: the rest is not searched.
_MAX_SUBJECT = 2_000  # Octets.
_THREADS = ThreadPoolExecutor(2, "words")  # Its own: a client's patterns take no thread from the spool.


def sending_rules(subject: Subject) -> SendingRuleFacts | Coroutine[Any, Any, SendingRuleFacts]:
    """Nobody waits where the client has no rule, and no file is opened where none asks for words."""
    rules = subject.served[0].policy.sending_rules
    if not any(rule.words for rule in rules):
        return SendingRuleFacts(met_by(outgoing(subject), rules)) if rules else SendingRuleFacts()
    return _search(subject)


async def _search(subject: Subject) -> SendingRuleFacts:
    body, opened = await subject.read(), await subject.opened()
    texts = (*words_of(subject.section, body), *opened.texts)
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _met, subject, texts)


def _met(subject: Subject, texts: tuple[str, ...]) -> SendingRuleFacts:
    return SendingRuleFacts(met_by(outgoing(subject, texts), subject.served[0].policy.sending_rules))


def outgoing(subject: Subject, texts: tuple[str, ...] = ()) -> Outgoing:
    """The message as rules see it."""
    incoming, policies = subject.incoming, subject.sources.policies
    sender, account = incoming.envelope.sender, incoming.account
    names = (sender.key if sender else "", account.name if account else "")
    recipients = tuple(served.recipient.address for served in subject.served)
    owners = (policies.domain(domain) for domain in {one.domain for one in recipients})
    return Outgoing(
        senders=tuple(filter(None, names)),
        recipients=tuple(one.key for one in recipients),
        has_external=any(owner is None or owner.client != incoming.client for owner in owners),
        text=searchable(texts, MAX_CHARACTERS),
    )


def words_of(section: HeaderSection, body: Body) -> Iterator[str]:
    """What its reader sees: the subject, then its texts."""
    field = section.first(b"subject")
    if field is not None:
        yield decode_words(field.value[:_MAX_SUBJECT])
    yield from (text.visible for text in body.texts)
