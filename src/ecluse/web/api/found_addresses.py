"""Addresses that the client's own server has confirmed: seen, taken over into its list, or dismissed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.directories import found
from ecluse.control.directories.found import FoundAddress
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of

router = Router(tags=["Addresses"])

_Found = Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Field(min_length=1, max_length=found.AT_ONCE)]


class FoundOut(BaseModel):
    """One address that is not on the list."""

    id: int
    address: str
    found_at: datetime
    is_dismissed: bool


class FoundAsked(Asked):
    """Which of them."""

    q: texts.Search = ""
    is_dismissed: bool = False


class TakeOverIn(BaseModel):
    """Which shall be on the list."""

    model_config = ConfigDict(extra="forbid")
    found: _Found
    are_aliases: Annotated[bool, Field(description="Other names for mailboxes: no users of their own.")] = False


class DismissIn(BaseModel):
    """Which shall be shown no more."""

    model_config = ConfigDict(extra="forbid")
    found: _Found


class FoundDoneOut(BaseModel):
    """What came of it."""

    addresses: int


@operation(router, "GET", "/addresses/found", Permission.CHANGE_ADDRESSES)
def list_found_addresses(call: Call, asked: Query[FoundAsked]) -> Page[FoundOut]:  # noqa: ARG001 - as all views
    """What mail came for and the client's server has confirmed, at domains where it is asked; not on the list yet."""
    return page_of(found.found_addresses(asked.q, are_dismissed=asked.is_dismissed), asked, _out)


@operation(router, "POST", "/addresses/found/take-over", Permission.CHANGE_ADDRESSES)
def take_over_found_addresses(call: Call, body: TakeOverIn) -> FoundDoneOut:
    """Put them on the list; dismissed ones, too. One that is not the client's is as one that is not there."""
    rows = found.find_found(body.found)
    return FoundDoneOut(addresses=found.take_over(call.client, rows, are_aliases=body.are_aliases, by=call.by))


@operation(router, "POST", "/addresses/found/dismiss", Permission.CHANGE_ADDRESSES)
def dismiss_found_addresses(call: Call, body: DismissIn) -> FoundDoneOut:
    """They are shown no more for a year, also when more mail comes for them."""
    return FoundDoneOut(addresses=found.dismiss(call.client, found.find_found(body.found), by=call.by))


def _out(row: FoundAddress) -> FoundOut:
    return FoundOut(id=row.pk, address=row.address, found_at=row.found_when, is_dismissed=row.dismissed_at is not None)
