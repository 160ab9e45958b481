"""A ticket beyond the month's quota: an agent is asked whether it is billed, and says so once (5-3)."""

from __future__ import annotations

from decimal import Decimal

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line
from ecluse.control.contracts.queries import contract_in_force
from ecluse.control.support.models import MAX_ADDRESS, Charge, Ticket
from ecluse.domain.errors import Impossible

PRICE = Decimal("40.00")  # EUR, net of tax (5-3).


def decide(ticket: Ticket, *, is_billed: bool, by: Actor) -> None:
    """Yes puts it on the client's next invoice. Raises `Impossible` for what is decided, and without a contract in force."""
    charge = Charge.BILLED if is_billed else Charge.WAIVED
    with change(by=by) as act:
        rows = Ticket.objects.filter(pk=ticket.pk, charge=Charge.ASKED)
        if not rows.update(charge=charge, decided_by=by.name[:MAX_ADDRESS], decided_at=act.at):
            raise Impossible("nobody is asked about it")
        ticket.refresh_from_db()
        if is_billed:
            _bill(act, ticket)
        act.record(f"ticket.{charge.value}", ticket, client_id=ticket.client_id, after={"charge": charge.value})


def _bill(act: Change, ticket: Ticket) -> None:
    contract = contract_in_force()
    if contract is None:
        raise Impossible("the client has no contract in force")
    # In French, as all that stands on invoices; what the request was about is nobody's business there.
    coming = Coming(
        LineKind.SUPPORT,
        f"Demande de support {ticket.reference}, {ticket.month:%m/%Y}, au-delà du quota mensuel (5-3)",
        PRICE,
        source=f"support:{ticket.reference}",
        calculation={"ticket": ticket.reference, "month": str(ticket.month), "decided_by": ticket.decided_by},
    )
    add_line(contract, coming, by=act.by)


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
