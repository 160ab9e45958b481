"""Addresses of a client: one by one, or many at once."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.tenants import queries, services
from ecluse.control.tenants.address_import import AddressRow
from ecluse.control.tenants.address_import import import_addresses as import_rows
from ecluse.control.tenants.queries import Address, Domain
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.api.problems import invalid
from ecluse.web.pages import or_404
from ecluse.wire.notations import local_part

router = Router(tags=["Addresses"])

MAX_AT_ONCE = 1_000


class AddressOut(BaseModel):
    """A mailbox, or another name for one."""

    id: int
    address: str
    name: str
    is_alias: bool
    is_filtered: bool


class AddressIn(BaseModel):
    """A new address, at a domain of the client's that is in service."""

    model_config = ConfigDict(extra="forbid")
    address: texts.Mailbox
    name: Annotated[texts.Note, Field(description="Of the person: strangers who borrow it are noticed.")] = ""
    is_alias: Annotated[bool, Field(description="Another name for a mailbox: no user of its own.")] = False


class AddressesIn(BaseModel):
    """Many addresses."""

    model_config = ConfigDict(extra="forbid")
    addresses: Annotated[list[AddressIn], Field(min_length=1, max_length=MAX_AT_ONCE)]


class ImportedOut(BaseModel):
    """What came of it."""

    added: int
    known: int  # They were there before; name and kind are the new ones.


class FilterIn(BaseModel):
    """Whether the user's mail is filtered."""

    model_config = ConfigDict(extra="forbid")
    is_filtered: Annotated[bool, Field(description="false: only viruses are looked for.")]


class AddressesAsked(Asked):
    """Which addresses."""

    q: texts.Search = ""


@operation(router, "GET", "/addresses", Permission.SEE_CLIENT)
def list_addresses(call: Call, asked: Query[AddressesAsked]) -> Page[AddressOut]:  # noqa: ARG001 - as all views
    """All addresses, or those that have a text in address or name."""
    return page_of(queries.addresses(asked.q), asked, _address)


@operation(router, "POST", "/addresses", Permission.CHANGE_ADDRESSES, status=201)
def add_address(call: Call, body: AddressIn) -> AddressOut:
    """One more address."""
    domain, local = _read(body.address, "body.address", queries.proven_by_name())
    return _address(services.add_address(domain, local, name=body.name, is_alias=body.is_alias, by=call.by))


@operation(router, "POST", "/addresses/import", Permission.CHANGE_ADDRESSES)
def import_addresses(call: Call, body: AddressesIn) -> ImportedOut:
    """All of these, or none where one of them is wrong."""
    rows, served = [], queries.proven_by_name()
    for number, each in enumerate(body.addresses):
        domain, local = _read(each.address, f"body.addresses.{number}.address", served)
        rows.append(AddressRow(domain, local, each.name, each.is_alias))
    added = import_rows(rows, by=call.by)
    return ImportedOut(added=added, known=len(rows) - added)


@operation(router, "GET", "/addresses/{int:address_id}", Permission.SEE_CLIENT)
def show_address(call: Call, address_id: int) -> AddressOut:  # noqa: ARG001 - as all views
    """One address."""
    return _address(_find(address_id))


@operation(router, "PUT", "/addresses/{int:address_id}/filter", Permission.CHANGE_ADDRESSES)
def set_address_filter(call: Call, address_id: int, body: FilterIn) -> AddressOut:
    """Switch one user's filter off or on again."""
    address = _find(address_id)
    services.set_filter(address, is_filtered=body.is_filtered, by=call.by)
    return _address(address)


@operation(router, "DELETE", "/addresses/{int:address_id}", Permission.CHANGE_ADDRESSES, status=204)
def remove_address(call: Call, address_id: int) -> None:
    """Its mail is refused from now on; its lists go with it."""
    services.remove_address(_find(address_id), by=call.by)


def _read(text: str, where: str, served: dict[str, Domain]) -> tuple[Domain, str]:
    """Raises `Problem`: no mail address, or of a domain that is not the client's own."""
    domain = served.get(text.rpartition("@")[2].strip().lower())
    if domain is None:
        raise invalid(where, "its domain is none of yours that are in service")
    try:
        return domain, local_part(text.strip(), domain.name)
    except ValueError as problem:
        raise invalid(where, str(problem)) from None


def _find(address_id: int) -> Address:
    return or_404(queries.find_address(address_id))


def _address(row: Address) -> AddressOut:
    return AddressOut(id=row.pk, address=str(row), name=row.name, is_alias=row.is_alias, is_filtered=row.is_filtered)
