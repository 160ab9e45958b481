"""The register of security incidents (15-12): what, whom it affected, what was done, and who was told when.

An affected client is told as soon as it is named: its owners and administrators get one letter each (`letters.py`). It
reads its own part of the register at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.privacy.letters import write_to
from ecluse.control.privacy.models import AffectedClient, Authority, Incident, Nature
from ecluse.control.privacy.requests import KEPT
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible

__all__ = ["AffectedClient", "Authority", "Incident", "Nature"]

MAX_TEXT = 5_000
MAX_CONSEQUENCE = 2_000
MAX_WHY = 1_000


@dataclass(frozen=True, slots=True)
class Told:
    """What is written down of an incident."""

    title: str
    nature: Nature
    happened_at: datetime
    detected_at: datetime
    account: str  # For clients.
    measures: str = ""  # For them, too.
    description: str = ""  # For the provider alone.


def incidents(*, is_open: bool | None = None) -> QuerySet[Incident]:
    """The register, the newest first."""
    rows = Incident.objects.all()
    return rows if is_open is None else rows.filter(closed_at__isnull=is_open)


def find_incident(pk: int) -> Incident | None:
    """One of them."""
    return Incident.objects.filter(pk=pk).first()


def affected_by(incident: Incident) -> list[AffectedClient]:
    """The clients whose data it affected."""
    with scopes_disabled():  # The register is the provider's own, over all clients.
        return list(AffectedClient.objects.filter(incident=incident).select_related("client").order_by("client__name"))


def extract() -> QuerySet[AffectedClient]:
    """What the scope's client may read: the incidents that affected it, and nothing of whom else they affected."""
    return AffectedClient.objects.select_related("incident")


def open_incident(told: Told, *, by: Actor) -> Incident:
    """A new one. Raises `Impossible` without a title or an account, or where it was detected before it happened."""
    _demand_sound(told)
    with change(by=by) as act:
        values = {name: getattr(told, name) for name in Told.__slots__}
        row = Incident.objects.create(opened_at=act.at, opened_by=str(by), **values)
        act.record("incident.opened", row, after={"title": told.title, "nature": told.nature.value})
        return row


def correct(incident: Incident, told: Told, *, by: Actor) -> None:
    """What is known by now. Who was told already is not written to again, and reads the new words. Raises `Impossible`."""
    _demand_sound(told)
    with change(by=by) as act:
        values = {name: getattr(told, name) for name in Told.__slots__}
        changed = sorted(name for name, value in values.items() if getattr(incident, name) != value)
        Incident.objects.filter(pk=incident.pk).update(**values)
        act.record("incident.corrected", incident, after={"fields": changed})
    incident.refresh_from_db()


def affect(incident: Incident, client: Client, consequence: str, *, by: Actor) -> AffectedClient:
    """This client's data are affected: its people are told. Named again, what it means for it is corrected."""
    consequence = consequence.strip()[:MAX_CONSEQUENCE]
    with scopes_disabled(), change(by=by) as act:  # As above.
        row, is_new = AffectedClient.objects.get_or_create(
            client=client, incident=incident, defaults={"consequence": consequence, "added_at": act.at}
        )
        if is_new:
            write_to(client, affected=row)
        else:
            AffectedClient.objects.filter(pk=row.pk).update(consequence=consequence)
        act.record("incident.client-affected", incident, client_id=client.pk, after={"incident": incident.pk})
        return row


def decide(incident: Incident, authority: Authority, why: str, *, by: Actor) -> None:
    """Whether the authority is to be told, and why (GDPR art. 33(1), 33(5)). Raises `Impossible` without a reason."""
    why = why.strip()[:MAX_WHY]
    if not why:
        raise Impossible("the decision has a reason")
    with change(by=by) as act:
        Incident.objects.filter(pk=incident.pk).update(authority=authority, authority_why=why)
        act.record("incident.authority-decided", incident, after={"authority": authority.value})
    incident.refresh_from_db()


def note_authority(incident: Incident, reference: str, at: datetime, *, by: Actor) -> None:
    """The authority was told. Raises `Impossible` without a reference, in the future, or a second time."""
    reference = reference.strip()[:100]
    if not reference or at > timezone.now():
        raise Impossible("it was told under a reference, and not in the future")
    with change(by=by) as act:
        values = {"authority": Authority.NEEDED, "authority_told_at": at, "authority_reference": reference}
        if not Incident.objects.filter(pk=incident.pk, authority_told_at=None).update(**values):
            raise Impossible("it was told before")
        act.record("incident.authority-told", incident, after={"reference": reference, "at": at.isoformat()})
    incident.refresh_from_db()


def close(incident: Incident, *, by: Actor) -> None:
    """It is over. Raises `Impossible` while it is not decided whether the authority is told, or that is still to be done."""
    if incident.authority == Authority.UNDECIDED or incident.awaits_authority:
        raise Impossible("first the authority")
    with change(by=by) as act:
        if not Incident.objects.filter(pk=incident.pk, closed_at=None).update(closed_at=act.at):
            raise Impossible("it is closed")
        act.record("incident.closed", incident)
    incident.refresh_from_db()


def forget_old(now: datetime) -> int:
    """Incidents that were closed five years ago. A job of the provider's."""
    with scopes_disabled():  # As above.
        return Incident.objects.filter(closed_at__lt=now - KEPT).delete()[0]


def hours_left(incident: Incident, now: datetime | None = None) -> int:
    """Whole hours until the authority is to be told; below 0 where it is late."""
    return (incident.authority_due_at - (now or timezone.now())) // timedelta(hours=1)


def plain_extract(rows: Iterable[AffectedClient]) -> list[dict[str, str]]:
    """As it is given to a client."""
    return [
        {
            "number": str(row.incident_id),
            "title": row.incident.title,
            "nature": row.incident.nature,
            "happened_at": row.incident.happened_at.isoformat(),
            "detected_at": row.incident.detected_at.isoformat(),
            "account": row.incident.account,
            "consequence": row.consequence,
            "measures": row.incident.measures,
            "told_at": row.told_at.isoformat() if row.told_at else "",
        }
        for row in rows
    ]


def _demand_sound(told: Told) -> None:
    if not told.title.strip() or not told.account.strip():
        raise Impossible("an incident has a title, and an account for those whom it affects")
    if told.happened_at > told.detected_at or told.detected_at > timezone.now():
        raise Impossible("it happens, is detected, and is written down in this order")
