"""What becomes of a request to support beside words: whose it is, how much it matters, whether it is billed, that it is done (5-1 to 5-3)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.support import charging, queries, tickets
from ecluse.control.support.queries import Ticket
from ecluse.control.support.tickets import Priority, Side
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import SCOPE_MISSING, Problem, invalid
from ecluse.web.api.support import TicketOut, WordIn, agent_at, ticket_out
from ecluse.web.pages import or_404

router = Router(tags=["Support"])


class TicketStepIn(BaseModel):
    """How it goes on."""

    model_config = ConfigDict(extra="forbid")
    act: Literal["solve", "reopen", "close"] = Field(description="`solve` by the provider's keys alone.")


class AgentIn(BaseModel):
    """Whose it is from now on."""

    model_config = ConfigDict(extra="forbid")
    agent: texts.Email | None = Field(description="Somebody of the provider's who answers; null: nobody.")


class PriorityIn(BaseModel):
    """How much it matters."""

    model_config = ConfigDict(extra="forbid")
    priority: Literal["low", "normal", "high", "urgent"]


class ChargeIn(BaseModel):
    """Whether it is billed."""

    model_config = ConfigDict(extra="forbid")
    is_billed: bool


class CountedIn(BaseModel):
    """Whether it is one of the month's."""

    model_config = ConfigDict(extra="forbid")
    is_counted: bool


class TicketNoteOut(BaseModel):
    """What an agent wrote down."""

    at: datetime
    by: str
    text: str


class TicketNotesOut(BaseModel):
    """The oldest first."""

    items: list[TicketNoteOut]


@operation(
    router,
    "POST",
    "/support/tickets/{int:ticket_id}/acts",
    (Permission.FOLLOW_TICKETS, Permission.ANSWER_TICKETS),
)
def act_on_ticket(call: Call, ticket_id: int, body: TicketStepIn) -> TicketOut:
    """Solve it, open it again, or close it for good. 409 where somebody was faster."""
    row = _find(ticket_id)
    if body.act == "solve" and not call.grant.allows(Permission.ANSWER_TICKETS):
        raise Problem(SCOPE_MISSING, f"It takes the scope {Permission.ANSWER_TICKETS}.")
    _ACTS[body.act](row, by=call.by)
    return ticket_out(row)


@operation(router, "POST", "/support/tickets/{int:ticket_id}/notes", Permission.ANSWER_TICKETS, status=201)
def note_ticket(call: Call, ticket_id: int, body: WordIn) -> TicketOut:
    """A note of the provider's, which nobody of the client sees; without files."""
    row = _find(ticket_id)
    if body.files:
        raise invalid("body.files", "none with a note")
    tickets.note(row, body.text, by=call.by)
    return ticket_out(row)


@operation(router, "GET", "/support/tickets/{int:ticket_id}/notes", Permission.ANSWER_TICKETS)
def list_ticket_notes(call: Call, ticket_id: int) -> TicketNotesOut:  # noqa: ARG001 - as all views
    """The provider's own notes, of which its client sees none."""
    notes = [each for each in queries.entries_of(_find(ticket_id), with_notes=True) if each.side == Side.NOTE]
    return TicketNotesOut(items=[TicketNoteOut(at=each.at, by=each.by, text=each.text) for each in notes])


@operation(router, "PUT", "/support/tickets/{int:ticket_id}/agent", Permission.ANSWER_TICKETS)
def assign_ticket(call: Call, ticket_id: int, body: AgentIn) -> TicketOut:
    """Say whose it is."""
    row = _find(ticket_id)
    tickets.assign(row, None if body.agent is None else agent_at(body.agent, "body.agent"), by=call.by)
    return ticket_out(row)


@operation(router, "PUT", "/support/tickets/{int:ticket_id}/priority", Permission.ANSWER_TICKETS)
def set_ticket_priority(call: Call, ticket_id: int, body: PriorityIn) -> TicketOut:
    """Say how much it matters."""
    row = _find(ticket_id)
    tickets.set_priority(row, Priority[body.priority.upper()], by=call.by)
    return ticket_out(row)


@operation(router, "PUT", "/support/tickets/{int:ticket_id}/charge", Permission.ANSWER_TICKETS)
def charge_ticket(call: Call, ticket_id: int, body: ChargeIn) -> TicketOut:
    """Beyond the month's requests: bill it (40 EUR before tax on the next invoice), or not. 409 where nobody asks (5-3)."""
    row = _find(ticket_id)
    charging.decide(row, is_billed=body.is_billed, by=call.by)
    return ticket_out(row)


@operation(router, "PUT", "/support/tickets/{int:ticket_id}/counted", Permission.ANSWER_TICKETS)
def count_ticket(call: Call, ticket_id: int, body: CountedIn) -> TicketOut:
    """Whether it is one of the month's: what was the provider's own fault is none. 409 where it is billed, or stands so."""
    row = _find(ticket_id)
    charging.set_counted(row, is_counted=body.is_counted, by=call.by)
    return ticket_out(row)


_ACTS = {"solve": tickets.solve, "reopen": tickets.reopen, "close": tickets.close}


def _find(ticket_id: int) -> Ticket:
    return or_404(queries.find_ticket(ticket_id))
