"""Mail to support that no request is known for: an agent's program says whose it is, or that it is none (5-1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import Http404
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.support import arrivals
from ecluse.control.support.arrivals import SupportMail
from ecluse.control.support.queries import ticket_named
from ecluse.domain.ids import is_id
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, bad_cursor, page_of, place
from ecluse.web.api.problems import invalid
from ecluse.web.api.support import TicketOut, ticket_out
from ecluse.web.pages import or_404

router = Router(tags=["Support"])

MailId = Annotated[str, Field(max_length=64)]


class SupportMailOut(BaseModel):
    """One that waits."""

    id: str = Field(description="Of the message in the log, too.")
    received_at: datetime = Field(description="30 days later it is deleted, if nobody has sorted it.")
    sender: str = Field(description="As it says.")
    sender_name: str
    proven: str = Field(description='The domain that is proven; "": anybody may have written it.')
    subject: str
    is_automatic: bool = Field(description="A program wrote it.")


class GuessOut(BaseModel):
    """Whose domain stands in From, proven or not."""

    client_id: int
    client: str


class SupportMailWhole(SupportMailOut):
    """The same, with what it says."""

    text: str
    files: list[str] = Field(description="Their names: they go into the request.")
    left_out: int = Field(description="So many files were not kept.")
    guess: GuessOut | None


class WhoseMailIn(BaseModel):
    """Whose request it is."""

    model_config = ConfigDict(extra="forbid")
    client_id: int


class WhereIn(BaseModel):
    """To which request it belongs."""

    model_config = ConfigDict(extra="forbid")
    ticket: texts.Line = Field(description="Its number, as people call it: T000012.", examples=["T000012"])


@operation(router, "GET", "support/mail", Permission.ANSWER_TICKETS, is_of_client=False)
def list_support_mails(_call: Call, asked: Query[Asked]) -> Page[SupportMailOut]:
    """What waits to be sorted, the newest first."""
    return page_of(arrivals.unsorted(), asked, _mail, newest_first=True, key_of=_id)  # Ids sort by time.


@operation(router, "GET", "support/mail/{mail_id}", Permission.ANSWER_TICKETS, is_of_client=False)
def show_support_mail(_call: Call, mail_id: MailId) -> SupportMailWhole:
    """One, with its text, and whose it may be."""
    row = _find(mail_id)
    client = arrivals.guessed_client(row)
    return SupportMailWhole(
        **_mail(row).model_dump(),
        text=row.text,
        files=list(row.files.values_list("name", flat=True)),
        left_out=row.left_out,
        guess=None if client is None else GuessOut(client_id=client.pk, client=client.name),
    )


@operation(router, "POST", "support/mail/{mail_id}/open", Permission.ANSWER_TICKETS, status=201, is_of_client=False)
def open_support_mail(call: Call, mail_id: MailId, body: WhoseMailIn) -> TicketOut:
    """A new request of this client's. 404 where it was sorted before."""
    return ticket_out(arrivals.take_as_ticket(_find(mail_id), call.client_named(body.client_id), by=call.by))


@operation(router, "POST", "support/mail/{mail_id}/add", Permission.ANSWER_TICKETS, status=201, is_of_client=False)
def add_support_mail(call: Call, mail_id: MailId, body: WhereIn) -> TicketOut:
    """A word more in a request that is known. 409 where that is closed."""
    row, ticket = _find(mail_id), ticket_named(body.ticket)
    if ticket is None:
        raise invalid("body.ticket", "the number of a request")
    arrivals.add_to_ticket(row, ticket, by=call.by)
    return ticket_out(ticket)


@operation(router, "DELETE", "support/mail/{mail_id}", Permission.ANSWER_TICKETS, status=204, is_of_client=False)
def discard_support_mail(call: Call, mail_id: MailId) -> None:
    """It is no request of anybody's: it is deleted."""
    arrivals.discard(_find(mail_id), by=call.by)


def _find(mail_id: str) -> SupportMail:
    if not is_id(mail_id):
        raise Http404
    return or_404(arrivals.find_mail(mail_id))


def _id(after: str) -> str:
    """Raises `Problem` for a cursor that is none of ours."""
    last = place(after)
    if not is_id(last):
        raise bad_cursor()
    return last


def _mail(row: SupportMail) -> SupportMailOut:
    return SupportMailOut(
        id=row.pk,
        received_at=row.when,
        sender=row.sender,
        sender_name=row.sender_name,
        proven=row.proven,
        subject=row.subject,
        is_automatic=row.is_automatic,
    )
