"""How a client appears to its users and to blocked senders."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Annotated

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.tenants.branding import Branding, Look, TooBright, branding_of, set_branding
from ecluse.control.tenants.logo import MAX_UPLOAD_OCTETS, BadLogo
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid

router = Router(tags=["Settings"])

_MAX_BASE64 = 4 * -(-MAX_UPLOAD_OCTETS // 3)
_LINES = r"^[^\x00-\x09\x0b-\x1f\x7f]*$"


class BrandingOut(BaseModel):
    """What is shown; empty: nothing of one's own."""

    name: str
    colour: str
    contact: str
    logo: str = Field(description="PNG in base64, drawn anew by us: at most 320 by 96 pixels.")


class BrandingIn(BaseModel):
    """What is to be shown."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    colour: Annotated[
        str, Field(pattern="^(#[0-9A-Fa-f]{6})?$", description="White letters stand on it: contrast of 4.5 at least.")
    ] = ""
    contact: Annotated[str, Field(max_length=500, pattern=_LINES, description="Up to five lines: whom to ask.")] = ""
    logo: Annotated[
        str | None,
        Field(max_length=_MAX_BASE64, description='PNG or JPEG in base64; "": none any more; null: as it was.'),
    ] = None


@operation(router, "GET", "/branding", Permission.SEE_CLIENT)
def show_branding(call: Call) -> BrandingOut:
    """What users and blocked senders see."""
    return _branding(branding_of(call.client))


@operation(router, "PUT", "/branding", Permission.CHANGE_SETTINGS)
def change_branding(call: Call, body: BrandingIn) -> BrandingOut:
    """What they see from now on."""
    look = Look(body.name.strip(), body.colour, _contact(body.contact))
    try:
        return _branding(set_branding(call.client, look, logo=_uploaded(body.logo), by=call.by))
    except TooBright:
        raise invalid("body.colour", "white letters could not be read on it") from None
    except BadLogo:
        raise invalid("body.logo", "no PNG or JPEG of that size") from None


def _contact(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 5:
        raise invalid("body.contact", "more than five lines")
    return "\n".join(lines)


def _uploaded(text: str | None) -> bytes | None:
    try:
        return None if text is None else b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("body.logo", "not base64") from None


def _branding(row: Branding | None) -> BrandingOut:
    if row is None:
        return BrandingOut(name="", colour="", contact="", logo="")
    logo = b64encode(bytes(row.logo)).decode() if row.logo else ""
    return BrandingOut(name=row.name, colour=row.colour, contact=row.contact, logo=logo)
