"""Files of requests to support, as programs send and fetch them: in base64, scanned as they come and as they go (5-1)."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Annotated, Protocol

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.support import queries
from ecluse.control.support.files import MAX_FILES, NewFile
from ecluse.control.support.queries import TicketFile
from ecluse.domain.support_mail import MAX_FILE_NAME
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import CONFLICT, Problem, invalid
from ecluse.web.pages import or_404
from ecluse.web.scanned import has_scanner, why_not_given_out, why_not_taken

router = Router(tags=["Support"])

MAX_BASE64 = 1_000_000  # Characters: a whole body has 1,048,576.
_KIND = "application/octet-stream"


class TicketFileIn(BaseModel):
    """One that comes with a word."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=MAX_FILE_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")
    content: str = Field(min_length=1, max_length=MAX_BASE64, description="In base64.")


class TicketFileOut(BaseModel):
    """One that came with a word."""

    id: int
    name: str
    size: int = Field(description="Octets.")


class TicketFileWhole(TicketFileOut):
    """The same, and what is in it."""

    content: str = Field(description="In base64.")


Files = Annotated[
    list[TicketFileIn],
    Field(max_length=MAX_FILES, description="Where the console has a virus scanner, which looks at each."),
]


class WithFiles(Protocol):
    """A body with files."""

    @property
    def files(self) -> list[TicketFileIn]:
        """As they were sent."""


@operation(
    router,
    "GET",
    "/support/tickets/{int:ticket_id}/files/{int:file_id}",
    (Permission.FOLLOW_TICKETS, Permission.ANSWER_TICKETS),
)
def show_ticket_file(_call: Call, ticket_id: int, file_id: int) -> TicketFileWhole:
    """One file. 409 where the scanner has something against it, or does not answer."""
    row = or_404(queries.find_file(or_404(queries.find_ticket(ticket_id)), file_id))
    octets = bytes(row.octets)
    if why := why_not_given_out(octets, file=row.pk):
        raise Problem(CONFLICT, str(why))
    return TicketFileWhole(**file_out(row).model_dump(), content=b64encode(octets).decode())


def file_out(row: TicketFile) -> TicketFileOut:
    """As it is named where it came."""
    return TicketFileOut(id=row.pk, name=row.name, size=row.size)


def look_at_files(*, body: WithFiles, **_: object) -> None:
    """The scanner is asked before anything is begun: no transaction waits for it. Raises `Problem`."""
    if body.files and not has_scanner():
        raise Problem(CONFLICT, "Nothing looks at files here: send them by mail.")
    for each in files_of(body.files):
        if why := why_not_taken(each.octets):
            raise Problem(CONFLICT, f"{each.name}: {why}")


def files_of(sent: Iterable[TicketFileIn]) -> tuple[NewFile, ...]:
    """What was sent. Raises `Problem`."""
    return tuple(NewFile(each.name, _KIND, _octets(each)) for each in sent)


def _octets(sent: TicketFileIn) -> bytes:
    try:
        return b64decode(sent.content, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("body.files.content", "base64") from None
