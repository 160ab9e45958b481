"""What the support desk does beside answering: a call is written down, a message named, and how long clients wait (5-1 to 5-3)."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.utils import timezone
from django_scopes import scope
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.support import queries, tickets
from ecluse.control.support.answer_times import Waits, answer_times
from ecluse.control.support.tickets import Channel, Priority, Request
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.support import Subject, Text, TicketOut, demand_message, ticket_out
from ecluse.web.pages import or_404

router = Router(tags=["Support"])


class CallIn(BaseModel):
    """What somebody said on the phone."""

    model_config = ConfigDict(extra="forbid")
    client_id: int
    subject: Subject
    text: Text
    requester: texts.Email | None = Field(default=None, description="Whom answers are mailed to; none: nobody.")
    requester_name: texts.Note = ""
    priority: Literal["low", "normal", "high", "urgent"] = "normal"


class LinkIn(BaseModel):
    """A message that it is about."""

    model_config = ConfigDict(extra="forbid")
    message_id: str = Field(min_length=1, max_length=64, description="Of the client's log.")


class WaitsOut(BaseModel):
    """Seconds."""

    median: float
    p95: float


class AnswerTimesOut(BaseModel):
    """Of what was asked within 90 days, of all clients."""

    answered: int
    unanswered: int
    by_the_clock: WaitsOut | None = Field(description="null: nothing was answered.")
    in_working_hours: WaitsOut | None


@operation(router, "POST", "support/calls", Permission.ANSWER_TICKETS, status=201, is_of_client=False)
def enter_ticket(call: Call, body: CallIn) -> TicketOut:
    """Write down a call of a client's. 409 where it has too many requests that are not solved."""
    client = call.client_named(body.client_id)
    said = Request(
        body.subject,
        body.text,
        Channel.PHONE,
        requester=body.requester or "",
        requester_name=body.requester_name,
        priority=Priority[body.priority.upper()],
    )
    with scope(client=client):
        return ticket_out(tickets.open_ticket(client, said, by=call.by))


@operation(router, "GET", "support/answer-times", Permission.ANSWER_TICKETS, is_of_client=False)
def show_answer_times(_call: Call) -> AnswerTimesOut:
    """How long clients wait for the first answer."""
    found = answer_times(timezone.now(), settings.ECLUSE_SUPPORT.hours)
    return AnswerTimesOut(
        answered=found.answered,
        unanswered=found.unanswered,
        by_the_clock=_waits(found.by_the_clock),
        in_working_hours=_waits(found.in_working_hours),
    )


@operation(router, "POST", "/support/tickets/{int:ticket_id}/messages", Permission.ANSWER_TICKETS, status=201)
def link_message(call: Call, ticket_id: int, body: LinkIn) -> TicketOut:
    """Name a message of the client's log that it is about; the key needs the scope `see-log`, too."""
    row = or_404(queries.find_ticket(ticket_id))
    demand_message(call, body.message_id)
    tickets.link(row, body.message_id, by=call.by)
    return ticket_out(row)


def _waits(found: Waits | None) -> WaitsOut | None:
    return None if found is None else WaitsOut(median=found.median, p95=found.p95)
