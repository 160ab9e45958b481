"""Support: what a client asks its provider, and what it is answered (5-1 to 5-3)."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Literal

from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.queries import User
from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import log as mail_log
from ecluse.control.support import queries, tickets
from ecluse.control.support.queries import Ticket, entries_of
from ecluse.control.support.quota import quota_of
from ecluse.control.support.states import TicketState
from ecluse.control.support.tickets import MAX_SUBJECT, MAX_TEXT, Channel, Charge, Priority, Request, Side
from ecluse.domain.ids import is_id
from ecluse.domain.language import Language
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.api.ticket_files import Files, TicketFileOut, file_out, files_of, look_at_files
from ecluse.web.backends import backends
from ecluse.web.pages import or_404

router = Router(tags=["Support"])

Subject = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=MAX_SUBJECT, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=MAX_TEXT, pattern=r"^[^\x00]*$")
]


class TicketOut(BaseModel):
    """One request."""

    id: int
    number: str = Field(description="What people call it by: T000012.")
    client_id: int
    subject: str
    state: TicketState
    priority: str = Field(description="low, normal, high or urgent.")
    channel: Channel
    requester: str
    opened_at: datetime
    moved_at: datetime
    first_answer_at: datetime | None
    charge: Charge = Field(description="Whether it is beyond the month's requests, and what was decided then (5-3).")
    is_counted: bool


class TicketEntryOut(BaseModel):
    """What somebody wrote in it."""

    at: datetime
    by: str
    is_provider: bool
    channel: Channel
    text: str
    is_proven: bool = Field(description="false: it came by mail, and anybody may have sent it.")
    files: list[TicketFileOut]


class TicketWithEntries(TicketOut):
    """The same, with what was said."""

    entries: list[TicketEntryOut]
    messages: list[str] = Field(description="Messages of the log that it is about.")


class QuotaOut(BaseModel):
    """Requests of this month, by the client's calendar (5-2)."""

    included: int | None = Field(description="null: without a contract in force none are counted.")
    used: int
    remaining: int | None


class TicketIn(BaseModel):
    """A new request."""

    model_config = ConfigDict(extra="forbid")
    subject: Subject
    text: Text
    requester: texts.Email | None = Field(default=None, description="Whom answers are mailed to; none: nobody.")
    message_id: str = Field(default="", max_length=64, description="A message of the log that it is about.")
    files: Files = []


class WordIn(BaseModel):
    """A word more."""

    model_config = ConfigDict(extra="forbid")
    text: Text
    files: Files = []


class AnswerToTicketIn(WordIn):
    """The provider's word."""

    solves: bool = False


class TicketsAsked(Asked):
    """Which of them."""

    state: TicketState | None = None
    q: texts.Search = ""


class DeskTicketOut(TicketOut):
    """The same, as its agents see it."""

    client: str
    agent: str = Field(description='Mail address of whose it is; "": nobody\'s.')


class TicketsOut(BaseModel):
    """500 at most."""

    items: list[DeskTicketOut]


class AllTicketsAsked(BaseModel):
    """Which of all clients' tickets."""

    state: TicketState | Literal["charge", "all"] | None = Field(
        default=None,
        description="None: those that wait for the provider; `charge`: whether they are billed is still to be said.",
    )
    agent: texts.Email | None = Field(default=None, description="Whose they are.")
    q: texts.Search = ""


@operation(router, "GET", "/support/tickets", Permission.FOLLOW_TICKETS)
def list_tickets(call: Call, asked: Query[TicketsAsked]) -> Page[TicketOut]:  # noqa: ARG001 - as all views
    """The newest first."""
    return page_of(queries.tickets(state=asked.state or "", search=asked.q), asked, ticket_out, newest_first=True)


@operation(router, "GET", "/support/quota", Permission.FOLLOW_TICKETS)
def show_support_quota(call: Call) -> QuotaOut:
    """How many requests of this month are left."""
    quota = quota_of(call.client, timezone.now())
    return QuotaOut(included=quota.included, used=quota.used, remaining=quota.remaining)


@operation(router, "GET", "/support/tickets/{int:ticket_id}", (Permission.FOLLOW_TICKETS, Permission.ANSWER_TICKETS))
def show_ticket(call: Call, ticket_id: int) -> TicketWithEntries:  # noqa: ARG001 - as all views
    """One of them, with what was said."""
    return _whole(_find(ticket_id))


@operation(router, "POST", "/support/tickets", Permission.ASK_SUPPORT, status=201, first=look_at_files)
def open_ticket(call: Call, body: TicketIn) -> TicketOut:
    """Ask the provider. Beyond the month's requests he may bill it."""
    if body.message_id:
        demand_message(call, body.message_id)
    asked = Request(
        body.subject,
        body.text,
        Channel.API,
        requester=body.requester or "",
        message=body.message_id,
        files=files_of(body.files),
    )
    return ticket_out(tickets.open_ticket(call.client, asked, by=call.by))


@operation(
    router,
    "POST",
    "/support/tickets/{int:ticket_id}/entries",
    Permission.FOLLOW_TICKETS,
    status=201,
    first=look_at_files,
)
def write_in_ticket(call: Call, ticket_id: int, body: WordIn) -> TicketOut:
    """A word more of the client's."""
    row = _find(ticket_id)
    tickets.write(row, body.text, Channel.API, files_of(body.files), by=call.by)
    return ticket_out(row)


@operation(
    router,
    "POST",
    "/support/tickets/{int:ticket_id}/answers",
    Permission.ANSWER_TICKETS,
    status=201,
    first=look_at_files,
)
def answer_ticket(call: Call, ticket_id: int, body: AnswerToTicketIn) -> TicketOut:
    """The provider's answer, mailed to whoever asked; by the provider's keys alone."""
    row = _find(ticket_id)
    act = tickets.answer_and_solve if body.solves else tickets.answer
    act(row, body.text, files=files_of(body.files), by=call.by)
    return ticket_out(row)


@operation(router, "GET", "support/tickets", Permission.ANSWER_TICKETS, is_of_client=False)
def list_all_tickets(_call: Call, asked: Query[AllTicketsAsked]) -> TicketsOut:
    """Of all clients: what waits for the provider, the urgent first, unless another state is asked for."""
    state = "" if asked.state == "all" else asked.state or "todo"
    owner = None if asked.agent is None else agent_at(asked.agent, "query.agent")
    rows = queries.tickets_everywhere(state=state, owner=owner, search=asked.q)
    return TicketsOut(items=[_desk_ticket(each) for each in rows])


def agent_at(email: str, where: str) -> User:
    """Somebody of the provider's who answers; `where`: what of the request names him. Raises `Problem`."""
    found: User | None = queries.agents().filter(email__iexact=email).first()
    if found is None:
        raise invalid(where, "somebody of the provider's who answers")
    return found


def demand_message(call: Call, message_id: str) -> None:
    """It is in the client's log. Raises `Problem`, `Unavailable`."""
    log, name = backends().message_log(), call.client.name
    is_known = is_id(message_id) and mail_log.story(log, name, message_id, Language.ENGLISH, time.time())
    if not is_known or not call.grant.allows(Permission.SEE_LOG):
        raise invalid("body.message_id", "no message of this client's, or the key lacks the scope see-log")


def _find(ticket_id: int) -> Ticket:
    return or_404(queries.find_ticket(ticket_id))


def _desk_ticket(row: Ticket) -> DeskTicketOut:
    agent = "" if row.owner is None else row.owner.email
    return DeskTicketOut(**ticket_out(row).model_dump(), client=row.client.name, agent=agent)


def _whole(row: Ticket) -> TicketWithEntries:
    return TicketWithEntries(
        **ticket_out(row).model_dump(),
        messages=[each.message for each in row.linked.all()],
        entries=[
            TicketEntryOut(
                at=each.at,
                by=each.by,
                is_provider=each.side == Side.PROVIDER,
                channel=Channel(each.channel),
                text=each.text,
                is_proven=each.is_proven,
                files=[file_out(file) for file in each.files.all()],
            )
            for each in entries_of(row, with_notes=False)
        ],
    )


def ticket_out(row: Ticket) -> TicketOut:
    """As all operations answer."""
    return TicketOut(
        id=row.pk,
        number=row.reference,
        client_id=row.client_id,
        subject=row.subject,
        state=TicketState(row.state),
        priority=Priority(row.priority).name.lower(),
        channel=Channel(row.channel),
        requester=row.requester,
        opened_at=row.opened_at,
        moved_at=row.moved_at,
        first_answer_at=row.first_answer_at,
        charge=Charge(row.charge),
        is_counted=row.is_counted,
    )
