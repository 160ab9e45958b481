"""A second factor where role or client demands one: allauth offers it, this middleware insists."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ecluse.control.accounts.queries import needs_second_factor
from ecluse.web.who import user_of

GetResponse = Callable[[HttpRequest], HttpResponse]
# What one needs to set a second factor up, and to leave.
_OPEN = ("/account/", "/static/", "/language", "/health")


def second_factor(get_response: GetResponse) -> GetResponse:
    """Middleware: whoever still lacks one sees nothing but the way to it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = user_of(request)
        if user is None or request.path.startswith(_OPEN) or is_mfa_enabled(user) or not needs_second_factor(user):
            return get_response(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("second_factor_needed")})
        return redirect("second_factor_needed")

    return middleware


def needed(request: HttpRequest) -> HttpResponse:
    """Why, and where to begin."""
    return render(request, "sign_in/second_factor_needed.html")
