"""What may be done with the lists; each function is one change, recorded and published. In the client's scope."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.suppression.models import SuppressedRecipient, UnknownRecipient
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.publication import Kind
from ecluse.domain.suppression import SuppressionCause, suppression_key

MOST = 100_000  # Of one client.
MAX_WHY = 500


class ListIsFull(Impossible):
    """Somebody must be removed first."""


def suppress(client: Client, recipient: str, cause: SuppressionCause, why: str, *, by: Actor) -> SuppressedRecipient:
    """Nothing of the client's goes to this address any more; who is on the list stays there as he is. Raises `ListIsFull`."""
    recipient = recipient.casefold()
    key = suppression_key(client.name, recipient)
    listed = SuppressedRecipient.objects.filter(client=client, key=key).first()
    if listed is not None:
        return listed
    if SuppressedRecipient.objects.count() >= MOST:
        raise ListIsFull(f"more than {MOST} suppressed recipients")
    with change(by=by) as act:
        values = {"recipient": recipient, "cause": cause, "why": why[:MAX_WHY], "added_by": by.name, "since": act.at}
        row, is_new = SuppressedRecipient.objects.get_or_create(client=client, key=key, defaults=values)
        if is_new:
            act.record("suppression.added", row, client_id=client.pk, after=_described(row))
            act.touch(Kind.SUPPRESSION, key)
        return row


def unsuppress(row: SuppressedRecipient, *, by: Actor) -> None:
    """It may be written to again, within seconds; what its server said before counts no more."""
    with change(by=by) as act:
        act.record("suppression.removed", row, client_id=row.client_id, before=_described(row))
        act.touch(Kind.SUPPRESSION, row.key)
        UnknownRecipient.objects.filter(client_id=row.client_id, recipient=row.recipient).delete()
        row.delete()


def empty(client: Client, most: int, *, by: Actor) -> None:
    """Nodes forget up to so many lines of the client's list, and what servers answered of anybody is forgotten."""
    with change(by=by) as act:
        rows = list(SuppressedRecipient.objects.filter(client=client)[:most])
        for row in rows:
            act.touch(Kind.SUPPRESSION, row.key)
        if rows:
            act.record("suppression.emptied", client, client_id=client.pk, before={"recipients": len(rows)})
        SuppressedRecipient.objects.filter(pk__in=[row.pk for row in rows]).delete()
        UnknownRecipient.objects.filter(client=client).delete()


def _described(row: SuppressedRecipient) -> dict[str, str]:
    return {"recipient": row.recipient, "cause": row.cause}
