"""Invitations by mail: a job makes the mail's own link, so that no secret waits anywhere; the shown one stays good, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ecluse.control.accounts.links import digest_of, new_secret
from ecluse.control.accounts.models import Invitation
from ecluse.control.attempts.letters import send_claimed
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change

_MAIL = "mail an invitation"
AT_ONCE = 100
_BY = Actor(ActorKind.JOB, "invitations by mail")
_ENGLISH = "en"  # Of whom the provider invites to itself nothing is known.


@dataclass(frozen=True, slots=True)
class MailedInvitation:
    """What is to be mailed."""

    email: str
    secret: str
    invited_by: str
    client: str  # Its name; "" for the provider's own people.
    until: datetime
    language: str


def mail_invitations(send: Callable[[MailedInvitation], None]) -> int:
    """Mail those that wait, each once; how many. Over all clients.

    `send` raises `Unavailable`: then it is tried again; `Refused`: then never, nor after a worker that died at it. The link
    that is shown stays good.
    """
    now = timezone.now()
    open_ones = Invitation.objects.filter(wants_mail=True, closed_at=None, expires_at__gt=now).select_related("client")
    rows = list(ready(_MAIL, open_ones.order_by("created_at"), now)[:AT_ONCE])
    return for_each(_MAIL, rows, lambda row: _is_mailed(row, send), now)


def _is_mailed(row: Invitation, send: Callable[[MailedInvitation], None]) -> bool:
    secret, mine = new_secret(), Invitation.objects.filter(pk=row.pk)
    # Claimed first: two workers invite nobody twice.
    if not mine.filter(wants_mail=True).update(wants_mail=False, mailed_digest=digest_of(secret)):
        return False

    def put_back() -> None:
        mine.update(wants_mail=True, mailed_digest=None)

    if not send_claimed(lambda: send(_mailed(row, secret)), refused=_nothing, put_back=put_back):
        return False
    _note(row)
    return True


def _nothing() -> None:
    """The link that is shown stays good."""


def _note(row: Invitation) -> None:
    with change(by=_BY) as act:
        Invitation.objects.filter(pk=row.pk).update(mailed_at=act.at)
        act.record("member.invitation-mailed", row, client_id=row.client_id, after={"email": row.email})


def _mailed(row: Invitation, secret: str) -> MailedInvitation:
    return MailedInvitation(
        email=row.email,
        secret=secret,
        invited_by=row.invited_by,
        client=row.client.name if row.client else "",
        until=row.expires_at,
        language=row.client.language if row.client else _ENGLISH,
    )
