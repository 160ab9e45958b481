"""Links of digests: each is for one recipient, one message and one act, once, for a limited time, without a sign-in."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.mail import quarantine
from ecluse.control.mail.digest_settings import digest_rules_of, want_digest
from ecluse.control.mail.held import WAITING, opener_of, rules_of, summary_of
from ecluse.control.mail.models import DigestRules, DigestWish, HeldCopy, NodeOrder, UsedLink
from ecluse.control.mail.own import answer_to, release_or_ask
from ecluse.control.mail.permissions import Answer
from ecluse.control.mail.preview import order_preview
from ecluse.control.tenants.models import Address, Client
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
    LOOK = "look"  # Into it, safely; as often as its owner wants.
    UNSUBSCRIBE = "unsubscribe"  # No more digests; held mail stays where it is.
    NOW = "now"  # A digest at once, of all that is held.


_OF_A_RECIPIENT = (LinkAct.UNSUBSCRIBE, LinkAct.NOW)  # The others are of one copy.


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was opened."""

    act: LinkAct
    recipient: str
    client: Client | None  # None where the recipient is nobody's any more.
    copy: HeldCopy | None  # None where it is of a recipient alone.
    summary: HeldSummary
    is_open: bool  # False: used, over, or not allowed.
    asks_for_login: bool  # Then it is not open: the recipient's own pages are, once he has signed in.
    token: str


def link_for(recipient: str, act: LinkAct, copy_id: int = 0) -> str:
    """The secret part of the link's address."""
    return _signer(settings.SECRET_KEY).sign_object([recipient, copy_id, act.value])


@lru_cache(1)
def _signer(_key: str) -> signing.TimestampSigner:
    """Signs what `signing.loads` opens; made once for all links, and again when the key is another one."""
    return signing.TimestampSigner(salt=_SALT)


def open_link(token: str) -> Link | None:
    """What the link is for; None for one that is none of ours, or too old."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        recipient, copy_id, act = signing.loads(token, salt=_SALT, max_age=LIVES_S)
    except signing.BadSignature:
        return None
    if act in _OF_A_RECIPIENT:
        return _of_recipient(token, recipient, LinkAct(act))
    return _of_copy(token, recipient, copy_id, LinkAct(act))


def use_link(link: Link, *, ip: str) -> bool:
    """Do it, once; whether it was done. Raises `NotAllowed`, `Impossible`: then the link can be used again."""
    by = Actor(ActorKind.PERSON, link.recipient, ip=ip)
    if link.copy is None:
        return link.is_open and _use_for_recipient(link)
    with scope(client=link.copy.client), transaction.atomic():
        if link.act is LinkAct.LOOK or not link.is_open or not _use(link.token):
            return False
        held = [link.copy]
        if link.act is LinkAct.BLOCK:
            return bool(quarantine.block(held, link.copy.client, channel=Releaser.RECIPIENT, by=by))
        done = release_or_ask(held, link.copy.client, by=by, allows_sender=link.act is LinkAct.ALLOW)
        return bool(done.released + done.asked)


def order_look(link: Link, *, ip: str) -> NodeOrder | None:
    """Have the message sent up by its node, for its owner's eyes; None where the link is not for that, or over."""
    if link.copy is None or link.act is not LinkAct.LOOK or not link.is_open:
        return None
    with scope(client=link.copy.client):
        return order_preview(link.copy, link.copy.client, by=Actor(ActorKind.PERSON, link.recipient, ip=ip))


def forget_used_links(now: float) -> int:
    """Delete what has expired by itself; how many."""
    deleted, _ = UsedLink.objects.filter(used_at__lt=now - LIVES_S).delete()
    return deleted


def _of_recipient(token: str, recipient: str, act: LinkAct) -> Link:
    client = _client_of(recipient)
    # A mail program cannot sign in to unsubscribe (RFC 8058 section 3.2).
    asks_for_login = act is LinkAct.NOW and client is not None and _asks_for_login(client)
    return Link(
        act,
        recipient,
        client,
        None,
        HeldSummary("", ""),
        is_open=not asks_for_login,
        asks_for_login=asks_for_login,
        token=token,
    )


def _of_copy(token: str, recipient: str, copy_id: int, act: LinkAct) -> Link | None:
    with scopes_disabled():  # Nobody knows yet whose it is: the signature alone says so.
        copy = HeldCopy.objects.select_related("message", "client").filter(pk=copy_id, recipient=recipient).first()
    if copy is None:
        return None
    with scope(client=copy.client):
        is_allowed = act in (LinkAct.BLOCK, LinkAct.LOOK) or answer_to(copy, rules_of(copy.client)) is not Answer.NO
        is_unused = not UsedLink.objects.filter(digest=_digest(token)).exists()
        asks_for_login = _asks_for_login(copy.client)
        return Link(
            act,
            recipient,
            copy.client,
            copy,
            summary_of(copy.message, opener_of(copy.client)),
            is_open=copy.state in WAITING and is_allowed and is_unused and not asks_for_login,
            asks_for_login=asks_for_login,
            token=token,
        )


def _asks_for_login(client: Client) -> bool:
    """As the client has it now, whatever it was when the mail was written."""
    with scope(client=client):
        return digest_rules_of(client).asks_for_login


def _use(token: str) -> bool:
    try:
        with transaction.atomic():
            UsedLink.objects.create(digest=_digest(token), used_at=time.time())
    except IntegrityError:
        return False
    return True


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _use_for_recipient(link: Link) -> bool:
    if link.client is None:
        return False
    with scope(client=link.client):
        if link.act is LinkAct.NOW:
            want_digest(link.client, [link.recipient])
        else:
            wish = {"client": link.client, "is_on": False}
            DigestWish.objects.update_or_create(recipient=link.recipient, defaults=wish)
    return True


def _client_of(recipient: str) -> Client | None:
    """Whose it is: by its address, or, where a domain takes every local part, by the digests of that domain's client."""
    with scopes_disabled():  # As above.
        address = Address.objects.select_related("client").filter(key=recipient).first()
        if address is not None:
            return address.client
        domain = recipient.rpartition("@")[2]
        proven = {"client__domains__name": domain, "client__domains__proven_at__isnull": False}  # Others only claim it.
        rules = DigestRules.objects.filter(**proven).first()
        return rules.client if rules else None
