"""A client's directory (LDAP): where it is, what reading it would change, and doing that."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Router
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.directories import services
from ecluse.control.directories.difference import Difference, difference
from ecluse.control.directories.services import Directory, DirectorySettings
from ecluse.domain.directory import DirectoryEntry, DirectoryFailed
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import CONFLICT, TOO_OFTEN, Problem
from ecluse.web.backends import backends
from ecluse.web.console.directory import READINGS
from ecluse.web.console.server_form import MAX_AUTHORITY, authority_in
from ecluse.web.pages import or_404
from ecluse.wire.ldap.filters import encode_filter
from ecluse.wire.notations import AttributeName

router = Router(tags=["Addresses"])

_SHOWN = 200
_PLAIN = r"^[^\x00-\x1f\x7f]*$"


def _filter(text: str) -> str:
    encode_filter(text.strip())
    return text.strip()


Attribute = Annotated[str, Field(max_length=100, pattern=_PLAIN), AfterValidator(lambda text: str(AttributeName(text)))]
Dn = Annotated[str, Field(max_length=500, pattern=_PLAIN)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    host: texts.Server
    port: Annotated[int, Field(ge=1, le=65_535)] = 636
    starts_tls: Annotated[bool, Field(description="false: TLS from the beginning (ldaps).")] = False
    authority: Annotated[
        str,
        Field(max_length=MAX_AUTHORITY, pattern=r"^[^\x00]*$", description="PEM; empty: a public one."),
        AfterValidator(authority_in),
    ] = ""
    bind_dn: Dn = ""
    base: Annotated[Dn, Field(min_length=1)]
    filter: Annotated[str, Field(max_length=2_000, pattern=_PLAIN), AfterValidator(_filter)] = (
        "(&(objectClass=person)(mail=*))"
    )
    address_attribute: Attribute = "mail"
    alias_attributes: Annotated[list[Attribute], Field(max_length=10)] = []
    name_attribute: Attribute = "displayName"
    every_hours: Annotated[Literal[0, 1, 24], Field(description="0: only when somebody asks.")] = 0


class DirectoryIn(_Settings):
    """Where it is, who we are there, and what is read."""

    password: Annotated[
        str, Field(max_length=200, pattern=r"^[^\x00]*$", description="Empty: the one that is stored.")
    ] = ""


class DirectoryOut(_Settings):
    """The same without its password, and how it was read last."""

    read_at: datetime | None
    outcome: str = Field(description='"done"; "waits": more would go than may unseen; "failed"; empty: not read yet.')
    trouble: str = Field(description="Why it failed.")
    said: str


class DifferenceOut(BaseModel):
    """What reading it would change, or has changed."""

    added: int
    changed: int
    gone: int
    kept: int
    passed_over: int = Field(description="Values that are no address of a domain in service.")
    added_names: list[str] = Field(description="The first of them.")
    changed_names: list[str]
    gone_names: list[str]


class ApplyIn(BaseModel):
    """How much may go."""

    model_config = ConfigDict(extra="forbid")
    may_go: Annotated[
        int | None, Field(ge=0, le=10_000_000, description="So many addresses, as a preview has shown; null: a few.")
    ] = None


@operation(router, "GET", "/directory", Permission.CHANGE_ADDRESSES)
def show_directory(call: Call) -> DirectoryOut:
    """Where addresses are read."""
    return _directory(_find(call))


@operation(router, "PUT", "/directory", Permission.CHANGE_ADDRESSES)
def set_directory(call: Call, body: DirectoryIn) -> DirectoryOut:
    """Where they are read from now on."""
    values = body.model_dump(exclude={"password"}) | {"alias_attributes": tuple(body.alias_attributes)}
    return _directory(services.set_directory(call.client, DirectorySettings(**values), body.password, by=call.by))


@operation(router, "DELETE", "/directory", Permission.CHANGE_ADDRESSES, status=204)
def remove_directory(call: Call) -> None:
    """Nobody reads it any more; its addresses stay."""
    services.remove_directory(_find(call), by=call.by)


@operation(router, "POST", "/directory/preview", Permission.CHANGE_ADDRESSES, keeps_answers=False)
def preview_directory(call: Call) -> DifferenceOut:
    """Read it, and tell what would change; nothing does. Takes up to half a minute."""
    known = _find(call)
    return _difference(difference(known, _read(call, known)))


@operation(router, "POST", "/directory/apply", Permission.CHANGE_ADDRESSES, keeps_answers=False)
def apply_directory(call: Call, body: ApplyIn) -> DifferenceOut:
    """Read it, and make the list what it says. Where more would go than may, none goes: `gone` is 0 then."""
    known = _find(call)
    found = services.apply(known, _read(call, known), may_go=body.may_go, by=call.by)
    return _difference(found, has_gone=known.outcome != services.Outcome.WAITS)


def _find(call: Call) -> Directory:
    return or_404(services.directory_of(call.client))


def _read(call: Call, known: Directory) -> tuple[DirectoryEntry, ...]:
    if READINGS.is_reached(str(call.client.pk)):
        raise Problem(TOO_OFTEN, wait_s=READINGS.within_s)
    try:
        return backends().read_directory(services.question_for(known))
    except DirectoryFailed as failure:
        services.note_failure(known, failure)
        raise Problem(CONFLICT, f"The directory: {failure.trouble} {failure.said}".strip() + ".") from None


def _directory(row: Directory) -> DirectoryOut:
    values = {name: getattr(row, name) for name in DirectorySettings.__slots__}
    return DirectoryOut.model_construct(
        **values, read_at=row.read_when, outcome=row.outcome, trouble=row.trouble, said=row.said
    )


def _difference(found: Difference, *, has_gone: bool = True) -> DifferenceOut:
    gone = found.gone if has_gone else ()
    return DifferenceOut(
        added=len(found.added),
        changed=len(found.changed),
        gone=len(gone),
        kept=found.kept,
        passed_over=found.passed_over,
        added_names=[each.key for each in found.added[:_SHOWN]],
        changed_names=[each.key for each in found.changed[:_SHOWN]],
        gone_names=[each.key for each in gone[:_SHOWN]],
    )
