"""A client's logo and colour, at addresses that nobody can guess and that never change what they show."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ecluse.control.tenants.branding import find_branding
from ecluse.web.pages import or_404

_A_DAY = 86_400


@require_safe
@cache_control(public=True, max_age=_A_DAY, immutable=True)
def logo(_request: HttpRequest, public_id: str) -> HttpResponse:
    """The picture."""
    found = or_404(find_branding(public_id))
    return HttpResponse(bytes(or_404(found.logo)), content_type="image/png")


@require_safe
@cache_control(public=True, max_age=_A_DAY, immutable=True)
def colours(_request: HttpRequest, public_id: str) -> HttpResponse:
    """The style sheet: one colour, which was checked when it was chosen."""
    found = or_404(find_branding(public_id))
    rule = f".brand {{ background: {found.colour}; color: #fff; }}\n" if found.colour else ""
    return HttpResponse(rule, content_type="text/css")
