"""Senders of held mail learn by mail where they may release it: proven ones alone, each once a day (1-6).

Who was refused has read it in the refusal. Where other recipients got the message there was none: its sender believes that it
arrived. A letter goes only to whom SPF or DKIM have proven when the message came, never to what answers by itself: the node says
so (`may_be_challenged`). A sender is claimed before he is written to: killed in between, he hears nothing that day, and nobody
hears it twice.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.mail.held import codes_of
from ecluse.control.mail.models import ChallengedSender, CopyState, HeldMessage, QuarantineRules
from ecluse.control.mail.permissions import NEVER_CODES
from ecluse.control.mail.quarantine import DAY_S
from ecluse.control.mail.sender_release import Refused as Seen
from ecluse.control.mail.sender_release import seen
from ecluse.control.tenants.models import Client
from ecluse.domain.policy import ServiceState
from ecluse.domain.release_token import new_token, token_digest
from ecluse.domain.verdict import Category

MOST_MESSAGES = 10  # Of one letter.
AT_ONCE = 1_000  # Messages that one look takes up.
FRESH_S = 2 * DAY_S  # What waits longer is not spoken of any more.
_BY = Actor(ActorKind.JOB, "challenges")


@dataclass(frozen=True, slots=True)
class HeldBack:
    """One held message, as its sender is told of it: nothing that he did not write himself."""

    secret: str  # Opens its page.
    subject: str
    received: datetime
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Challenge:
    """One letter."""

    sender: str
    language: str  # Of the client: the sender's own is not known.
    messages: tuple[HeldBack, ...]


Send = Callable[[Challenge], None]


def send_challenges(now: float, send: Send) -> int:
    """Write to each sender whose turn it is; how many. Over all clients.

    `send` raises `Unavailable`: then he is told later; `Refused`: then not that day.
    """
    with scopes_disabled():  # A job of the provider's.
        waiting = _waiting(now)

    def tell(turn: tuple[tuple[Client, str], list[HeldMessage]]) -> bool:
        (client, sender), messages = turn
        with scope(client=client):
            return _is_told(client, sender, messages, now, send)

    at = datetime.fromtimestamp(now, UTC)
    # By its oldest message: who the sender is stands in no log.
    return for_each("write to a sender", waiting.items(), tell, at, name=lambda turn: key_of(turn[1][0]))


def forget_challenged(now: float) -> None:
    """Whose day is over may be written to again; nothing of him stays."""
    ChallengedSender.objects.filter(at__lte=now - DAY_S).delete()


def _waiting(now: float) -> dict[tuple[Client, str], list[HeldMessage]]:
    """By client and sender, the oldest first."""
    chosen = list(itertools.islice(_to_be_told_of(now), AT_ONCE))
    found = HeldMessage.objects.filter(pk__in=chosen).select_related("client").order_by("received_at", "pk")
    by_sender: dict[tuple[Client, str], list[HeldMessage]] = defaultdict(list)
    for each in found:
        by_sender[each.client, each.sender].append(each)
    return by_sender


def _to_be_told_of(now: float) -> Iterator[str]:
    """Ids, the oldest first: of no sender whose day is not over, and of one no more than his letter takes.

    All that is passed over is passed over here, lest what one of them has waiting hides what others have.
    """
    told = {
        bytes(each) for each in ChallengedSender.objects.filter(at__gt=now - DAY_S).values_list("sender", flat=True)
    }
    chosen: Counter[tuple[int, bytes]] = Counter()
    for each in _releasable(now).only("client_id", "sender", "codes", "received_at").iterator():
        digest = _digest(each.sender)
        letter = (each.client_id, digest)
        if digest in told or codes_of(each) & NEVER_CODES or chosen[letter] == MOST_MESSAGES:
            continue
        chosen[letter] += 1
        yield each.pk


def _releasable(now: float) -> QuerySet[HeldMessage]:
    """What `may_release` lets senders free, but for its codes."""
    silent = QuarantineRules.objects.filter(Q(challenges_senders=False) | Q(senders_may_release=False))
    found = HeldMessage.objects.filter(
        may_be_challenged=True,
        token=None,
        received_at__gt=now - FRESH_S,
        client__state=ServiceState.ACTIVE,
        copies__state__in=(CopyState.HELD, CopyState.ASKED),
        copies__category=Category.QUARANTINE,
    ).exclude(client__in=silent.values("client"))
    return found.distinct().order_by("received_at", "pk")


def _is_told(client: Client, sender: str, messages: list[HeldMessage], now: float, send: Send) -> bool:
    free = [each for each in map(seen, messages) if each.may_release][:MOST_MESSAGES]
    if not free or not _claim(sender, now):
        return False
    marked = tuple(_marked(free))
    if not marked:
        return False

    def put_back() -> None:
        HeldMessage.objects.filter(pk__in=[each.message.pk for each, _ in marked]).update(token=None)
        ChallengedSender.objects.filter(sender=_digest(sender), at=now).delete()

    letter = Challenge(sender, client.language, tuple(itertools.starmap(_held_back, marked)))
    if not send_claimed(lambda: send(letter), refused=_nothing, put_back=put_back):
        return False
    with change(by=_BY) as act:
        for each, _ in marked:
            act.record("message.sender-challenged", each.message, client_id=client.pk, after={"sender": sender})
    return True


def _nothing() -> None:
    """Who takes no mail is not written to that day."""


def _marked(free: list[Seen]) -> Iterator[tuple[Seen, str]]:
    """Each with the secret that opens it from now on."""
    for each in free:
        secret = new_token()
        if HeldMessage.objects.filter(pk=each.message.pk, token=None).update(token=token_digest(secret)):
            yield each, secret


def _held_back(message: Seen, secret: str) -> HeldBack:
    return HeldBack(secret, message.subject, message.received, message.domains)


def _claim(sender: str, now: float) -> bool:
    """Whether he is ours to be written to; from now on he is nobody's for a day."""
    digest = _digest(sender)
    if ChallengedSender.objects.filter(sender=digest, at__lte=now - DAY_S).update(at=now):
        return True
    try:
        with transaction.atomic():
            ChallengedSender.objects.create(sender=digest, at=now)
    except IntegrityError:
        return False
    return True


def _digest(sender: str) -> bytes:
    return hashlib.sha256(sender.casefold().encode("utf-8", "replace")).digest()
