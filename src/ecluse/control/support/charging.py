"""A ticket beyond the month's quota: an agent is asked whether it is billed, and says so once (5-3)."""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.support.models import MAX_ADDRESS, Charge, Ticket
from ecluse.domain.errors import Impossible


def set_counted(ticket: Ticket, *, is_counted: bool, by: Actor) -> None:
    """Whether it is one of the month's requests: what was the provider's own fault is none.

    Raises `Impossible` for one that is billed, or stands so already.
    """
    with change(by=by) as act:
        rows = Ticket.objects.filter(pk=ticket.pk, is_counted=not is_counted).exclude(charge=Charge.BILLED)
        waived = {"charge": Charge.WAIVED, "decided_by": by.name[:MAX_ADDRESS], "decided_at": act.at}
        is_asked = ticket.charge == Charge.ASKED and not is_counted
        if not rows.update(is_counted=is_counted, **(waived if is_asked else {})):
            raise Impossible("it is billed, or stands so already")
        ticket.refresh_from_db()
        told = {"is_counted": is_counted, "charge": ticket.charge}
        act.record("ticket.counted", ticket, client_id=ticket.client_id, after=told)
