"""How a client appears to its users and to those who write to it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.tenants.logo import drawn_anew
from ecluse.control.tenants.models import Branding, Client
from ecluse.domain.errors import Impossible

__all__ = ["Branding"]

LEAST_CONTRAST = 4.5  # Of white letters on the colour: WCAG 2.2, 1.4.3.
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_ID_OCTETS = 18


class TooBright(Impossible):
    """White letters could not be read on this colour."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a client wants."""

    name: str = ""  # "": the client's own.
    colour: str = ""  # "#1a2b3c"; "": ours.
    contact: str = ""  # Whom to ask: some lines of plain text.


def branding_of(client: Client) -> Branding | None:
    """The client's; None where it has none."""
    with scope(client=client):
        return Branding.objects.filter(client=client).first()


def find_branding(public_id: str) -> Branding | None:
    """By what stands in the addresses of its logo and its colour, which nobody can guess."""
    with scopes_disabled():  # Whoever opens a mail or a page asks, without a name.
        return Branding.objects.filter(public_id=public_id).first()


def set_branding(client: Client, look: Look, *, logo: bytes | None, by: Actor) -> Branding:
    """From now on. `logo`: a picture as it was uploaded; b"": none any more; None: as it was. Raises `BadLogo`, `TooBright`."""
    colour = look.colour.lower()
    if colour and (not _COLOUR.fullmatch(colour) or contrast_with_white(colour) < LEAST_CONTRAST):
        raise TooBright(colour)
    picture = drawn_anew(logo) if logo else logo
    with change(by=by) as act:
        row = Branding.objects.filter(client=client).first() or Branding(client=client)
        before = _described(row) if row.pk else None
        row.name, row.colour, row.contact = look.name, colour, look.contact
        if picture is not None:
            row.logo = picture or None
        # Browsers keep what stands at an address: what has changed has another one.
        row.public_id = secrets.token_urlsafe(_ID_OCTETS)
        row.save()
        act.record("branding.set", row, client_id=client.pk, before=before, after=_described(row))
        return row


def contrast_with_white(colour: str) -> float:
    """Of "#rrggbb", from 1 to 21 (WCAG 2.2, relative luminance and contrast ratio)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _described(row: Branding) -> dict[str, object]:
    return {"name": row.name, "colour": row.colour, "contact": row.contact, "logo_octets": len(row.logo or b"")}
