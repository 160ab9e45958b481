"""Where a client wants letters about its service and late payment besides."""

from __future__ import annotations

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import notice_address
from ecluse.domain.errors import Impossible
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid

router = Router(tags=["Contracts"])

_PERMISSIONS = (Permission.ACCEPT_CONTRACTS, Permission.CHANGE_CONTRACTS)


class NoticeAddressIn(BaseModel):
    """One, or none."""

    model_config = ConfigDict(extra="forbid")
    address: str = Field(max_length=254, pattern=r"^[^\x00-\x1f\x7f]*$", description='"": none any more.')


class NoticeAddressOut(BaseModel):
    """The one that is named."""

    address: str = Field(description='"": none.')
    is_behind_us: bool = Field(
        description="It lies in a domain that the client has with us: while it is not served, no letter comes through."
    )


@operation(router, "GET", "/notice-address", _PERMISSIONS)
def show_notice_address(_call: Call) -> NoticeAddressOut:
    """Where letters about the client's service and late payment go besides: at best elsewhere than behind us."""
    return _shown(notice_address.notice_address())


@operation(router, "PUT", "/notice-address", _PERMISSIONS)
def set_notice_address(call: Call, body: NoticeAddressIn) -> NoticeAddressOut:
    """Name another one, or none."""
    try:
        return _shown(notice_address.set_notice_address(call.client, body.address, by=call.by))
    except Impossible as problem:
        raise invalid("body.address", f"expected {problem}") from None


def _shown(address: str) -> NoticeAddressOut:
    return NoticeAddressOut(address=address, is_behind_us=notice_address.is_behind_us(address))
