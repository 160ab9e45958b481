"""Invitations by mail: a job makes the mail's own link, so that no secret waits anywhere; the shown one stays good, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ecluse.control.accounts.links import digest_of, new_secret
from ecluse.control.accounts.models import Invitation
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.domain.errors import Refused, Unavailable

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
    mailed = 0
    open_ones = Invitation.objects.filter(wants_mail=True, closed_at=None, expires_at__gt=timezone.now())
    for row in open_ones.select_related("client").order_by("created_at")[:AT_ONCE]:
        secret = new_secret()
        # Claimed first: two workers invite nobody twice.
        claimed = Invitation.objects.filter(pk=row.pk, wants_mail=True)
        if not claimed.update(wants_mail=False, mailed_digest=digest_of(secret)):
            continue
        try:
            send(_mailed(row, secret))
        except Refused:
            continue
        except Unavailable:
            Invitation.objects.filter(pk=row.pk).update(wants_mail=True, mailed_digest=None)
        else:
            _note(row)
            mailed += 1
    return mailed


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
