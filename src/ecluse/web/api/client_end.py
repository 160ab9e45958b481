"""What becomes of what an ended client had set up: when it is deleted, and that the provider keeps it (15-6)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy.ended_clients import MAX_WHY, end_of, goes_at, hold_back, let_go
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation

router = Router(tags=["Clients"])


class EndOut(BaseModel):
    """All null of a client that is served, and within the hour in which its end is seen."""

    deleted_from: datetime | None = Field(description="From then on all goes that the client had set up.")
    held_at: datetime | None = Field(description="Since when the provider keeps it all the same.")
    held_why: str = Field(description="To the provider's keys alone.")
    deleted_at: datetime | None = Field(description="When all of it was gone.")


class HoldIn(BaseModel):
    """Why it is kept."""

    model_config = ConfigDict(extra="forbid")
    why: Annotated[str, StringConstraints(strip_whitespace=True), Field(pattern=r"^[^\x00]*$")] = Field(
        min_length=1, max_length=MAX_WHY, description="A dispute, for example. The audit trail keeps it."
    )


@operation(router, "GET", "/end", Permission.SEE_CLIENT)
def show_end(call: Call) -> EndOut:
    """When what the client had set up is deleted, and whether the provider keeps it after all."""
    return _end(call)


@operation(router, "PUT", "/end/hold", Permission.CHANGE_CLIENTS)
def hold_end_back(call: Call, body: HoldIn) -> EndOut:
    """Keep it until it is let go. 409 where nothing is about to be deleted, or it is kept already."""
    hold_back(call.client, body.why, by=call.by)
    return _end(call)


@operation(router, "DELETE", "/end/hold", Permission.CHANGE_CLIENTS)
def let_end_go(call: Call) -> EndOut:
    """Keep it no longer; nothing happens where it was not kept."""
    let_go(call.client, by=call.by)
    return _end(call)


def _end(call: Call) -> EndOut:
    row = end_of(call.client)
    if row is None:
        return EndOut(deleted_from=None, held_at=None, held_why="", deleted_at=None)
    return EndOut(
        deleted_from=goes_at(row) if row.done_at is None else None,
        held_at=row.held_at,
        held_why=row.held_why if Permission.CHANGE_CLIENTS in call.grant.permissions else "",
        deleted_at=row.done_at,
    )
