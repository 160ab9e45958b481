"""Where to go after an act: never to another site."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def back_from(request: HttpRequest, otherwise: str = "/") -> HttpResponseRedirect:
    """To the page that the form stood on."""
    referer = request.headers.get("Referer", "")
    page = urlsplit(referer)
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(otherwise)
    # Two strokes at the beginning, of either kind, would be the beginning of another site's name.
    path = "/" + page.path.lstrip("/\\")
    return HttpResponseRedirect(page._replace(scheme="", netloc="", path=path).geturl())
