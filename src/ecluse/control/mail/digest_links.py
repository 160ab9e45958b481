"""Links of digests: each is for one recipient, one message and one act, once, for a limited time, without a sign-in."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from enum import StrEnum

from django.core import signing
from django.db import IntegrityError, transaction
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.mail import quarantine
from ecluse.control.mail.held import WAITING, codes_of, opener_of, rules_of, summary_of
from ecluse.control.mail.models import DigestRules, DigestWish, HeldCopy, UsedLink
from ecluse.control.mail.permissions import Answer, may_release
from ecluse.control.tenants.models import Address
from ecluse.domain.held import HeldSummary
from ecluse.domain.order import Releaser

LIVES_S = 30 * 86_400
MAX_TOKEN = 400
_SALT = "ecluse.digest"


class LinkAct(StrEnum):
    """What a link does once its button is pressed."""

    RELEASE = "release"
    ALLOW = "allow"  # Release, and never block this sender again.
    BLOCK = "block"
    UNSUBSCRIBE = "unsubscribe"  # No more digests; held mail stays where it is.


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was opened."""

    act: LinkAct
    recipient: str
    copy: HeldCopy | None  # None for `UNSUBSCRIBE`.
    summary: HeldSummary
    is_open: bool  # False: used, over, or not allowed.
    token: str


def link_for(recipient: str, act: LinkAct, copy_id: int = 0) -> str:
    """The secret part of the link's address."""
    return signing.dumps([recipient, copy_id, act.value], salt=_SALT)


def open_link(token: str) -> Link | None:
    """What the link is for; None for one that is none of ours, or too old."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        recipient, copy_id, act = signing.loads(token, salt=_SALT, max_age=LIVES_S)
    except signing.BadSignature:
        return None
    if act == LinkAct.UNSUBSCRIBE:
        return Link(LinkAct.UNSUBSCRIBE, recipient, None, HeldSummary("", ""), is_open=True, token=token)
    return _of_copy(token, recipient, copy_id, LinkAct(act))


def use_link(link: Link, *, ip: str) -> bool:
    """Do it, once; whether it was done. Raises `NotAllowed`, `Impossible`: then the link can be used again."""
    by = Actor(ActorKind.PERSON, link.recipient, ip=ip)
    if link.copy is None:
        _unsubscribe(link.recipient)
        return True
    with scope(client=link.copy.client), transaction.atomic():
        if not link.is_open or not _use(link.token):
            return False
        held = [link.copy]
        if link.act is LinkAct.BLOCK:
            return bool(quarantine.block(held, link.copy.client, channel=Releaser.RECIPIENT, by=by))
        if _answer(link.copy) is Answer.ASK:
            return bool(quarantine.ask(held, link.copy.client, by=by))
        allows = link.act is LinkAct.ALLOW
        return bool(quarantine.release(held, link.copy.client, channel=Releaser.RECIPIENT, by=by, allows_sender=allows))


def forget_used_links(now: float) -> int:
    """Delete what has expired by itself; how many."""
    deleted, _ = UsedLink.objects.filter(used_at__lt=now - LIVES_S).delete()
    return deleted


def _of_copy(token: str, recipient: str, copy_id: int, act: LinkAct) -> Link | None:
    with scopes_disabled():  # Nobody knows yet whose it is: the signature alone says so.
        copy = HeldCopy.objects.select_related("message", "client").filter(pk=copy_id, recipient=recipient).first()
    if copy is None:
        return None
    with scope(client=copy.client):
        is_allowed = act is LinkAct.BLOCK or _answer(copy) is not Answer.NO
        is_open = copy.state in WAITING and is_allowed and not UsedLink.objects.filter(digest=_digest(token)).exists()
        return Link(
            act, recipient, copy, summary_of(copy.message, opener_of(copy.client)), is_open=is_open, token=token
        )


def _answer(copy: HeldCopy) -> Answer:
    return may_release(Releaser.RECIPIENT, copy.category, codes_of(copy.message), rules_of(copy.client))


def _use(token: str) -> bool:
    try:
        with transaction.atomic():
            UsedLink.objects.create(digest=_digest(token), used_at=time.time())
    except IntegrityError:
        return False
    return True


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _unsubscribe(recipient: str) -> None:
    with scopes_disabled():  # As above.
        address = Address.objects.select_related("client").filter(key=recipient).first()
        client = address.client if address else None
        if client is None:
            rules = DigestRules.objects.filter(client__domains__name=recipient.rpartition("@")[2]).first()
            client = rules.client if rules else None
        if client is not None:
            DigestWish.objects.update_or_create(recipient=recipient, defaults={"client": client, "is_on": False})
