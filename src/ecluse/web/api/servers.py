"""The two servers that a client's contract names: now and before, and given otherwise by the provider (9-6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.sla import servers
from ecluse.control.sla.servers import ServerPair
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid

router = Router(tags=["Service levels"])

HostName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._-]+$")]


class ServerPairOut(BaseModel):
    """Two servers, as long as they were the client's."""

    first: str
    second: str
    since: datetime
    until: datetime | None = Field(description="null: they are the client's now.")


class ServerPairsOut(BaseModel):
    """The oldest first; none: the client has been given none yet."""

    items: list[ServerPairOut]


class ServerPairIn(BaseModel):
    """Both of them. The client's MX records must name them (9-9)."""

    model_config = ConfigDict(extra="forbid")
    first: HostName
    second: HostName


@operation(router, "GET", "/sla/servers", Permission.SEE_CLIENT)
def list_servers(call: Call) -> ServerPairsOut:  # noqa: ARG001 - its scope is open.
    """Which servers the client has, and had."""
    return ServerPairsOut(items=[_pair(each) for each in servers.pairs()])


@operation(router, "PUT", "/sla/servers", Permission.RUN_NODES)
def set_servers(call: Call, body: ServerPairIn) -> ServerPairOut:
    """Give the client other servers, from now on: what was before counts as it was. By the provider's keys alone."""
    if body.first.casefold() == body.second.casefold():
        raise invalid("body.second", "another one than the first")
    return _pair(servers.assign(call.client, body.first, body.second, by=call.by))


def _pair(row: ServerPair) -> ServerPairOut:
    return ServerPairOut(
        first=row.first,
        second=row.second,
        since=datetime.fromtimestamp(row.since, UTC),
        until=None if row.until is None else datetime.fromtimestamp(row.until, UTC),
    )
