"""The register of requisitions (15-10): who demanded what by what law, what was handed over, and whether the client knows.

For the provider's owners alone. The client is told as soon as that is not forbidden (any more): its owners get one letter
each (`letters.py`), which names the authority and what was demanded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.privacy.letters import write_to
from ecluse.control.privacy.models import Requisition
from ecluse.control.privacy.requests import KEPT
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible

__all__ = ["Requisition"]

MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Demand:
    """What a requisition says."""

    authority: str
    reference: str
    legal_basis: str
    scope: str
    received_at: datetime
    forbids_telling: bool
    forbidden_until: date | None = None  # None: for good, where it forbids.


def requisitions() -> QuerySet[Requisition]:
    """The register, the newest first."""
    return Requisition.objects.select_related("client")


def find_requisition(pk: int) -> Requisition | None:
    """One of them."""
    return requisitions().filter(pk=pk).first()


def enter(client: Client | None, demand: Demand, *, by: Actor) -> Requisition:
    """A new one. Raises `Impossible` where it says too little, or comes from the future."""
    if not all((demand.authority.strip(), demand.reference.strip(), demand.legal_basis.strip(), demand.scope.strip())):
        raise Impossible("who, under what reference, by what law, and what")
    if demand.received_at > timezone.now():
        raise Impossible("nothing is received in the future")
    with change(by=by) as act:
        values = {name: getattr(demand, name) for name in Demand.__slots__}
        row = Requisition.objects.create(client=client, entered_at=act.at, entered_by=str(by), **values)
        # Whom it concerns stands in the register alone: others read the provider's trail.
        act.record("requisition.entered", row)
        return row


def hand_over(row: Requisition, what: str, at: datetime, *, by: Actor) -> None:
    """What was handed over, and when; written down once. Raises `Impossible` without a word, or a second time."""
    what = what.strip()[:MAX_TEXT]
    if not what or at > timezone.now():
        raise Impossible("what was handed over is written down, afterwards")
    with change(by=by) as act:
        if not Requisition.objects.filter(pk=row.pk, handed_at=None).update(handed_over=what, handed_at=at):
            raise Impossible("it was written down before")
        act.record("requisition.handed-over", row)
    row.refresh_from_db()


def allow_telling(row: Requisition, *, by: Actor) -> None:
    """The authority has no objection any more. Raises `Impossible` where it never had one."""
    with change(by=by) as act:
        if not Requisition.objects.filter(pk=row.pk, forbids_telling=True).update(forbids_telling=False):
            raise Impossible("the client may be told")
        act.record("requisition.telling-allowed", row)
    row.refresh_from_db()


def prepare_letters(now: datetime) -> int:
    """Write to the clients who may be told and were not; how many. A job of the provider's."""
    allowed = Q(forbids_telling=False) | Q(forbidden_until__lt=now.date())
    due = Requisition.objects.filter(allowed, client__isnull=False, letters_at=None).select_related("client")
    return sum(_write(row, now) for row in due)


def _write(row: Requisition, now: datetime) -> int:
    with scopes_disabled(), transaction.atomic():  # The register is the provider's own, over all clients.
        if row.client is None or not Requisition.objects.filter(pk=row.pk, letters_at=None).update(letters_at=now):
            return 0
        return write_to(row.client, requisition=row)


def forget_old(now: datetime) -> int:
    """Requisitions that were entered five years ago. A job of the provider's."""
    with scopes_disabled():  # As above.
        return Requisition.objects.filter(entered_at__lt=now - KEPT).delete()[0]
