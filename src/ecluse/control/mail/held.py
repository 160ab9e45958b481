"""Looking at what is held: lists, searches, the words of a message. In a client's scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
from django.db.models import Q, QuerySet

from ecluse.control.keystore.services import Opener
from ecluse.control.mail.models import CopyState, HeldCopy, HeldMessage, QuarantineRules
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.held import HeldSummary
from ecluse.domain.incoming import Direction
from ecluse.wire.sealing.content import opened_summary

__all__ = ["HeldCopy", "HeldSummary", "Opener", "QuarantineRules"]

WAITING = (CopyState.HELD, CopyState.ASKED)
RELEASED = (CopyState.RELEASING, CopyState.RELEASED)
KEPT_DAYS = 30  # 15-4: what is older is not known here.
MAX_OPENED = 2_000  # Summaries that one search by words opens, the newest first.
UNKNOWN = HeldSummary("", "")

_decode = msgspec.msgpack.Decoder(HeldSummary).decode


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; what is empty says nothing."""

    recipient: str = ""  # `Address.key`, or a domain.
    sender: str = ""  # A part of it.
    anybody: str = ""  # A part of sender or recipient.
    category: str = ""
    direction: Direction = Direction.INBOUND
    since: float = 0.0
    states: tuple[str, ...] = WAITING


def rules_of(client: Client) -> QuarantineRules:
    """The client's, or the defaults, unsaved."""
    return QuarantineRules.objects.filter(client=client).first() or QuarantineRules(client=client)


def copies(search: Search) -> QuerySet[HeldCopy]:
    """The copies that fit, the newest first."""
    found = HeldCopy.objects.select_related("message", "order").filter(
        state__in=search.states, message__received_at__gte=search.since, message__direction=search.direction
    )
    if search.recipient:
        wanted = search.recipient.casefold()
        found = found.filter(recipient=wanted) if "@" in wanted else found.filter(recipient__endswith=f"@{wanted}")
    if search.sender:
        found = found.filter(message__sender__icontains=search.sender)
    if search.anybody:
        text = search.anybody
        found = found.filter(Q(message__sender__icontains=text) | Q(recipient__icontains=text))
    if search.category:
        found = found.filter(category=search.category)
    return found


def find_copies(ids: Iterable[int]) -> QuerySet[HeldCopy]:
    """Those of them that are the scope's, whatever became of them."""
    return HeldCopy.objects.select_related("message", "order").filter(pk__in=list(ids))


def with_words(found: QuerySet[HeldCopy], words: str, client: Client) -> Iterator[tuple[HeldCopy, HeldSummary]]:
    """Each with what it is called, where these words stand in author or subject."""
    wanted = words.casefold()
    for copy, summary in with_summaries(found[:MAX_OPENED] if wanted else found.iterator(500), client):
        if not wanted or wanted in f"{summary.author}\n{summary.subject}".casefold():
            yield copy, summary


def with_summaries(found: Iterable[HeldCopy], client: Client) -> Iterator[tuple[HeldCopy, HeldSummary]]:
    """Each with what it is called; the client's keys are unwrapped once."""
    opener = opener_of(client)
    for copy in found:
        yield copy, summary_of(copy.message, opener)


def opener_of(client: Client) -> Opener | None:
    """The client's keys; None where the installation cannot unwrap them."""
    try:
        return Opener(client)
    except Impossible:
        return None


def summary_of(message: HeldMessage, opener: Opener | None) -> HeldSummary:
    """Author and subject; empty where they are not known, or cannot be opened any more."""
    if opener is None or not message.seal or not message.summary:
        return UNKNOWN
    try:
        key = opener.content_key(bytes(message.seal), message.id)
        return _decode(opened_summary(bytes(message.summary), key, message.id))
    except (Impossible, msgspec.MsgspecError):
        return UNKNOWN


def codes_of(message: HeldMessage) -> frozenset[str]:
    """What was found in it."""
    return frozenset(filter(None, message.codes.split(", ")))
