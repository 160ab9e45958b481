"""Telling users why what they asked for was not released: each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django_scopes import scopes_disabled

from ecluse.control.mail.models import DeclinedRequest, DigestWish
from ecluse.domain.errors import Refused, Unavailable

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Declined:
    """What one user is told."""

    recipient: str
    client_id: int
    copy_id: int
    sender: str
    received: datetime
    reason: str
    language: str


def tell_declined(send: Callable[[Declined], None]) -> int:
    """Tell what was not told yet; how many. Over all clients.

    `send` raises `Unavailable`: then it is told later; `Refused`: then never.
    """
    told = 0
    with scopes_disabled():  # A job of the provider's.
        found = DeclinedRequest.objects.filter(is_told=False).select_related("copy__message", "client")
        for each in found.order_by("at")[:AT_ONCE]:
            # Claimed first: two workers tell nobody twice.
            if not DeclinedRequest.objects.filter(pk=each.pk, is_told=False).update(is_told=True):
                continue
            try:
                send(_declined(each))
            except Refused:
                continue
            except Unavailable:
                DeclinedRequest.objects.filter(pk=each.pk).update(is_told=False)
            else:
                told += 1
    return told


def _declined(request: DeclinedRequest) -> Declined:
    wish = DigestWish.objects.filter(recipient=request.copy.recipient).first()
    return Declined(
        recipient=request.copy.recipient,
        client_id=request.client_id,
        copy_id=request.copy.pk,
        sender=request.copy.message.sender,
        received=request.copy.message.when,
        reason=request.reason,
        language=(wish.language if wish else "") or request.client.language,
    )
