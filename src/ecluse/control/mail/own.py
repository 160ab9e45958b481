"""What one user sees and does of his own mail: his address and its aliases, and nobody else's. In a client's scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.mail import log as mail_log
from ecluse.control.mail import quarantine
from ecluse.control.mail.held import WAITING, rules_of
from ecluse.control.mail.models import CopyState, DeclinedRequest, HeldCopy, QuarantineRules
from ecluse.control.mail.permissions import NEVER_CODES, Answer, may_release
from ecluse.control.policies.models import ListEntry
from ecluse.control.tenants.models import Address, Client
from ecluse.domain.incoming import Direction
from ecluse.domain.language import Language
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch
from ecluse.domain.order import Releaser
from ecluse.ports.message_log import MessageLog

CLASSES = ("Q", "M")  # Of what users are told.
_SHOWN = (*WAITING, CopyState.RELEASING, CopyState.RELEASED)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an act on several copies."""

    released: int
    asked: int  # An administrator decides.


def for_users(copies: QuerySet[HeldCopy]) -> QuerySet[HeldCopy]:
    """Those that users are told of: what is harmful, and what colleagues send, is for administrators alone."""
    harmful = reduce(or_, (Q(message__codes__contains=code) for code in sorted(NEVER_CODES)))
    return copies.filter(category__in=CLASSES, message__direction=Direction.INBOUND).exclude(harmful)


def copies(keys: Iterable[str]) -> QuerySet[HeldCopy]:
    """What is, or lately was, held for this user; the newest first."""
    mine = HeldCopy.objects.select_related("message", "order", "client").filter(
        recipient__in=list(keys), state__in=_SHOWN
    )
    return for_users(mine)


def answer_to(copy: HeldCopy, rules: QuarantineRules) -> Answer:
    """Whether its recipient may release it."""
    return may_release(Releaser.RECIPIENT, copy.message, copy.category, rules)


def release_or_ask(
    held: Iterable[HeldCopy], client: Client, *, by: Actor, allows_sender: bool = False, is_reported: bool = False
) -> Done:
    """Release what the client lets users release, and ask for the rest, as one change. Raises `NotAllowed`, `Impossible`."""
    rules = rules_of(client)
    groups: dict[Answer, list[HeldCopy]] = {each: [] for each in Answer}
    for copy in held:
        groups[answer_to(copy, rules)].append(copy)
    if groups[Answer.NO]:
        raise quarantine.NotAllowed("this class of mail is not released")
    with change(by=by):
        released = quarantine.release(
            groups[Answer.YES],
            client,
            channel=Releaser.RECIPIENT,
            by=by,
            allows_sender=allows_sender,
            is_reported=is_reported,
        )
        return Done(released, quarantine.ask(groups[Answer.ASK], client, by=by))


def last_refusal(copy: HeldCopy) -> DeclinedRequest | None:
    """Why an administrator has not released it, when its recipient asked last."""
    return DeclinedRequest.objects.filter(copy=copy).first()


def senders(keys: Iterable[str]) -> QuerySet[ListEntry]:
    """Whom this user has allowed or blocked for himself."""
    return ListEntry.objects.filter(address__key__in=list(keys)).select_related("address__domain", "client")


def addresses(keys: Iterable[str]) -> QuerySet[Address]:
    """His that can have a list: those that the client has listed."""
    return Address.objects.filter(key__in=list(keys)).select_related("domain").order_by("is_alias", "key")


def log_rows(
    log: MessageLog, client: str, keys: Iterable[str], search: LogSearch, now: float, after: LogPlace | None
) -> LogPage:
    """One page of the mail to these addresses. Raises `Unavailable`."""
    pages = [mail_log.rows(log, client, replace(search, recipient=key), now, after) for key in keys]
    rows = sorted((row for page in pages for row in page.rows), key=_place, reverse=True)
    stops = [(page.following.id, page.following.recipient) for page in pages if page.following]
    # Beyond where the first of them has stopped, the others would leave holes.
    within = [row for row in rows if not stops or _place(row) >= max(stops)]
    shown = within[: mail_log.PAGE]
    if len(within) > len(shown):
        return LogPage(tuple(shown), LogPlace(*_place(shown[-1])))
    return LogPage(tuple(shown), LogPlace(*max(stops)) if stops else None)


def story(
    log: MessageLog, client: str, keys: Iterable[str], message_id: str, language: Language, now: float
) -> mail_log.Story | None:
    """One message as this recipient may know it: who else got it is no business of his. Raises `Unavailable`."""
    mine = frozenset(keys)
    return mail_log.story(log, client, message_id, language, now, recipients=mine)


def _place(row: LogRow) -> tuple[str, str]:
    return row.id, row.recipient
