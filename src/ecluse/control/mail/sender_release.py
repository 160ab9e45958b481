"""The sender frees his own mail, by the secret that the refusal told him (1-6, 1-7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.mail import quarantine
from ecluse.control.mail.held import WAITING, opener_of, rules_of, summary_of
from ecluse.control.mail.models import CopyState, HeldCopy, HeldMessage
from ecluse.control.mail.permissions import Answer, may_release
from ecluse.domain.order import Releaser
from ecluse.domain.release_token import token_digest

MAX_TOKEN = 64


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused message, as much of it as its sender is shown: nothing that he did not write himself."""

    message: HeldMessage
    subject: str
    received: datetime
    domains: tuple[str, ...]  # Of its recipients; their names stay theirs.
    is_waiting: bool  # False: released by somebody, or over.
    is_released: bool
    may_release: bool


def find_refused(token: str) -> Refused | None:
    """The message whose sender was told this; None for everybody else."""
    if len(token) > MAX_TOKEN:
        return None
    with scopes_disabled():  # Nobody knows yet whose it is: the secret alone says so.
        message = HeldMessage.objects.select_related("client").filter(token=token_digest(token)).first()
    if message is None:
        return None
    with scope(client=message.client):
        return seen(message)


def release_by_sender(refused: Refused, *, ip: str) -> int:
    """Let it go to all who wait for it; to how many. Raises `NotAllowed`, `Impossible`."""
    message = refused.message
    by = Actor(ActorKind.PERSON, message.sender, ip=ip)
    with scope(client=message.client):
        held = [each for each in _copies(message) if each.state in WAITING and _is_allowed(each)]
        return quarantine.release(held, message.client, channel=Releaser.SENDER, by=by)


def seen(message: HeldMessage) -> Refused:
    """As its sender may see it. In its client's scope."""
    copies = _copies(message)
    waiting = [each for each in copies if each.state in WAITING]
    return Refused(
        message=message,
        subject=summary_of(message, opener_of(message.client)).subject,
        received=message.when,
        domains=tuple(sorted({each.recipient.rpartition("@")[2] for each in copies})),
        is_waiting=bool(waiting),
        is_released=any(each.state in (CopyState.RELEASING, CopyState.RELEASED) for each in copies),
        may_release=any(_is_allowed(each) for each in waiting),
    )


def _copies(message: HeldMessage) -> list[HeldCopy]:
    return list(HeldCopy.objects.filter(message=message).select_related("message"))


def _is_allowed(copy: HeldCopy) -> bool:
    rules = rules_of(copy.client)
    return may_release(Releaser.SENDER, copy.message, copy.category, rules) is Answer.YES
