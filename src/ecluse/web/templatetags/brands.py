"""How a client appears on a page."""

from __future__ import annotations

from typing import Any

from django import template

from ecluse.control.tenants.branding import Branding, branding_of

register = template.Library()


@register.inclusion_tag("brand.html")
def brand(client: Any) -> dict[str, Branding | None]:
    """Its band: logo, name, whom to ask; nothing where the client has not said, or where there is none."""
    return {"branding": branding_of(client) if client else None}
