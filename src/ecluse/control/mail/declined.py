"""Telling users why what they asked for was not released: each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.mail.models import DeclinedRequest, DigestWish

AT_ONCE = 100
_TELL = "tell of a declined request"


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
    now = timezone.now()
    with scopes_disabled():  # A job of the provider's.
        rows = DeclinedRequest.objects.filter(is_told=False).select_related("copy__message", "client").order_by("at")
        found = list(ready(_TELL, rows, now)[:AT_ONCE])
        return for_each(_TELL, found, lambda request: _is_told(request, send), now)


def _is_told(request: DeclinedRequest, send: Callable[[Declined], None]) -> bool:
    mine = DeclinedRequest.objects.filter(pk=request.pk)
    # Claimed first: two workers tell nobody twice.
    if not mine.filter(is_told=False).update(is_told=True):
        return False

    def put_back() -> None:
        mine.update(is_told=False)

    return send_claimed(lambda: send(_declined(request)), refused=_nothing, put_back=put_back)


def _nothing() -> None:
    """Whom no mail server takes letters for is not told."""


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
